import { RTU_MAX_BYTES } from './rtu.ts'
import { type Request, decodeRequest } from './request.ts'

/** A whole frame inside another: where its address byte stands in the ADU, and its function. */
export type HiddenFrame = { readonly from: number; readonly functionCode: number }

const LAST_ADDRESS = 247
/** Address, function code and CRC (V1.02, 2.5.1). */
const SHORTEST = 4
/** Functions of manufacturers (V1.1b3, 5: 65 to 72 and 100 to 110), Unity's 90, and those for programming in the first editions. */
const OF_UNKNOWN_LENGTH: ReadonlySet<number> = new Set([
  ...[9, 10, 13, 14, 18, 19, 90],
  ...[65, 66, 67, 68, 69, 70, 71, 72],
  ...[100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
])
const READING: ReadonlySet<number> = new Set([1, 2, 3, 4, 7, 11, 12, 17, 20])
const harmless: ReadonlySet<Request['kind']> = new Set(['read-device-identification', 'read-date-time', 'read-scattered-registers'])

/** Step of the CRC for one byte (V1.02, 6.2.2): a table, since every part of a frame is looked at. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})

/**
 * Looks for a frame behind the first byte of a serial ADU that a device would carry out if what is before it and behind it were cut off by
 * a silence: an address, a function that does more than read, its length where that is known, and a CRC that fits.
 */
export function hiddenFrame(adu: Uint8Array): HiddenFrame | 'none' {
  if (adu.length > RTU_MAX_BYTES) throw new Error(`an ADU of ${adu.length} bytes`)
  for (let from = 1; from + SHORTEST <= adu.length; from++) {
    const functionCode = adu[from + 1] ?? 0
    if ((adu[from] ?? 0) > LAST_ADDRESS || functionCode > 0x7f || READING.has(functionCode)) continue
    let crc = 0xffff
    for (let at = from; at < adu.length; at++) {
      crc = (crc >> 8) ^ (table[(crc ^ (adu[at] ?? 0)) & 0xff] ?? 0)
      if (crc === 0 && at - from + 1 >= SHORTEST && doesMoreThanRead(adu.subarray(from + 1, at - 1))) return { from, functionCode }
    }
  }
  return 'none'
}

function doesMoreThanRead(pdu: Uint8Array): boolean {
  const decoded = decodeRequest(pdu)
  switch (decoded.kind) {
    case 'request': {
      const { request } = decoded
      return request.kind === 'diagnostics' ? [1, 3, 4, 10, 20].includes(request.subFunction) : !harmless.has(request.kind)
    }
    case 'unsupported':
      return OF_UNKNOWN_LENGTH.has(decoded.functionCode) || decoded.functionCode === 43
    case 'malformed':
      return decoded.functionCode === 100 // other sub-functions of a manufacturer's
    case 'not-a-request':
      return false
  }
}
