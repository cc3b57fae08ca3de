import { exceptionCode } from './exceptions.ts'
import { type Address, toAddress } from './values.ts'

/** The function codes that pass. Everything else is `unsupported` and answered with exception 01. */
export type Request =
  | { readonly kind: 'read-holding-registers'; readonly address: Address; readonly quantity: number }
  | { readonly kind: 'read-input-registers'; readonly address: Address; readonly quantity: number }
  | { readonly kind: 'write-single-register'; readonly address: Address; readonly value: number }
  | { readonly kind: 'write-multiple-registers'; readonly address: Address; readonly values: readonly number[] }
  | { readonly kind: 'read-device-identification'; readonly code: 1 | 2 | 3 | 4; readonly objectId: number }

export type Decoded =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'malformed'; readonly functionCode: number; readonly exception: 0x02 | 0x03; readonly why: string }
  | { readonly kind: 'unsupported'; readonly functionCode: number }
  /** The top bit is set: a peer that sends replies is not a client, and its connection ends. */
  | { readonly kind: 'not-a-request'; readonly functionCode: number }

const functionCodes = {
  'read-holding-registers': 3,
  'read-input-registers': 4,
  'write-single-register': 6,
  'write-multiple-registers': 16,
  'read-device-identification': 43,
} as const satisfies Record<Request['kind'], number>

/** Modbus Encapsulated Interface type of device identification (V1.1b3, 6.21). */
export const MEI_DEVICE_IDENTIFICATION = 0x0e

export const functionCodeOf = (request: Request): number => functionCodes[request.kind]

/**
 * Turns the bytes of one PDU (1–253, function code first) into a request, or says what is wrong with them.
 * Never throws. Order of checks: function (01), structure and quantity (03), address range (02) (V1.1b3, state diagrams of section 6).
 */
export function decodeRequest(pdu: Uint8Array): Decoded {
  const functionCode = pdu[0] ?? 0
  if (functionCode >= 0x80) return { kind: 'not-a-request', functionCode }
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength)
  switch (functionCode) {
    case 3:
    case 4:
      return decodeRead(functionCode, view)
    case 6:
      return decodeWriteSingle(view)
    case 16:
      return decodeWriteMultiple(view)
    case 43:
      return decodeEncapsulated(view)
    default:
      return { kind: 'unsupported', functionCode }
  }
}

const wrong = (functionCode: number, why: string, exception: 0x02 | 0x03 = exceptionCode.illegalDataValue): Decoded => ({
  kind: 'malformed',
  functionCode,
  exception,
  why,
})

const good = (request: Request): Decoded => ({ kind: 'request', request })

const addressAt = (view: DataView): Address => {
  const at = toAddress(view.getUint16(1))
  if (at === undefined) throw new Error('two bytes are always an address')
  return at
}

function pastTheEnd(functionCode: number, view: DataView, quantity: number): Decoded | undefined {
  if (view.getUint16(1) + quantity <= 0x10000) return undefined
  return wrong(functionCode, `${quantity} registers from address ${view.getUint16(1)} end past 65535`, exceptionCode.illegalDataAddress)
}

function decodeRead(functionCode: 3 | 4, view: DataView): Decoded {
  if (view.byteLength !== 5) return wrong(functionCode, `FC ${functionCode} is 5 bytes long, not ${view.byteLength}`)
  const quantity = view.getUint16(3)
  if (quantity < 1 || quantity > 125) return wrong(functionCode, `FC ${functionCode} reads 1 to 125 registers, not ${quantity}`)
  const past = pastTheEnd(functionCode, view, quantity)
  if (past !== undefined) return past
  return good({ kind: functionCode === 3 ? 'read-holding-registers' : 'read-input-registers', address: addressAt(view), quantity })
}

function decodeWriteSingle(view: DataView): Decoded {
  if (view.byteLength !== 5) return wrong(6, `FC 6 is 5 bytes long, not ${view.byteLength}`)
  return good({ kind: 'write-single-register', address: addressAt(view), value: view.getUint16(3) })
}

function decodeWriteMultiple(view: DataView): Decoded {
  if (view.byteLength < 6) return wrong(16, `FC 16 is at least 6 bytes long, not ${view.byteLength}`)
  const quantity = view.getUint16(3)
  const byteCount = view.getUint8(5)
  if (quantity < 1 || quantity > 123) return wrong(16, `FC 16 writes 1 to 123 registers, not ${quantity}`)
  if (byteCount !== 2 * quantity) return wrong(16, `FC 16 byte count ${byteCount} for ${quantity} registers`)
  if (view.byteLength !== 6 + byteCount)
    return wrong(16, `FC 16 of ${quantity} registers is ${6 + byteCount} bytes long, not ${view.byteLength}`)
  const past = pastTheEnd(16, view, quantity)
  if (past !== undefined) return past
  const values = Array.from({ length: quantity }, (_, i) => view.getUint16(6 + 2 * i))
  return good({ kind: 'write-multiple-registers', address: addressAt(view), values })
}

function decodeEncapsulated(view: DataView): Decoded {
  if (view.byteLength < 2) return wrong(43, 'FC 43 without an MEI type')
  if (view.getUint8(1) !== MEI_DEVICE_IDENTIFICATION) return { kind: 'unsupported', functionCode: 43 }
  if (view.byteLength !== 4) return wrong(43, `FC 43/14 is 4 bytes long, not ${view.byteLength}`)
  const code = view.getUint8(2)
  if (code !== 1 && code !== 2 && code !== 3 && code !== 4) return wrong(43, `FC 43/14 has read codes 1 to 4, not ${code}`)
  return good({ kind: 'read-device-identification', code, objectId: view.getUint8(3) })
}

/** The one frame that a request stands for: what goes to a bus is made here, never copied from what came in. */
export function encodeRequest(request: Request): Uint8Array {
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
      return fields(functionCodeOf(request), request.address, request.quantity)
    case 'write-single-register':
      return fields(6, request.address, request.value)
    case 'write-multiple-registers': {
      const pdu = new Uint8Array(6 + 2 * request.values.length)
      const view = new DataView(pdu.buffer)
      pdu.set(fields(16, request.address, request.values.length))
      view.setUint8(5, 2 * request.values.length)
      request.values.forEach((value, i) => view.setUint16(6 + 2 * i, value))
      return pdu
    }
    case 'read-device-identification':
      return Uint8Array.of(43, MEI_DEVICE_IDENTIFICATION, request.code, request.objectId)
  }
}

/**
 * The bytes for a device: encoded, decoded again, and the same. Stays on in service: a codec that disagrees with itself is a bug,
 * and it throws before the first byte goes out.
 */
export function encodeForDevice(request: Request): Uint8Array {
  const pdu = encodeRequest(request)
  const decoded = decodeRequest(pdu)
  const same =
    decoded.kind === 'request' && decoded.request.kind === request.kind && Buffer.compare(encodeRequest(decoded.request), pdu) === 0
  if (!same) throw new Error(`a ${request.kind} does not survive its own encoding`)
  return pdu
}

function fields(functionCode: number, first: number, second: number): Uint8Array {
  return Uint8Array.of(functionCode, first >> 8, first & 0xff, second >> 8, second & 0xff)
}
