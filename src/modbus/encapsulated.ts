import { type DateTime, DATE_BYTES, decodeDateTime, encodeDateTime } from './date-time.ts'
import { type Decoded, good, malformed, unsupported, wrongRequestLength } from './decoded.ts'
import { type Mismatch, mismatch, wrongLength } from './mismatch.ts'

/** Modbus Encapsulated Interface types: 14 is of V1.1b3, 6.21; 15 and 16 are Schneider's (DOCA0157EN). */
const MEI = { identification: 0x0e, readDateTime: 0x0f, writeDateTime: 0x10 } as const

/** FC 43/14, 43/15 and 43/16. */
export type EncapsulatedRequest =
  | { readonly kind: 'read-device-identification'; readonly code: 1 | 2 | 3 | 4; readonly objectId: number }
  | { readonly kind: 'read-date-time' }
  | { readonly kind: 'write-date-time'; readonly date: DateTime }

export type IdentificationObject = { readonly id: number; readonly value: Uint8Array }
export type EncapsulatedReply =
  | {
      readonly kind: 'device-identification'
      readonly conformity: number
      readonly moreFollows: boolean
      readonly nextObjectId: number
      readonly objects: readonly IdentificationObject[]
    }
  /** The device's clock, its 8 bytes as it sent them: a device may have a clock that is no date. */
  | { readonly kind: 'date-time'; readonly bytes: Uint8Array }

export function decodeEncapsulated(pdu: Uint8Array, view: DataView): Decoded<EncapsulatedRequest> {
  if (view.byteLength < 2) return malformed(43, 'FC 43 without an MEI type')
  switch (view.getUint8(1)) {
    case MEI.identification: {
      const length = wrongRequestLength(43, view, 4)
      if (length !== undefined) return length
      const code = view.getUint8(2)
      if (code !== 1 && code !== 2 && code !== 3 && code !== 4) return malformed(43, `FC 43/14 has read codes 1 to 4, not ${code}`)
      return good({ kind: 'read-device-identification', code, objectId: view.getUint8(3) })
    }
    case MEI.readDateTime:
      return wrongRequestLength(43, view, 3) ?? reserved(view) ?? good({ kind: 'read-date-time' })
    case MEI.writeDateTime: {
      const wrong = wrongRequestLength(43, view, 3 + DATE_BYTES) ?? reserved(view)
      if (wrong !== undefined) return wrong
      const date = decodeDateTime(pdu.subarray(3))
      return typeof date === 'string' ? malformed(43, `FC 43/16 with ${date}`) : good({ kind: 'write-date-time', date })
    }
    default:
      return unsupported(43, view.getUint8(1))
  }
}

const reserved = (view: DataView): Decoded<never> | undefined =>
  view.getUint8(2) === 0 ? undefined : malformed(43, `FC 43/${view.getUint8(1)} with reserved byte ${view.getUint8(2)}`)

export function encodeEncapsulatedRequest(request: EncapsulatedRequest): Uint8Array {
  switch (request.kind) {
    case 'read-device-identification':
      return Uint8Array.of(43, MEI.identification, request.code, request.objectId)
    case 'read-date-time':
      return Uint8Array.of(43, MEI.readDateTime, 0)
    case 'write-date-time':
      return Uint8Array.from([43, MEI.writeDateTime, 0, ...encodeDateTime(request.date)])
  }
}

export function matchEncapsulated(request: EncapsulatedRequest, pdu: Uint8Array): EncapsulatedReply | Mismatch {
  switch (request.kind) {
    case 'read-device-identification':
      return matchIdentification(request.code, request.objectId, pdu)
    case 'read-date-time':
      return matchDateTime(MEI.readDateTime, pdu)
    case 'write-date-time':
      // Not an echo: the date that comes back is the device's clock, some milliseconds later (DOCA0157EN).
      return matchDateTime(MEI.writeDateTime, pdu)
  }
}

function matchDateTime(mei: number, pdu: Uint8Array): EncapsulatedReply | Mismatch {
  const length = wrongLength(pdu, 3 + DATE_BYTES)
  if (length !== undefined) return length
  if (pdu[1] !== mei || pdu[2] !== 0) return mismatch('mei-fields', `MEI type ${String(pdu[1])}, reserved byte ${String(pdu[2])}`)
  return { kind: 'date-time', bytes: pdu.slice(3) }
}

const conformities = new Set([0x01, 0x02, 0x03, 0x81, 0x82, 0x83])

function matchIdentification(code: number, objectId: number, pdu: Uint8Array): EncapsulatedReply | Mismatch {
  const [, mei, codeBack, conformity, more, next, count] = pdu
  if (count === undefined || next === undefined || conformity === undefined) return mismatch('length', 'device identification is cut short')
  if (mei !== MEI.identification || codeBack !== code) return mismatch('mei-fields', 'MEI type or read code differ from the request')
  if (!conformities.has(conformity)) return mismatch('mei-fields', `conformity level ${conformity} does not exist`)
  if (more !== 0x00 && more !== 0xff) return mismatch('mei-fields', `"more follows" is ${String(more)}`)
  const objects: IdentificationObject[] = []
  let at = 7
  while (at < pdu.length) {
    const id = pdu[at]
    const length = pdu[at + 1]
    if (id === undefined || length === undefined || at + 2 + length > pdu.length) return mismatch('length', 'the last object is cut short')
    objects.push({ id, value: pdu.slice(at + 2, at + 2 + length) })
    at += 2 + length
  }
  if (objects.length !== count) return mismatch('mei-fields', `${count} objects announced, ${objects.length} found`)
  if (code === 4 && (objects.length !== 1 || objects[0]?.id !== objectId))
    return mismatch('mei-fields', 'another object than the one asked for')
  return { kind: 'device-identification', conformity, moreFollows: more === 0xff, nextObjectId: next, objects }
}

export function encodeEncapsulatedReply(request: EncapsulatedRequest, reply: EncapsulatedReply): Uint8Array {
  if (reply.kind === 'date-time')
    return Uint8Array.from([43, request.kind === 'write-date-time' ? MEI.writeDateTime : MEI.readDateTime, 0, ...reply.bytes])
  const { conformity, moreFollows, nextObjectId, objects } = reply
  const code = request.kind === 'read-device-identification' ? request.code : 0
  const head = [43, MEI.identification, code, conformity, moreFollows ? 0xff : 0, nextObjectId, objects.length]
  return Uint8Array.from([...head, ...objects.flatMap((object) => [object.id, object.value.length, ...object.value])])
}

/** Length of a 43/14 reply, known when the length of its last object is. */
export function identificationLength(pdu: Uint8Array): number | 'unknown-yet' {
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
