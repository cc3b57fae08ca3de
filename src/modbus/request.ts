import { type CoilRequest, decodeBitRead, decodeWriteMultipleCoils, decodeWriteSingleCoil, encodeCoilRequest } from './coils.ts'
import { type Decoded, unsupported } from './decoded.ts'
import { type DiagnosticRequest, decodeBare, decodeDiagnostics, encodeDiagnosticRequest } from './diagnostics.ts'
import { type EncapsulatedRequest, decodeEncapsulated, encodeEncapsulatedRequest } from './encapsulated.ts'
import { type FileRequest, decodeReadFileRecord, decodeWriteFileRecord, encodeFileRequest } from './file-records.ts'
import {
  type RegisterRequest,
  decodeFifo,
  decodeMaskWrite,
  decodeRead,
  decodeReadWrite,
  decodeWriteMultiple,
  decodeWriteSingle,
  encodeRegisterRequest,
} from './registers.ts'
import { type ScatteredRequest, decodeScattered, encodeScatteredRequest } from './scattered.ts'

/** The functions that pass. Everything else is `unsupported` and answered with exception 01. */
export type Request = CoilRequest | RegisterRequest | DiagnosticRequest | FileRequest | EncapsulatedRequest | ScatteredRequest

const functionCodes = {
  'read-coils': 1,
  'read-discrete-inputs': 2,
  'read-holding-registers': 3,
  'read-input-registers': 4,
  'write-single-coil': 5,
  'write-single-register': 6,
  'read-exception-status': 7,
  diagnostics: 8,
  'get-comm-event-counter': 11,
  'get-comm-event-log': 12,
  'write-multiple-coils': 15,
  'write-multiple-registers': 16,
  'report-server-id': 17,
  'read-file-record': 20,
  'write-file-record': 21,
  'mask-write-register': 22,
  'read-write-multiple-registers': 23,
  'read-fifo-queue': 24,
  'read-device-identification': 43,
  'read-date-time': 43,
  'write-date-time': 43,
  'read-scattered-registers': 100,
} as const satisfies Record<Request['kind'], number>

export const functionCodeOf = (request: Request): number => functionCodes[request.kind]

/**
 * Turns the bytes of one PDU (1–253, function code first) into a request, or says what is wrong with them. Never throws.
 * Order of checks: function and sub-function (01), structure and quantity (03), address range (02) (V1.1b3, state diagrams of section 6).
 */
export function decodeRequest(pdu: Uint8Array): Decoded<Request> {
  const functionCode = pdu[0] ?? 0
  if (functionCode >= 0x80) return { kind: 'not-a-request', functionCode }
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength)
  switch (functionCode) {
    case 1:
    case 2:
      return decodeBitRead(functionCode, view)
    case 3:
    case 4:
      return decodeRead(functionCode, view)
    case 5:
      return decodeWriteSingleCoil(view)
    case 6:
      return decodeWriteSingle(view)
    case 7:
    case 11:
    case 12:
    case 17:
      return decodeBare(functionCode, view)
    case 8:
      return decodeDiagnostics(pdu, view)
    case 15:
      return decodeWriteMultipleCoils(view)
    case 16:
      return decodeWriteMultiple(view)
    case 20:
      return decodeReadFileRecord(view)
    case 21:
      return decodeWriteFileRecord(pdu, view)
    case 22:
      return decodeMaskWrite(view)
    case 23:
      return decodeReadWrite(view)
    case 24:
      return decodeFifo(view)
    case 43:
      return decodeEncapsulated(pdu, view)
    case 100:
      return decodeScattered(view)
    default:
      return unsupported(functionCode)
  }
}

/** The one frame that a request stands for: what goes to a bus is made here, never copied from what came in. */
export function encodeRequest(request: Request): Uint8Array {
  switch (request.kind) {
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'write-single-coil':
    case 'write-multiple-coils':
      return encodeCoilRequest(request)
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'write-single-register':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'read-write-multiple-registers':
    case 'read-fifo-queue':
      return encodeRegisterRequest(request)
    case 'read-exception-status':
    case 'diagnostics':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'report-server-id':
      return encodeDiagnosticRequest(request)
    case 'read-file-record':
    case 'write-file-record':
      return encodeFileRequest(request)
    case 'read-device-identification':
    case 'read-date-time':
    case 'write-date-time':
      return encodeEncapsulatedRequest(request)
    case 'read-scattered-registers':
      return encodeScatteredRequest(request)
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

/** Force listen only (8/4) is the one request that no device ever answers (V1.1b3, 6.8.1): whoever waits for it waits in vain. */
export const isNeverAnswered = (request: Request): boolean => request.kind === 'diagnostics' && request.subFunction === 4
