import { decodeRequest } from './request.ts'
import { crc16 } from './rtu.ts'

/** What bytes that are no Modbus TCP look like. A guess for people, never a decision: by it nothing is let in or kept out. */
export type Framing = 'tls' | 'http' | 'ssh' | 'ascii' | 'rtu' | 'bare-pdu' | 'unit-and-pdu' | 'unknown'

const words: Readonly<Record<Exclude<Framing, 'unknown'>, string>> = {
  tls: 'looks like a TLS handshake: this port takes Modbus in the clear',
  http: 'looks like an HTTP request',
  ssh: 'looks like SSH',
  ascii: 'looks like Modbus ASCII: a serial frame over TCP',
  rtu: 'looks like Modbus RTU: a serial frame with its CRC over TCP, set the client to Modbus TCP',
  'bare-pdu': 'looks like a PDU without MBAP header',
  'unit-and-pdu': 'looks like a unit id and a PDU without MBAP header',
}

/** `why` with what the bytes look like, where that is known. */
export const withFraming = (why: string, framing: Framing): string => (framing === 'unknown' ? why : `${why}; ${words[framing]}`)

/** Requests of function codes 1 to 6 have five bytes (V1.1b3, 6.1 to 6.6); a serial frame adds a unit and a CRC. */
const SHORT_PDU = 5
const SHORT_RTU = 1 + SHORT_PDU + 2

/** Looks at the first bytes of a connection or a frame, whole or cut short. */
export function framingOf(bytes: Uint8Array): Framing {
  const [first = 0, second = 0, third = 0] = bytes
  if (bytes.length >= 3 && first >= 0x14 && first <= 0x17 && second === 3 && third >= 1 && third <= 4) return 'tls'
  const text = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (/^(GET|POST|PUT|HEAD|OPTIONS|CONNECT|DELETE) ?/.test(text)) return 'http'
  if (text.startsWith('SSH-')) return 'ssh'
  if (/^:[0-9A-Fa-f]{3}/.test(text)) return 'ascii'
  if (isRtu(bytes) || isRtu(bytes.subarray(0, SHORT_RTU))) return 'rtu'
  if (isAsked(bytes, SHORT_PDU)) return 'bare-pdu'
  // A frame for everybody is never answered: a first byte of 0 is rather the beginning of a transaction id.
  if (first !== 0 && isAsked(bytes.subarray(1), SHORT_PDU + 1)) return 'unit-and-pdu'
  return 'unknown'
}

function isRtu(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false
  const crc = crc16(bytes.subarray(0, -2))
  return bytes.at(-2) === (crc & 0xff) && bytes.at(-1) === crc >> 8
}

/** A whole request, or a short one and the same again after `every` bytes: a client that gets no answer asks once more. */
function isAsked(pdu: Uint8Array, every: number): boolean {
  if (pdu.length < SHORT_PDU) return false
  const isRepeated = pdu.length > every && pdu.subarray(every).every((byte, i) => byte === pdu[i % every])
  return decodeRequest(isRepeated ? pdu.subarray(0, SHORT_PDU) : pdu).kind === 'request'
}
