import { type LineAddress, type Request, toAddress } from '../../../modbus/index.ts'
import type { Asking } from './asking.ts'

/** What a unit says of itself (FC 43/14, basic identification), or that it does not. */
export type Product = { readonly vendor: string; readonly code: string; readonly revision: string }
export type Found = {
  readonly address: LineAddress
  readonly product: Product | 'not-said'
  /** Which of the registers that tell families apart it has. */
  readonly registers: readonly number[]
}

export type UnitProbe = {
  readonly asking: Asking
  /** Registers by which families are told apart, as the documents number them. */
  readonly identifying: readonly number[]
}

/** Reads one register, and nothing else ever: a probe must not change what it finds. */
function readOf(register: number): Request {
  const address = toAddress(register - 1)
  if (address === undefined) throw new Error(`${register} is no register`)
  return { kind: 'read-holding-registers', address, quantity: 1 }
}

/** Whether anybody answers at this address: an exception is an answer. `lost`: the connection ended instead, the second time too. */
export async function answers(
  { asking }: UnitProbe,
  address: LineAddress,
): Promise<'answers' | 'silent' | 'lost' | { readonly kind: 'no-port'; readonly why: string }> {
  // Register 12001, the state of every breaker; an interface without it answers with an exception.
  const exchanged = await asking.ask(address, readOf(12_001))
  if (exchanged.kind === 'unreachable') return { kind: 'no-port', why: exchanged.why }
  if (exchanged.kind === 'reply') return 'answers'
  return exchanged.kind === 'no-reply' && exchanged.cause === 'lost' ? 'lost' : 'silent'
}

/** Asks a unit that answers who it is. */
export async function identify({ asking, identifying }: UnitProbe, address: LineAddress): Promise<Found> {
  const registers: number[] = []
  for (const register of identifying) {
    const exchanged = await asking.ask(address, readOf(register))
    if (exchanged.kind === 'reply' && exchanged.reply.kind === 'registers') registers.push(register)
  }
  const said = await asking.ask(address, { kind: 'read-device-identification', code: 1, objectId: 0 })
  if (said.kind !== 'reply' || said.reply.kind !== 'device-identification') return { address, product: 'not-said', registers }
  const { objects } = said.reply
  const object = (id: number): string => {
    const value = objects.find((candidate) => candidate.id === id)?.value ?? new Uint8Array(0)
    return Buffer.from(value)
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '')
      .trim()
  }
  return { address, product: { vendor: object(0), code: object(1), revision: object(2) }, registers }
}
