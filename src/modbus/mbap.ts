import { framingOf, withFraming } from './framing.ts'

/** One frame of Modbus TCP: the header's transaction and unit byte, and the PDU (1–253 bytes), which belongs to the frame. */
export type Frame = { readonly transaction: number; readonly unit: number; readonly pdu: Uint8Array }

/** Bytes that wait for the rest of their frame. Never longer than one frame (260 bytes) plus the chunk that came last. */
export type MbapState = { readonly pending: Uint8Array }
export const mbapStart: MbapState = { pending: new Uint8Array(0) }

export type MbapOutput =
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** The stream cannot be framed any more: the connection ends and nothing after this is read. */
  | { readonly kind: 'broken'; readonly why: string; readonly firstBytes: string }

const HEADER = 7
/** Length counts unit and PDU: 2 to 254 (Messaging on TCP/IP V1.0b, 3.1; PDU 1–253). */
const MIN_LENGTH = 2
const MAX_LENGTH = 254
/** What is recorded of a frame that cannot be: its header and function code. Behind them could be a breaker's password. */
const HEAD_BYTES = 8

/** Cuts a stream into frames however it was segmented. A bad header is judged from its first bytes, before any body is kept. */
export function stepMbap(state: MbapState, chunk: Uint8Array): readonly [MbapState, readonly MbapOutput[]] {
  const bytes = state.pending.length === 0 ? chunk : joined(state.pending, chunk)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const outputs: MbapOutput[] = []
  let at = 0
  for (;;) {
    const left = bytes.length - at
    const why = headerFault(view, at, left)
    if (why !== undefined) {
      const named = withFraming(why, framingOf(bytes.subarray(at)))
      outputs.push({ kind: 'broken', why: named, firstBytes: Buffer.from(bytes.subarray(at, at + HEAD_BYTES)).toString('hex') })
      return [mbapStart, outputs]
    }
    if (left < HEADER) break
    const length = view.getUint16(at + 4)
    if (left < 6 + length) break
    const pdu = bytes.slice(at + HEADER, at + 6 + length)
    outputs.push({ kind: 'frame', frame: { transaction: view.getUint16(at), unit: view.getUint8(at + 6), pdu } })
    at += 6 + length
  }
  return [{ pending: bytes.slice(at) }, outputs]
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

function headerFault(view: DataView, at: number, left: number): string | undefined {
  if (left >= 4 && view.getUint16(at + 2) !== 0) return `protocol id ${view.getUint16(at + 2)} is not 0`
  if (left >= 6) {
    const length = view.getUint16(at + 4)
    if (length < MIN_LENGTH || length > MAX_LENGTH) return `length ${length} is not ${MIN_LENGTH} to ${MAX_LENGTH}`
  }
  return undefined
}

/** The bytes of one frame: header, unit, PDU. */
export function encodeMbap(frame: Frame): Uint8Array {
  const adu = new Uint8Array(HEADER + frame.pdu.length)
  const length = 1 + frame.pdu.length
  adu[0] = frame.transaction >> 8
  adu[1] = frame.transaction
  adu[4] = length >> 8
  adu[5] = length
  adu[6] = frame.unit
  adu.set(frame.pdu, HEADER)
  return adu
}
