import { type Decoded, good, malformed, noSuchAddress, wrongRequestLength } from './decoded.ts'
import { type Mismatch, mismatch, wrongLength } from './mismatch.ts'

/** A stretch of registers in a file: file 1–65535, record 0–9999, length in registers (V1.1b3, 6.14). */
export type FileStretch = { readonly file: number; readonly record: number; readonly length: number }
export type FileWrite = { readonly file: number; readonly record: number; readonly data: Uint8Array }

/** FC 20 and 21 (V1.1b3, 6.14, 6.15). */
export type FileRequest =
  | { readonly kind: 'read-file-record'; readonly stretches: readonly FileStretch[] }
  | { readonly kind: 'write-file-record'; readonly writes: readonly FileWrite[] }

export type FileReply = { readonly kind: 'file-records'; readonly records: readonly Uint8Array[] }

const REFERENCE_TYPE = 6
const MAX_PDU = 253

/** Reference type, file, record and record + length are addresses: exception 02 (V1.1b3, figures 24 and 25). */
function checkStretch(functionCode: 20 | 21, reference: number, { file, record, length }: FileStretch): Decoded<never> | undefined {
  if (reference !== REFERENCE_TYPE) return noSuchAddress(functionCode, `reference type ${reference} is not 6`)
  if (file === 0) return noSuchAddress(functionCode, 'file 0 does not exist')
  if (record + length <= 10_000) return undefined
  return noSuchAddress(functionCode, `${length} registers from record ${record} end past 9999`)
}

export function decodeReadFileRecord(view: DataView): Decoded<FileRequest> {
  const byteCount = view.byteLength < 2 ? 0 : view.getUint8(1)
  if (byteCount < 7 || byteCount > 245 || byteCount % 7 !== 0)
    return malformed(20, `FC 20 has 7 to 245 bytes in groups of 7, not ${byteCount}`)
  const wrong = wrongRequestLength(20, view, 2 + byteCount)
  if (wrong !== undefined) return wrong
  const groups = Array.from({ length: byteCount / 7 }, (_, i) => ({
    reference: view.getUint8(2 + 7 * i),
    file: view.getUint16(3 + 7 * i),
    record: view.getUint16(5 + 7 * i),
    length: view.getUint16(7 + 7 * i),
  }))
  if (groups.some(({ length }) => length === 0)) return malformed(20, 'FC 20 of no registers')
  if (2 + groups.reduce((sum, { length }) => sum + 2 + 2 * length, 0) > MAX_PDU)
    return malformed(20, `the reply to this FC 20 would be longer than ${MAX_PDU} bytes`)
  for (const group of groups) {
    const none = checkStretch(20, group.reference, group)
    if (none !== undefined) return none
  }
  return good({ kind: 'read-file-record', stretches: groups.map(({ file, record, length }) => ({ file, record, length })) })
}

export function decodeWriteFileRecord(pdu: Uint8Array, view: DataView): Decoded<FileRequest> {
  const byteCount = view.byteLength < 2 ? 0 : view.getUint8(1)
  if (byteCount < 9 || byteCount > 251) return malformed(21, `FC 21 has 9 to 251 bytes, not ${byteCount}`)
  const wrong = wrongRequestLength(21, view, 2 + byteCount)
  if (wrong !== undefined) return wrong
  const writes: FileWrite[] = []
  const references: number[] = []
  for (let at = 2; at < view.byteLength;) {
    const length = at + 7 <= view.byteLength ? view.getUint16(at + 5) : 0
    if (length === 0 || at + 7 + 2 * length > view.byteLength) return malformed(21, 'the groups of this FC 21 do not fill its byte count')
    references.push(view.getUint8(at))
    writes.push({ file: view.getUint16(at + 1), record: view.getUint16(at + 3), data: pdu.slice(at + 7, at + 7 + 2 * length) })
    at += 7 + 2 * length
  }
  for (const [i, { file, record, data }] of writes.entries()) {
    const none = checkStretch(21, references[i] ?? 0, { file, record, length: data.length / 2 })
    if (none !== undefined) return none
  }
  return good({ kind: 'write-file-record', writes })
}

const word = (n: number): readonly number[] => [n >> 8, n & 0xff]

export function encodeFileRequest(request: FileRequest): Uint8Array {
  switch (request.kind) {
    case 'read-file-record': {
      const groups = request.stretches.flatMap(({ file, record, length }) => [
        REFERENCE_TYPE,
        ...word(file),
        ...word(record),
        ...word(length),
      ])
      return Uint8Array.from([20, groups.length, ...groups])
    }
    case 'write-file-record': {
      const groups = request.writes.flatMap(({ file, record, data }) => [
        REFERENCE_TYPE,
        ...word(file),
        ...word(record),
        ...word(data.length / 2),
        ...data,
      ])
      return Uint8Array.from([21, groups.length, ...groups])
    }
  }
}

/** Each group's length counts its reference byte: 1 + 2·N, as the example of V1.1b3, 6.14 has it. */
export function matchFileRecords(stretches: readonly FileStretch[], pdu: Uint8Array): FileReply | Mismatch {
  const total = stretches.reduce((sum, { length }) => sum + 2 + 2 * length, 0)
  if (pdu[1] !== total) return mismatch('byte-count', `byte count ${String(pdu[1])} where the records asked for have ${total}`)
  const wrong = wrongLength(pdu, 2 + total)
  if (wrong !== undefined) return wrong
  const records: Uint8Array[] = []
  let at = 2
  for (const { length } of stretches) {
    if (pdu[at] !== 1 + 2 * length || pdu[at + 1] !== REFERENCE_TYPE)
      return mismatch('byte-count', `a group of ${String(pdu[at])} bytes, reference type ${String(pdu[at + 1])}, for ${length} registers`)
    records.push(pdu.slice(at + 2, at + 2 + 2 * length))
    at += 2 + 2 * length
  }
  return { kind: 'file-records', records }
}

export function encodeFileReply({ records }: FileReply): Uint8Array {
  const groups = records.flatMap((record) => [1 + record.length, REFERENCE_TYPE, ...record])
  return Uint8Array.from([20, groups.length, ...groups])
}
