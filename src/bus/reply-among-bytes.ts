import {
  type LineAddress,
  type Mismatch,
  type Reply,
  type Request,
  RTU_MAX_BYTES,
  crc16,
  functionCodeOf,
  matchRtu,
  mismatch,
  replyLength,
  toLineAddress,
} from '../modbus/index.ts'

/** Address, function code, exception code or byte count, CRC: the shortest frame that can answer. */
const SHORTEST = 5

/** What has been heard since a request: its reply with bytes around it that belong to nobody, or not yet, and what the bytes so far are. */
export type Found =
  | { readonly kind: 'found'; readonly reply: Reply; readonly from: number; readonly to: number }
  | { readonly kind: 'not-yet'; readonly soFar: 'incomplete' | Mismatch }

/**
 * Looks for the reply anywhere in what was heard: slow drivers and adapters put a stray 00 or FF before or behind it. Its address, function,
 * exact length and CRC must fit (V1.02, 2.5.1). A frame that is whole by its own CRC and has these bytes within it is another device's: what
 * stands in its data is no reply.
 */
export function findReply(address: LineAddress, request: Request, bytes: Uint8Array): Found {
  const whole = matchRtu(address, request, bytes)
  if (whole !== 'incomplete' && whole.kind !== 'mismatch') return { kind: 'found', reply: whole, from: 0, to: bytes.length }
  const first = nextReply(address, request, bytes, 0)
  if (first.kind === 'none') return { kind: 'not-yet', soFar: whole }
  const { from, to } = first
  if (isWithinAnother(bytes, from, to))
    return { kind: 'not-yet', soFar: mismatch('ambiguous', 'it stands within a frame of another device') }
  const second = nextReply(address, request, bytes, to)
  if (second.kind === 'found' && Buffer.compare(bytes.subarray(from, to), bytes.subarray(second.from, second.to)) !== 0)
    return { kind: 'not-yet', soFar: mismatch('ambiguous', 'two replies at once that differ: nothing tells which of them is right') }
  return first
}

function nextReply(
  address: LineAddress,
  request: Request,
  bytes: Uint8Array,
  begin: number,
): Extract<Found, { kind: 'found' }> | { readonly kind: 'none' } {
  for (let from = begin; from + SHORTEST <= bytes.length; from++) {
    if (bytes[from] !== address || ((bytes[from + 1] ?? 0) & 0x7f) !== functionCodeOf(request)) continue
    const length = replyLength(request, bytes.subarray(from + 1))
    if (typeof length !== 'number') continue
    const to = from + length + 3
    if (to > bytes.length || crc16(bytes.subarray(from, to)) !== 0) continue
    const reply = matchRtu(address, request, bytes.subarray(from, to))
    if (reply !== 'incomplete' && reply.kind !== 'mismatch') return { kind: 'found', reply, from, to }
  }
  return { kind: 'none' }
}

/** Whether a frame of a device (V1.02, 2.2: addresses 1 to 247) that begins before `from` and ends no sooner than `to` is whole by its CRC. */
function isWithinAnother(bytes: Uint8Array, from: number, to: number): boolean {
  for (let begin = 0; begin < from; begin++) {
    if (toLineAddress(bytes[begin] ?? 0) === undefined || ((bytes[begin + 1] ?? 0) & 0x7f) === 0) continue
    const most = Math.min(bytes.length, begin + RTU_MAX_BYTES)
    for (let end = to; end <= most; end++) if (crc16(bytes.subarray(begin, end)) === 0) return true
  }
  return false
}
