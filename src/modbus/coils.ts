import { type Decoded, addressAt, decodeSpan, good, malformed, pastTheEnd, pduOf, wrongRequestLength } from './decoded.ts'
import { type Mismatch, mismatch, wrongLength } from './mismatch.ts'
import type { Address } from './values.ts'

/** FC 1, 2, 5 and 15: single bits (V1.1b3, 6.1, 6.2, 6.5, 6.11). */
export type CoilRequest =
  | { readonly kind: 'read-coils' | 'read-discrete-inputs'; readonly address: Address; readonly quantity: number }
  | { readonly kind: 'write-single-coil'; readonly address: Address; readonly on: boolean }
  | { readonly kind: 'write-multiple-coils'; readonly address: Address; readonly values: readonly boolean[] }

export type BitRead = Extract<CoilRequest, { kind: 'read-coils' | 'read-discrete-inputs' }>
/** Packed bits, lowest first, the padding of the last byte 0. */
export type BitsReply = { readonly kind: 'bits'; readonly bits: Uint8Array }

const ON = 0xff00
const OFF = 0x0000

export function decodeBitRead(functionCode: 1 | 2, view: DataView): Decoded<CoilRequest> {
  const kind = functionCode === 1 ? 'read-coils' : 'read-discrete-inputs'
  return decodeSpan(functionCode, view, 2000, 'bits', (address, quantity) => ({ kind, address, quantity }))
}

export function decodeWriteSingleCoil(view: DataView): Decoded<CoilRequest> {
  const length = wrongRequestLength(5, view, 5)
  if (length !== undefined) return length
  const value = view.getUint16(3)
  if (value !== ON && value !== OFF) return malformed(5, `FC 5 writes 0000 or FF00, not ${value.toString(16).padStart(4, '0')}`)
  return good({ kind: 'write-single-coil', address: addressAt(view, 1), on: value === ON })
}

/** Bits behind the quantity in the last byte are taken as 0 and sent on as 0: the one place where a re-encoded frame differs. */
export function decodeWriteMultipleCoils(view: DataView): Decoded<CoilRequest> {
  if (view.byteLength < 6) return malformed(15, `FC 15 is at least 7 bytes long, not ${view.byteLength}`)
  const quantity = view.getUint16(3)
  const byteCount = view.getUint8(5)
  if (quantity < 1 || quantity > 1968) return malformed(15, `FC 15 writes 1 to 1968 coils, not ${quantity}`)
  if (byteCount !== Math.ceil(quantity / 8)) return malformed(15, `FC 15 byte count ${byteCount} for ${quantity} coils`)
  const length = wrongRequestLength(15, view, 6 + byteCount)
  if (length !== undefined) return length
  const past = pastTheEnd(15, view.getUint16(1), quantity)
  if (past !== undefined) return past
  const values = Array.from({ length: quantity }, (_, i) => ((view.getUint8(6 + (i >> 3)) >> (i & 7)) & 1) === 1)
  return good({ kind: 'write-multiple-coils', address: addressAt(view, 1), values })
}

export function encodeCoilRequest(request: CoilRequest): Uint8Array {
  switch (request.kind) {
    case 'read-coils':
      return pduOf(1, request.address, request.quantity)
    case 'read-discrete-inputs':
      return pduOf(2, request.address, request.quantity)
    case 'write-single-coil':
      return pduOf(5, request.address, request.on ? ON : OFF)
    case 'write-multiple-coils': {
      const bytes = Math.ceil(request.values.length / 8)
      const pdu = new Uint8Array(6 + bytes)
      pdu.set(pduOf(15, request.address, request.values.length))
      pdu[5] = bytes
      request.values.forEach((on, i) => (pdu[6 + (i >> 3)] = (pdu[6 + (i >> 3)] ?? 0) | (on ? 1 << (i & 7) : 0)))
      return pdu
    }
  }
}

/** The byte count is predicted from the request: a reply with another one is not its reply. */
export function matchBits({ quantity }: BitRead, pdu: Uint8Array): BitsReply | Mismatch {
  const byteCount = Math.ceil(quantity / 8)
  if (pdu[1] !== byteCount) return mismatch('byte-count', `byte count ${String(pdu[1])} for ${quantity} bits`)
  const length = wrongLength(pdu, 2 + byteCount)
  if (length !== undefined) return length
  const bits = pdu.slice(2)
  const used = quantity & 7
  if (used !== 0) bits[byteCount - 1] = (bits[byteCount - 1] ?? 0) & ((1 << used) - 1)
  return { kind: 'bits', bits }
}
