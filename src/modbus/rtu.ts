import { type Mismatch, mismatch } from './mismatch.ts'
import { type Reply, matchReply, replyLength } from './reply.ts'
import { type Request, encodeForDevice } from './request.ts'
import type { LineAddress } from './values.ts'

/** CRC-16 of the serial line (V1.02, 6.2.2): register FFFF, polynomial A001, over any number of bytes. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

/** Address, PDU, CRC with its low byte first (V1.02, 2.5.1). */
export const encodeRtu = (address: LineAddress, request: Request): Uint8Array => encodeRtuPdu(address, encodeForDevice(request))

/** The same around any PDU: a reply, in a capture. */
export function encodeRtuPdu(address: LineAddress, pdu: Uint8Array): Uint8Array {
  const adu = new Uint8Array(pdu.length + 3)
  adu[0] = address
  adu.set(pdu, 1)
  const crc = crc16(adu.subarray(0, pdu.length + 1))
  adu[pdu.length + 1] = crc & 0xff
  adu[pdu.length + 2] = crc >> 8
  return adu
}

/** Longest ADU on a serial line, bytes (V1.02, 2.2). */
export const RTU_MAX_BYTES = 256

/** Judges what has arrived so far: more to come, the reply, or a reason why this can never be it. */
export function matchRtu(address: LineAddress, request: Request, bytes: Uint8Array): 'incomplete' | Reply | Mismatch {
  if (bytes.length === 0) return 'incomplete'
  if (bytes[0] !== address) return mismatch('unit', `it came from address ${String(bytes[0])}, address ${address} was asked`)
  if (bytes.length > RTU_MAX_BYTES) return mismatch('babble', `more than ${RTU_MAX_BYTES} bytes without silence`)
  const length = replyLength(request, bytes.subarray(1))
  if (length === 'wrong') return mismatch(...wrongBytes(request, bytes))
  if (length === 'unknown-yet' || bytes.length < length + 3)
    return length !== 'unknown-yet' && length + 3 > RTU_MAX_BYTES
      ? mismatch('length', `a reply of ${length + 3} bytes does not exist`)
      : 'incomplete'
  if (bytes.length > length + 3) return mismatch('length', `${bytes.length - length - 3} bytes after the end of the reply`)
  if (crc16(bytes) !== 0) return mismatch('crc', 'CRC')
  return matchReply(request, bytes.subarray(1, 1 + length))
}

/** The first byte that is wrong: the function code, or the byte count behind it. */
function wrongBytes(request: Request, bytes: Uint8Array): ['function-code' | 'byte-count', string] {
  const judged = matchReply(request, bytes.subarray(1))
  return judged.kind === 'mismatch' && judged.reason === 'function-code'
    ? ['function-code', judged.why]
    : ['byte-count', `byte count ${String(bytes[2])} does not fit the request`]
}

/** Silence between two frames, milliseconds: 3.5 characters of 11 bits, fixed at 1.75 ms above 19200 baud (V1.02, 2.5.1.1). */
export const silenceMs = (baud: number): number => (baud > 19200 ? 1.75 : (3.5 * 11 * 1000) / baud)

/** Time on the line for a number of characters, milliseconds; a character is 11 bits (V1.02, 2.5.1). */
export const lineMs = (characters: number, baud: number): number => (characters * 11 * 1000) / baud
