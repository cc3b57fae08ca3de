import { type Profile } from '../../src/breakers/index.ts'
import { loadProfile, profileFolder } from '../../src/config/index.ts'
import { type Address, type Request, decodeRequest, toAddress } from '../../src/modbus/index.ts'

/** Requests as tests write them: by register numbers, as the documents do. */
export function at(register: number): Address {
  const address = toAddress(register - 1)
  if (address === undefined) throw new Error(`register ${register} does not exist`)
  return address
}
export const many = (register: number, values: readonly number[]): Request => ({
  kind: 'write-multiple-registers',
  address: at(register),
  values,
})
export const single = (register: number, value = 1): Request => ({ kind: 'write-single-register', address: at(register), value })
export const read = (register: number, quantity = 1): Request => ({ kind: 'read-holding-registers', address: at(register), quantity })
export function pdu(hex: string): Request {
  const decoded = decodeRequest(Buffer.from(hex.replace(/ /g, ''), 'hex'))
  if (decoded.kind !== 'request') throw new Error(`${hex} is ${decoded.kind}`)
  return decoded.request
}

/** The 20 registers of a command: code, length, destination, security type, a password that a client should not send, parameters. */
export function commandOf(
  code: number,
  length: number,
  destination: number,
  security: number,
  parameters: readonly number[] = [],
): Request {
  const head = [code, length, destination, security, 0x5a71, 0x5877] // ZqXw: in no id, hash or number by chance
  const body = Array.from({ length: 10 }, (_, i) => parameters[i] ?? 0)
  return many(8000, [...head, ...body, 0, 8019, 8020, 8021])
}

export function profileOf(name: string): Profile {
  const loaded = loadProfile([profileFolder], name)
  if (!('name' in loaded)) throw new Error(JSON.stringify(loaded))
  return loaded
}
