import { encodeException } from './exceptions.ts'
import { MEI_DEVICE_IDENTIFICATION, type Request, encodeRequest, functionCodeOf } from './request.ts'

export type IdentificationObject = { readonly id: number; readonly value: Uint8Array }

/** What a device answered, after every check of the facts: `registers` is big-endian, two bytes each, and belongs to the reply. */
export type Reply =
  | { readonly kind: 'registers'; readonly registers: Uint8Array }
  | { readonly kind: 'written' }
  | {
      readonly kind: 'device-identification'
      readonly conformity: number
      readonly moreFollows: boolean
      readonly nextObjectId: number
      readonly objects: readonly IdentificationObject[]
    }
  | { readonly kind: 'exception'; readonly code: number }

export type Mismatch = { readonly kind: 'mismatch'; readonly why: string }
const mismatch = (why: string): Mismatch => ({ kind: 'mismatch', why })

/** Judges one reply PDU against the request that it should answer (V1.1b3, 6). What does not fit never reaches a client. */
export function matchReply(request: Request, pdu: Uint8Array): Reply | Mismatch {
  const functionCode = functionCodeOf(request)
  const answered = pdu[0] ?? 0
  if (answered === (functionCode | 0x80)) return matchException(pdu)
  if (answered !== functionCode) return mismatch(`function code ${answered} answers ${functionCode}`)
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers': {
      const byteCount = 2 * request.quantity
      if (pdu[1] !== byteCount) return mismatch(`byte count ${String(pdu[1])} for ${request.quantity} registers`)
      if (pdu.length !== 2 + byteCount) return mismatch(`${pdu.length} bytes where ${2 + byteCount} belong`)
      return { kind: 'registers', registers: pdu.slice(2) }
    }
    case 'write-single-register':
      return equal(pdu, encodeRequest(request)) ? { kind: 'written' } : mismatch('the echo differs from the request')
    case 'write-multiple-registers':
      return equal(pdu, encodeRequest(request).subarray(0, 5))
        ? { kind: 'written' }
        : mismatch('address or quantity differ from the request')
    case 'read-device-identification':
      return matchIdentification(request.code, request.objectId, pdu)
  }
}

function matchException(pdu: Uint8Array): Reply | Mismatch {
  const code = pdu[1]
  if (pdu.length !== 2 || code === undefined) return mismatch('an exception is 2 bytes long')
  return code === 0 ? mismatch('0 is no exception code') : { kind: 'exception', code }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

const conformities = new Set([0x01, 0x02, 0x03, 0x81, 0x82, 0x83])

function matchIdentification(code: number, objectId: number, pdu: Uint8Array): Reply | Mismatch {
  const [, mei, codeBack, conformity, more, next, count] = pdu
  if (count === undefined || next === undefined || conformity === undefined) return mismatch('device identification is cut short')
  if (mei !== MEI_DEVICE_IDENTIFICATION || codeBack !== code) return mismatch('MEI type or read code differ from the request')
  if (!conformities.has(conformity)) return mismatch(`conformity level ${conformity} does not exist`)
  if (more !== 0x00 && more !== 0xff) return mismatch(`"more follows" is ${String(more)}`)
  const objects: IdentificationObject[] = []
  let at = 7
  while (at < pdu.length) {
    const id = pdu[at]
    const length = pdu[at + 1]
    if (id === undefined || length === undefined || at + 2 + length > pdu.length) return mismatch('the last object is cut short')
    objects.push({ id, value: pdu.slice(at + 2, at + 2 + length) })
    at += 2 + length
  }
  if (objects.length !== count) return mismatch(`${count} objects announced, ${objects.length} found`)
  if (code === 4 && (objects.length !== 1 || objects[0]?.id !== objectId)) return mismatch('another object than the one asked for')
  return { kind: 'device-identification', conformity, moreFollows: more === 0xff, nextObjectId: next, objects }
}

/** The reply PDU for the client that asked `request`, made anew from values. */
export function encodeReply(request: Request, reply: Reply): Uint8Array {
  switch (reply.kind) {
    case 'exception':
      return encodeException(functionCodeOf(request), reply.code)
    case 'registers':
      return Uint8Array.of(functionCodeOf(request), reply.registers.length, ...reply.registers)
    case 'written':
      return encodeRequest(request).subarray(0, 5)
    case 'device-identification': {
      const code = request.kind === 'read-device-identification' ? request.code : 0
      const head = [
        43,
        MEI_DEVICE_IDENTIFICATION,
        code,
        reply.conformity,
        reply.moreFollows ? 0xff : 0,
        reply.nextObjectId,
        reply.objects.length,
      ]
      return Uint8Array.from([...head, ...reply.objects.flatMap((object) => [object.id, object.value.length, ...object.value])])
    }
  }
}

/** How many bytes of a reply PDU there must be: a number, `unknown-yet` (more bytes are needed to tell), or `wrong` (it can never fit). */
export function replyLength(request: Request, pdu: Uint8Array): number | 'unknown-yet' | 'wrong' {
  const answered = pdu[0]
  if (answered === undefined) return 'unknown-yet'
  if (answered === (functionCodeOf(request) | 0x80)) return 2
  if (answered !== functionCodeOf(request)) return 'wrong'
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
      if (pdu[1] !== undefined && pdu[1] !== 2 * request.quantity) return 'wrong'
      return 2 + 2 * request.quantity
    case 'write-single-register':
    case 'write-multiple-registers':
      return 5
    case 'read-device-identification':
      return identificationLength(pdu)
  }
}

function identificationLength(pdu: Uint8Array): number | 'unknown-yet' {
  const count = pdu[6]
  if (count === undefined) return 'unknown-yet'
  let at = 7
  for (let i = 0; i < count; i++) {
    const length = pdu[at + 1]
    if (length === undefined) return 'unknown-yet'
    at += 2 + length
  }
  return at
}
