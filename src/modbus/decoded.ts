import { exceptionCode } from './exceptions.ts'
import { type Address, toAddress } from './values.ts'

/** What the bytes of one PDU are, seen as a request. */
export type Decoded<R> =
  | { readonly kind: 'request'; readonly request: R }
  | { readonly kind: 'malformed'; readonly functionCode: number; readonly exception: 0x02 | 0x03; readonly why: string }
  /** Answered with exception 01. `what` names the function as a person looks it up: `8/19`, `43/13`, `90`. */
  | { readonly kind: 'unsupported'; readonly functionCode: number; readonly what: string }
  /** The top bit is set: a peer that sends replies is not a client, and its connection ends. */
  | { readonly kind: 'not-a-request'; readonly functionCode: number }

export const good = <R>(request: R): Decoded<R> => ({ kind: 'request', request })

export const unsupported = (functionCode: number, sub?: number): Decoded<never> => ({
  kind: 'unsupported',
  functionCode,
  what: sub === undefined ? String(functionCode) : `${functionCode}/${sub}`,
})

/** A fault in the structure: exception 03, also for a wrong length (V1.1b3, 7, "implied length is incorrect"). */
export const malformed = (functionCode: number, why: string): Decoded<never> => ({
  kind: 'malformed',
  functionCode,
  exception: exceptionCode.illegalDataValue,
  why,
})

/** An address that does not exist: exception 02, judged after the structure (V1.1b3, state diagrams of section 6). */
export const noSuchAddress = (functionCode: number, why: string): Decoded<never> => ({
  kind: 'malformed',
  functionCode,
  exception: exceptionCode.illegalDataAddress,
  why,
})

export function wrongRequestLength(functionCode: number, view: DataView, expected: number): Decoded<never> | undefined {
  if (view.byteLength === expected) return undefined
  return malformed(functionCode, `FC ${functionCode} is ${expected} bytes long here, not ${view.byteLength}`)
}

export function pastTheEnd(functionCode: number, address: number, quantity: number): Decoded<never> | undefined {
  if (address + quantity <= 0x10000) return undefined
  return noSuchAddress(functionCode, `${quantity} from address ${address} end past 65535`)
}

/** FC 1 to 4: an address and how many from there, 1 to `most`. */
export function decodeSpan<R>(
  functionCode: number,
  view: DataView,
  most: number,
  what: 'bits' | 'registers',
  make: (address: Address, quantity: number) => R,
): Decoded<R> {
  const length = wrongRequestLength(functionCode, view, 5)
  if (length !== undefined) return length
  const quantity = view.getUint16(3)
  if (quantity < 1 || quantity > most) return malformed(functionCode, `FC ${functionCode} reads 1 to ${most} ${what}, not ${quantity}`)
  return pastTheEnd(functionCode, view.getUint16(1), quantity) ?? good(make(addressAt(view, 1), quantity))
}

export function addressAt(view: DataView, at: number): Address {
  const address = toAddress(view.getUint16(at))
  if (address === undefined) throw new Error('two bytes are always an address')
  return address
}

/** Function code and two-byte fields: the shape of most requests. */
export function pduOf(functionCode: number, ...fields: readonly number[]): Uint8Array {
  const pdu = new Uint8Array(1 + 2 * fields.length)
  pdu[0] = functionCode
  fields.forEach((field, i) => {
    pdu[1 + 2 * i] = field >> 8
    pdu[2 + 2 * i] = field & 0xff
  })
  return pdu
}
