import { type Decoded, addressAt, decodeSpan, good, malformed, pastTheEnd, pduOf, wrongRequestLength } from './decoded.ts'
import { type Mismatch, mismatch, wrongLength } from './mismatch.ts'
import type { Address } from './values.ts'

/** FC 3, 4, 6, 16, 22, 23 and 24: 16-bit registers (V1.1b3, 6.3, 6.4, 6.6, 6.12, 6.16, 6.17, 6.18). */
export type RegisterRequest =
  | { readonly kind: 'read-holding-registers' | 'read-input-registers'; readonly address: Address; readonly quantity: number }
  | { readonly kind: 'write-single-register'; readonly address: Address; readonly value: number }
  | { readonly kind: 'write-multiple-registers'; readonly address: Address; readonly values: readonly number[] }
  /** Result = (current AND andMask) OR (orMask AND NOT andMask). */
  | { readonly kind: 'mask-write-register'; readonly address: Address; readonly andMask: number; readonly orMask: number }
  /** The write is done before the read. */
  | {
      readonly kind: 'read-write-multiple-registers'
      readonly readAddress: Address
      readonly readQuantity: number
      readonly writeAddress: Address
      readonly values: readonly number[]
    }
  | { readonly kind: 'read-fifo-queue'; readonly address: Address }

/** Register values, big-endian, two bytes each; they belong to the reply. */
export type RegistersReply = { readonly kind: 'registers'; readonly registers: Uint8Array }
export type FifoReply = { readonly kind: 'fifo-queue'; readonly values: Uint8Array }

/** Most registers in one FC 24 reply. */
const MAX_FIFO = 31

export function decodeRead(functionCode: 3 | 4, view: DataView): Decoded<RegisterRequest> {
  const kind = functionCode === 3 ? 'read-holding-registers' : 'read-input-registers'
  return decodeSpan(functionCode, view, 125, 'registers', (address, quantity) => ({ kind, address, quantity }))
}

export function decodeWriteSingle(view: DataView): Decoded<RegisterRequest> {
  const length = wrongRequestLength(6, view, 5)
  return length ?? good({ kind: 'write-single-register', address: addressAt(view, 1), value: view.getUint16(3) })
}

const valuesAt = (view: DataView, at: number, quantity: number): number[] =>
  Array.from({ length: quantity }, (_, i) => view.getUint16(at + 2 * i))

export function decodeWriteMultiple(view: DataView): Decoded<RegisterRequest> {
  if (view.byteLength < 6) return malformed(16, `FC 16 is at least 8 bytes long, not ${view.byteLength}`)
  const quantity = view.getUint16(3)
  const byteCount = view.getUint8(5)
  if (quantity < 1 || quantity > 123) return malformed(16, `FC 16 writes 1 to 123 registers, not ${quantity}`)
  if (byteCount !== 2 * quantity) return malformed(16, `FC 16 byte count ${byteCount} for ${quantity} registers`)
  const length = wrongRequestLength(16, view, 6 + byteCount)
  if (length !== undefined) return length
  const past = pastTheEnd(16, view.getUint16(1), quantity)
  return past ?? good({ kind: 'write-multiple-registers', address: addressAt(view, 1), values: valuesAt(view, 6, quantity) })
}

export function decodeMaskWrite(view: DataView): Decoded<RegisterRequest> {
  const length = wrongRequestLength(22, view, 7)
  if (length !== undefined) return length
  return good({ kind: 'mask-write-register', address: addressAt(view, 1), andMask: view.getUint16(3), orMask: view.getUint16(5) })
}

export function decodeReadWrite(view: DataView): Decoded<RegisterRequest> {
  if (view.byteLength < 10) return malformed(23, `FC 23 is at least 12 bytes long, not ${view.byteLength}`)
  const readQuantity = view.getUint16(3)
  const writeQuantity = view.getUint16(7)
  const byteCount = view.getUint8(9)
  if (readQuantity < 1 || readQuantity > 125) return malformed(23, `FC 23 reads 1 to 125 registers, not ${readQuantity}`)
  if (writeQuantity < 1 || writeQuantity > 121) return malformed(23, `FC 23 writes 1 to 121 registers, not ${writeQuantity}`)
  if (byteCount !== 2 * writeQuantity) return malformed(23, `FC 23 byte count ${byteCount} for ${writeQuantity} registers`)
  const wrong =
    wrongRequestLength(23, view, 10 + byteCount) ??
    pastTheEnd(23, view.getUint16(1), readQuantity) ??
    pastTheEnd(23, view.getUint16(5), writeQuantity)
  if (wrong !== undefined) return wrong
  return good({
    kind: 'read-write-multiple-registers',
    readAddress: addressAt(view, 1),
    readQuantity,
    writeAddress: addressAt(view, 5),
    values: valuesAt(view, 10, writeQuantity),
  })
}

export function decodeFifo(view: DataView): Decoded<RegisterRequest> {
  const length = wrongRequestLength(24, view, 3)
  return length ?? good({ kind: 'read-fifo-queue', address: addressAt(view, 1) })
}

export function encodeRegisterRequest(request: RegisterRequest): Uint8Array {
  switch (request.kind) {
    case 'read-holding-registers':
      return pduOf(3, request.address, request.quantity)
    case 'read-input-registers':
      return pduOf(4, request.address, request.quantity)
    case 'write-single-register':
      return pduOf(6, request.address, request.value)
    case 'write-multiple-registers':
      return withValues(pduOf(16, request.address, request.values.length), request.values)
    case 'mask-write-register':
      return pduOf(22, request.address, request.andMask, request.orMask)
    case 'read-write-multiple-registers': {
      const { readAddress, readQuantity, writeAddress, values } = request
      return withValues(pduOf(23, readAddress, readQuantity, writeAddress, values.length), values)
    }
    case 'read-fifo-queue':
      return pduOf(24, request.address)
  }
}

/** A head, the byte count of the values, the values. */
function withValues(head: Uint8Array, values: readonly number[]): Uint8Array {
  const pdu = new Uint8Array(head.length + 1 + 2 * values.length)
  const view = new DataView(pdu.buffer)
  pdu.set(head)
  view.setUint8(head.length, 2 * values.length)
  values.forEach((value, i) => view.setUint16(head.length + 1 + 2 * i, value))
  return pdu
}

export function matchRegisters(quantity: number, pdu: Uint8Array): RegistersReply | Mismatch {
  const byteCount = 2 * quantity
  if (pdu[1] !== byteCount) return mismatch('byte-count', `byte count ${String(pdu[1])} for ${quantity} registers`)
  const length = wrongLength(pdu, 2 + byteCount)
  return length ?? { kind: 'registers', registers: pdu.slice(2) }
}

/** Byte count and FIFO count are two bytes each, and the first counts the second (V1.1b3, 6.18). */
export function matchFifo(pdu: Uint8Array): FifoReply | Mismatch {
  if (pdu.length < 5) return mismatch('length', 'a FIFO queue is at least 5 bytes long')
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength)
  const byteCount = view.getUint16(1)
  const count = view.getUint16(3)
  if (count > MAX_FIFO || byteCount !== 2 + 2 * count)
    return mismatch('byte-count', `byte count ${byteCount} for ${count} queued registers`)
  const length = wrongLength(pdu, 3 + byteCount)
  return length ?? { kind: 'fifo-queue', values: pdu.slice(5) }
}

export function encodeFifo({ values }: FifoReply): Uint8Array {
  return Uint8Array.from([...pduOf(24, 2 + values.length, values.length / 2), ...values])
}
