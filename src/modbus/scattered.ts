import { type Decoded, addressAt, good, malformed, unsupported, wrongRequestLength } from './decoded.ts'
import { type Mismatch, mismatch, wrongLength } from './mismatch.ts'
import type { RegistersReply } from './registers.ts'
import type { Address } from './values.ts'

/** FC 100, sub-function 4: up to 100 registers that do not stand together (DOCA0172EN, "Function 100-4"). `number` is echoed. */
export type ScatteredRequest = {
  readonly kind: 'read-scattered-registers'
  readonly number: number
  readonly addresses: readonly Address[]
}

const SUB_FUNCTION = 4
const MAX_ADDRESSES = 100

export function decodeScattered(view: DataView): Decoded<ScatteredRequest> {
  if (view.byteLength < 3) return malformed(100, 'FC 100 without a sub-function')
  if (view.getUint8(2) !== SUB_FUNCTION) return unsupported(100, view.getUint8(2))
  const byteCount = view.getUint8(1)
  const count = (byteCount - 2) / 2
  if (!Number.isInteger(count) || count < 1 || count > MAX_ADDRESSES) return malformed(100, `FC 100/4 byte count ${byteCount}`)
  const length = wrongRequestLength(100, view, 2 + byteCount)
  if (length !== undefined) return length
  const addresses = Array.from({ length: count }, (_, i) => addressAt(view, 4 + 2 * i))
  return good({ kind: 'read-scattered-registers', number: view.getUint8(3), addresses })
}

export const encodeScatteredRequest = ({ number, addresses }: ScatteredRequest): Uint8Array =>
  Uint8Array.from([100, 2 + 2 * addresses.length, SUB_FUNCTION, number, ...addresses.flatMap((address) => [address >> 8, address & 0xff])])

export function matchScattered({ number, addresses }: ScatteredRequest, pdu: Uint8Array): RegistersReply | Mismatch {
  const byteCount = 2 + 2 * addresses.length
  if (pdu[1] !== byteCount) return mismatch('byte-count', `byte count ${String(pdu[1])} for ${addresses.length} registers`)
  const length = wrongLength(pdu, 2 + byteCount)
  if (length !== undefined) return length
  if (pdu[2] !== SUB_FUNCTION || pdu[3] !== number)
    return mismatch('sub-function', `sub-function ${String(pdu[2])}, number ${String(pdu[3])} answer ${SUB_FUNCTION}, ${number}`)
  return { kind: 'registers', registers: pdu.slice(4) }
}

export const encodeScatteredReply = ({ number }: ScatteredRequest, { registers }: RegistersReply): Uint8Array =>
  Uint8Array.from([100, 2 + registers.length, SUB_FUNCTION, number, ...registers])
