import { type BitsReply, matchBits } from './coils.ts'
import { type DiagnosticReply, type DiagnosticRequest, encodeDiagnosticReply, matchDiagnostic } from './diagnostics.ts'
import {
  type EncapsulatedReply,
  type EncapsulatedRequest,
  encodeEncapsulatedReply,
  identificationLength,
  matchEncapsulated,
} from './encapsulated.ts'
import { encodeException } from './exceptions.ts'
import { type FileReply, encodeFileReply, matchFileRecords } from './file-records.ts'
import { type Mismatch, mismatch, sameBytes } from './mismatch.ts'
import { type FifoReply, type RegistersReply, encodeFifo, matchFifo, matchRegisters } from './registers.ts'
import { type Request, encodeRequest, functionCodeOf } from './request.ts'
import { encodeScatteredReply, matchScattered } from './scattered.ts'

/** What a device answered, after every check of the facts. Its bytes belong to the reply. */
export type Reply =
  | BitsReply
  | RegistersReply
  | FifoReply
  /** The device took the write: its echo was that of the request. It says nothing of what came of it. */
  | { readonly kind: 'written' }
  | DiagnosticReply
  | FileReply
  | EncapsulatedReply
  | { readonly kind: 'exception'; readonly code: number }

/** Judges one reply PDU against the request that it should answer (V1.1b3, 6). What does not fit never reaches a client. */
export function matchReply(request: Request, pdu: Uint8Array): Reply | Mismatch {
  const functionCode = functionCodeOf(request)
  const answered = pdu[0] ?? 0
  if (answered === (functionCode | 0x80)) return matchException(pdu)
  if (answered !== functionCode) return mismatch('function-code', `function code ${answered} answers ${functionCode}`)
  switch (request.kind) {
    case 'read-coils':
    case 'read-discrete-inputs':
      return matchBits(request, pdu)
    case 'read-holding-registers':
    case 'read-input-registers':
      return matchRegisters(request.quantity, pdu)
    case 'read-write-multiple-registers':
      return matchRegisters(request.readQuantity, pdu)
    case 'read-fifo-queue':
      return matchFifo(pdu)
    case 'write-single-coil':
    case 'write-single-register':
    case 'mask-write-register':
    case 'write-file-record':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
      return sameBytes(pdu, echoOf(request)) ? { kind: 'written' } : mismatch('echo', 'the echo differs from the request')
    case 'read-exception-status':
    case 'diagnostics':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'report-server-id':
      return matchDiagnostic(request, pdu)
    case 'read-file-record':
      return matchFileRecords(request.stretches, pdu)
    case 'read-device-identification':
    case 'read-date-time':
    case 'write-date-time':
      return matchEncapsulated(request, pdu)
    case 'read-scattered-registers':
      return matchScattered(request, pdu)
  }
}

type Write = Extract<
  Request,
  {
    kind:
      | 'write-single-coil'
      | 'write-single-register'
      | 'mask-write-register'
      | 'write-file-record'
      | 'write-multiple-coils'
      | 'write-multiple-registers'
  }
>

/** What a device sends back for a write: the whole request, or of FC 15 and 16 its address and quantity. */
function echoOf(request: Write): Uint8Array {
  const pdu = encodeRequest(request)
  return request.kind === 'write-multiple-coils' || request.kind === 'write-multiple-registers' ? pdu.subarray(0, 5) : pdu
}

function matchException(pdu: Uint8Array): Reply | Mismatch {
  const code = pdu[1]
  if (pdu.length !== 2 || code === undefined) return mismatch('exception-form', 'an exception is 2 bytes long')
  return code === 0 ? mismatch('exception-form', '0 is no exception code') : { kind: 'exception', code }
}

/** The reply PDU for the client that asked `request`, made anew from values. A reply of another function is a bug and throws. */
export function encodeReply(request: Request, reply: Reply): Uint8Array {
  const functionCode = functionCodeOf(request)
  switch (reply.kind) {
    case 'exception':
      return encodeException(functionCode, reply.code)
    case 'bits':
      return counted(functionCode, reply.bits)
    case 'registers':
      return request.kind === 'read-scattered-registers' ? encodeScatteredReply(request, reply) : counted(functionCode, reply.registers)
    case 'fifo-queue':
      return encodeFifo(reply)
    case 'written':
      return echoOf(expect(request, isWrite))
    case 'exception-status':
    case 'diagnostics':
    case 'event-counter':
    case 'event-log':
    case 'server-id':
      return encodeDiagnosticReply(expect(request, isDiagnostic), reply)
    case 'file-records':
      return encodeFileReply(reply)
    case 'device-identification':
    case 'date-time':
      return encodeEncapsulatedReply(expect(request, isEncapsulated), reply)
  }
}

function counted(functionCode: number, data: Uint8Array): Uint8Array {
  const pdu = new Uint8Array(2 + data.length)
  pdu[0] = functionCode
  pdu[1] = data.length
  pdu.set(data, 2)
  return pdu
}

/** By kind and not by function code: a kind that is missing does not compile. */
const oneOf =
  <K extends Request['kind']>(kinds: Readonly<Record<K, true>>) =>
  (request: Request): request is Extract<Request, { readonly kind: K }> =>
    Object.hasOwn(kinds, request.kind)
const isWrite = oneOf<Write['kind']>({
  'write-single-coil': true,
  'write-single-register': true,
  'mask-write-register': true,
  'write-file-record': true,
  'write-multiple-coils': true,
  'write-multiple-registers': true,
})
const isDiagnostic = oneOf<DiagnosticRequest['kind']>({
  'read-exception-status': true,
  diagnostics: true,
  'get-comm-event-counter': true,
  'get-comm-event-log': true,
  'report-server-id': true,
})
const isEncapsulated = oneOf<EncapsulatedRequest['kind']>({
  'read-device-identification': true,
  'read-date-time': true,
  'write-date-time': true,
})

function expect<T extends Request>(request: Request, is: (request: Request) => request is T): T {
  if (!is(request)) throw new Error(`a reply that does not belong to ${request.kind} was to be encoded`)
  return request
}

/** How many bytes of a reply PDU there must be: a number, `unknown-yet` (more bytes are needed to tell), or `wrong` (it can never fit). */
export function replyLength(request: Request, pdu: Uint8Array): number | 'unknown-yet' | 'wrong' {
  const answered = pdu[0]
  if (answered === undefined) return 'unknown-yet'
  if (answered === (functionCodeOf(request) | 0x80)) return 2
  if (answered !== functionCodeOf(request)) return 'wrong'
  const expected = lengthOf(request)
  if (typeof expected === 'object') {
    // The byte count is known from the request: a reply with another one is wrong from its second byte on.
    return pdu[1] !== undefined && pdu[1] !== expected.byteCount ? 'wrong' : 2 + expected.byteCount
  }
  if (typeof expected === 'number') return expected
  switch (expected) {
    case 'counted':
      return pdu[1] === undefined ? 'unknown-yet' : 2 + pdu[1]
    case 'counted-in-two-bytes':
      return pdu[2] === undefined ? 'unknown-yet' : 3 + (((pdu[1] ?? 0) << 8) | pdu[2])
    case 'objects':
      return identificationLength(pdu)
  }
}

type Expected = number | { readonly byteCount: number } | 'counted' | 'counted-in-two-bytes' | 'objects'

function lengthOf(request: Request): Expected {
  switch (request.kind) {
    case 'read-coils':
    case 'read-discrete-inputs':
      return { byteCount: Math.ceil(request.quantity / 8) }
    case 'read-holding-registers':
    case 'read-input-registers':
      return { byteCount: 2 * request.quantity }
    case 'read-write-multiple-registers':
      return { byteCount: 2 * request.readQuantity }
    case 'read-scattered-registers':
      return { byteCount: 2 + 2 * request.addresses.length }
    case 'read-exception-status':
      return 2
    case 'get-comm-event-counter':
      return 5
    case 'diagnostics':
      return 3 + request.data.length
    case 'write-single-coil':
    case 'write-single-register':
    case 'mask-write-register':
    case 'write-file-record':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
      return echoOf(request).length
    case 'read-file-record':
      return { byteCount: request.stretches.reduce((sum, { length }) => sum + 2 + 2 * length, 0) }
    case 'get-comm-event-log':
    case 'report-server-id':
      return 'counted'
    case 'read-fifo-queue':
      return 'counted-in-two-bytes'
    case 'read-date-time':
    case 'write-date-time':
      return 11
    case 'read-device-identification':
      return 'objects'
  }
}

/** The longest that a reply PDU to this request can be, bytes: what the line needs in time, at most. */
export function longestReply(request: Request): number {
  const expected = lengthOf(request)
  if (typeof expected === 'number') return expected
  return typeof expected === 'object' ? 2 + expected.byteCount : 253
}
