import { type Decoded, good, malformed, pduOf, unsupported, wrongRequestLength } from './decoded.ts'
import { type Mismatch, mismatch, sameBytes, wrongLength } from './mismatch.ts'

/** Sub-functions of FC 8 that exist (V1.1b3, 6.8.1); 5–9, 19 and all from 21 on are reserved. */
export const diagnosticSubFunctions = {
  0: 'return query data',
  1: 'restart communications',
  2: 'return the diagnostic register',
  3: 'change the ASCII delimiter',
  4: 'force listen only mode',
  10: 'clear counters and the diagnostic register',
  11: 'return the bus message count',
  12: 'return the CRC error count',
  13: 'return the exception count',
  14: 'return the server message count',
  15: 'return the server no-response count',
  16: 'return the server NAK count',
  17: 'return the server busy count',
  18: 'return the character overrun count',
  20: 'clear the overrun counter and flag',
} as const
export type DiagnosticSubFunction = keyof typeof diagnosticSubFunctions

/** FC 7, 8, 11, 12 and 17: the device about itself and its line (V1.1b3, 6.7, 6.8, 6.9, 6.10, 6.13). */
export type DiagnosticRequest =
  | { readonly kind: 'read-exception-status' | 'get-comm-event-counter' | 'get-comm-event-log' | 'report-server-id' }
  | { readonly kind: 'diagnostics'; readonly subFunction: DiagnosticSubFunction; readonly data: Uint8Array }

export type DiagnosticReply =
  | { readonly kind: 'exception-status'; readonly status: number }
  | { readonly kind: 'diagnostics'; readonly data: Uint8Array }
  | { readonly kind: 'event-counter'; readonly status: number; readonly count: number }
  | {
      readonly kind: 'event-log'
      readonly status: number
      readonly events: number
      readonly messages: number
      readonly log: Uint8Array
    }
  | { readonly kind: 'server-id'; readonly data: Uint8Array }

const subFunctionOf = (n: number): DiagnosticSubFunction | undefined =>
  Object.hasOwn(diagnosticSubFunctions, n) ? (n as DiagnosticSubFunction) : undefined

/** The requests that are nothing but their function code. */
export function decodeBare(functionCode: 7 | 11 | 12 | 17, view: DataView): Decoded<DiagnosticRequest> {
  const kinds = { 7: 'read-exception-status', 11: 'get-comm-event-counter', 12: 'get-comm-event-log', 17: 'report-server-id' } as const
  return wrongRequestLength(functionCode, view, 1) ?? good({ kind: kinds[functionCode] })
}

export function decodeDiagnostics(pdu: Uint8Array, view: DataView): Decoded<DiagnosticRequest> {
  if (view.byteLength < 3) return malformed(8, `FC 8 has a sub-function of two bytes, this is ${view.byteLength} bytes long`)
  const number = view.getUint16(1)
  const subFunction = subFunctionOf(number)
  if (subFunction === undefined) return unsupported(8, number)
  const data = pdu.slice(3)
  if (subFunction === 0) {
    const whole = data.length >= 2 && data.length % 2 === 0 && data.length <= 250
    return whole ? good({ kind: 'diagnostics', subFunction, data }) : malformed(8, `FC 8/0 with ${data.length} bytes of data`)
  }
  const length = wrongRequestLength(8, view, 5)
  if (length !== undefined) return length
  const word = view.getUint16(3)
  return dataFits(subFunction, word)
    ? good({ kind: 'diagnostics', subFunction, data })
    : malformed(8, `FC 8/${subFunction} with data ${word.toString(16).padStart(4, '0')}`)
}

/** The one word of data that a sub-function has: 0000, or what its own section allows. */
function dataFits(subFunction: DiagnosticSubFunction, word: number): boolean {
  if (subFunction === 1) return word === 0 || word === 0xff00
  return subFunction === 3 ? (word & 0xff) === 0 : word === 0
}

export function encodeDiagnosticRequest(request: DiagnosticRequest): Uint8Array {
  switch (request.kind) {
    case 'read-exception-status':
      return Uint8Array.of(7)
    case 'get-comm-event-counter':
      return Uint8Array.of(11)
    case 'get-comm-event-log':
      return Uint8Array.of(12)
    case 'report-server-id':
      return Uint8Array.of(17)
    case 'diagnostics':
      return Uint8Array.from([...pduOf(8, request.subFunction), ...request.data])
  }
}

/** Sub-functions that answer with a count or a register; all others return the data that they were asked with. */
const answersWithACount = (subFunction: DiagnosticSubFunction): boolean => subFunction === 2 || (subFunction >= 11 && subFunction <= 18)

export function matchDiagnostic(request: DiagnosticRequest, pdu: Uint8Array): DiagnosticReply | Mismatch {
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength)
  switch (request.kind) {
    case 'read-exception-status':
      return wrongLength(pdu, 2) ?? { kind: 'exception-status', status: view.getUint8(1) }
    case 'get-comm-event-counter':
      return wrongLength(pdu, 5) ?? { kind: 'event-counter', status: view.getUint16(1), count: view.getUint16(3) }
    case 'get-comm-event-log': {
      const count = pdu[1] ?? 0
      if (count < 6 || count > 70) return mismatch('byte-count', `an event log has 6 to 70 bytes, not ${count}`)
      const length = wrongLength(pdu, 2 + count)
      if (length !== undefined) return length
      return { kind: 'event-log', status: view.getUint16(2), events: view.getUint16(4), messages: view.getUint16(6), log: pdu.slice(8) }
    }
    case 'report-server-id':
      return wrongLength(pdu, 2 + (pdu[1] ?? 0)) ?? { kind: 'server-id', data: pdu.slice(2) }
    case 'diagnostics': {
      const length = wrongLength(pdu, 3 + request.data.length)
      if (length !== undefined) return length
      if (view.getUint16(1) !== request.subFunction)
        return mismatch('sub-function', `sub-function ${view.getUint16(1)} answers ${request.subFunction}`)
      const data = pdu.slice(3)
      if (!answersWithACount(request.subFunction) && !sameBytes(data, request.data))
        return mismatch('echo', 'the data differ from those that were sent')
      return { kind: 'diagnostics', data }
    }
  }
}

export function encodeDiagnosticReply(request: DiagnosticRequest, reply: DiagnosticReply): Uint8Array {
  switch (reply.kind) {
    case 'exception-status':
      return Uint8Array.of(7, reply.status)
    case 'event-counter':
      return pduOf(11, reply.status, reply.count)
    case 'event-log':
      return Uint8Array.from([12, 6 + reply.log.length, ...pduOf(0, reply.status, reply.events, reply.messages).subarray(1), ...reply.log])
    case 'server-id':
      return Uint8Array.from([17, reply.data.length, ...reply.data])
    case 'diagnostics':
      return Uint8Array.from([...pduOf(8, request.kind === 'diagnostics' ? request.subFunction : 0), ...reply.data])
  }
}
