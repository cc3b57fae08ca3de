import {
  type LineAddress,
  type Mismatch,
  type MismatchReason,
  type Reply,
  type Request,
  RTU_MAX_BYTES,
  crc16,
  decodeRequest,
  encodeRtu,
  isNeverAnswered,
  lineMs,
  longestReply,
  mismatch,
  silenceMs,
} from '../modbus/index.ts'
import { type Monotonic, toMonotonic } from '../platform/index.ts'
import { type Echo, type Heard, isTakenForItsEcho, listen, nothingHeard } from './echo.ts'
import { DRAIN_MS } from './limits.ts'
import { findReply } from './reply-among-bytes.ts'

/** One serial line seen by its master (V1.02, 2.4.1): one transaction at a time, silence around each frame. */
export type State =
  /** `stray`: what has been heard since the last silence, though nobody was asked. */
  | { readonly kind: 'quiet'; readonly silentFrom: Monotonic; readonly stray: Uint8Array }
  /** Waits for the silence before a request, but not for ever. */
  | { readonly kind: 'pausing'; readonly asked: TransactionRequest; readonly until: Monotonic; readonly giveUpAt: Monotonic }
  /** `odd`: what of the bytes so far is not the reply. */
  | {
      readonly kind: 'waiting'
      readonly asked: TransactionRequest
      readonly heard: Heard
      readonly sent: Sent
      readonly odd: Mismatch | 'nothing'
    }
  | {
      readonly kind: 'draining'
      readonly asked: TransactionRequest
      readonly late: Late
      readonly until: Monotonic
      readonly silence: number
      /** A line that is never silent is used again from here on. */
      readonly endsAt: Monotonic
    }

/** When the last bit of a request is on the line, and until when its reply may come. */
type Sent = { readonly overAt: Monotonic; readonly deadline: Monotonic }

/** What bytes that come while the line drains are: a reply after its time-out, told once, or nothing that anybody waits for. */
type Late = 'not-yet' | 'told' | 'nobody-waits'

export type TransactionRequest = { readonly address: LineAddress; readonly request: Request; readonly replyTimeoutMs: number }

/** The line as it is now. Whether its adapter hears its own sending may be found out on the way. */
export type LineFacts = { readonly baud: number; readonly echo: Echo }

export type Input =
  | { readonly kind: 'ask'; readonly asked: TransactionRequest }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'time' }

export type Output =
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'timed-out' }
  /** No device answers this request: there is nothing to wait for. */
  | { readonly kind: 'sent' }
  /** Not one byte was sent: its reply could not be told from an echo, or the line is never silent. */
  | { readonly kind: 'not-sent'; readonly why: string }
  /** Bytes that nobody asked for begin, after a silence; `whole`: those that began last are a valid frame all the same. */
  | { readonly kind: 'stray'; readonly burst: 'begins' | 'whole' }
  /** The silence that a request needs does not come. */
  | { readonly kind: 'never-silent' }
  | { readonly kind: 'echo'; readonly echo: Echo }
  | { readonly kind: 'discarded'; readonly address: LineAddress; readonly reason: MismatchReason; readonly why: string }
  /** A whole request that somebody else has put on the line. */
  | { readonly kind: 'foreign'; readonly frame: Uint8Array; readonly functionCode: number }
  /** The next `ask` may come. */
  | { readonly kind: 'ready' }

type Step = readonly [State, readonly Output[]]

/** A device's baud rate may be off, so that its frame takes a little less time: two percent are granted. */
const FASTEST = 0.98

const nothing = new Uint8Array(0)
export const start = (now: Monotonic): State => ({ kind: 'quiet', silentFrom: now, stray: nothing })

const later = (now: Monotonic, ms: number): Monotonic => toMonotonic(now + ms)
const earlier = (one: Monotonic, other: Monotonic): Monotonic => (one < other ? one : other)

/** When the state wants to hear of the time again. `precise`: each tenth of a millisecond of delay is lost to everybody on the line. */
export function wakeAt(state: State): { readonly at: Monotonic; readonly precise: boolean } | 'never' {
  switch (state.kind) {
    case 'quiet':
      return 'never'
    case 'pausing':
      return { at: earlier(state.until, state.giveUpAt), precise: true }
    case 'draining':
      return { at: earlier(state.until, state.endsAt), precise: true }
    case 'waiting':
      return { at: state.sent.deadline, precise: false }
  }
}

/** One step. Pure: the port and the timer belong to the caller. */
export function step(state: State, input: Input, now: Monotonic, line: LineFacts): Step {
  const silence = silenceMs(line.baud)
  switch (state.kind) {
    case 'quiet':
      if (input.kind === 'bytes') return overhear(state, input.bytes, now, silence)
      if (input.kind === 'time') return [state, []]
      return ask(state, input.asked, now, line)
    case 'pausing':
      if (input.kind === 'bytes') return [{ ...state, until: later(now, silence) }, []]
      if (now >= state.until) return send(state.asked, now, line)
      return now >= state.giveUpAt ? neverSilent(state.until, silence) : [state, []]
    case 'waiting':
      if (input.kind === 'bytes') return receive(state, listen(state.heard, input.bytes), now, line.baud)
      return now >= state.sent.deadline ? giveUp(state, now, line.baud) : [state, []]
    case 'draining':
      if (input.kind === 'bytes') return drain(state, now)
      if (now >= state.until) return [start(now), [{ kind: 'ready' }]]
      // Bytes have come all the time: what silence there is will have to do.
      if (now >= state.endsAt) return [start(later(state.until, -state.silence)), [{ kind: 'never-silent' }, { kind: 'ready' }]]
      return [state, []]
  }
}

/** `until` was set by the last byte. */
function neverSilent(until: Monotonic, silence: number): Step {
  const why = 'the line is never silent: bytes arrive all the time that answer nobody'
  return [start(later(until, -silence)), [{ kind: 'not-sent', why }, { kind: 'never-silent' }, { kind: 'ready' }]]
}

/** Bytes that nobody asked for. A whole request among them is another master's: a device only ever replies (V1.02, 2.1). */
function overhear(state: Extract<State, { kind: 'quiet' }>, bytes: Uint8Array, now: Monotonic, silence: number): Step {
  const goesOn = now - state.silentFrom < silence && state.stray.length + bytes.length <= RTU_MAX_BYTES
  const frame = Uint8Array.from(goesOn ? [...state.stray, ...bytes] : bytes)
  const heard: State = { kind: 'quiet', silentFrom: now, stray: frame.subarray(0, RTU_MAX_BYTES) }
  const begins: readonly Output[] = goesOn ? [] : [{ kind: 'stray', burst: 'begins' }]
  if (frame.length < 4 || frame.length > RTU_MAX_BYTES || crc16(frame) !== 0) return [heard, begins]
  const decoded = decodeRequest(frame.subarray(1, -2))
  const whole: readonly Output[] = [...begins, { kind: 'stray', burst: 'whole' }]
  return decoded.kind === 'request' ? [heard, [...whole, { kind: 'foreign', frame, functionCode: frame[1] ?? 0 }]] : [heard, whole]
}

function ask(state: Extract<State, { kind: 'quiet' }>, asked: TransactionRequest, now: Monotonic, line: LineFacts): Step {
  if (line.echo === 'unknown' && isTakenForItsEcho(asked.request)) {
    const why = 'it is not known yet whether this line echoes: a read has to pass first'
    return [state, [{ kind: 'not-sent', why }, { kind: 'ready' }]]
  }
  const free = later(state.silentFrom, silenceMs(line.baud))
  return now >= free ? send(asked, now, line) : [{ kind: 'pausing', asked, until: free, giveUpAt: later(now, DRAIN_MS) }, []]
}

/** The reply time-out is the device's: the time of the request and of the longest reply on the line come on top of it. */
function send(asked: TransactionRequest, now: Monotonic, { baud, echo }: LineFacts): Step {
  const bytes = encodeRtu(asked.address, asked.request)
  if (isNeverAnswered(asked.request)) {
    const silence = silenceMs(baud)
    const until = later(now, lineMs(bytes.length, baud) + silence)
    const endsAt = later(until, DRAIN_MS)
    return [{ kind: 'draining', asked, late: 'nobody-waits', until, silence, endsAt }, [{ kind: 'write', bytes }, { kind: 'sent' }]]
  }
  const sent = {
    overAt: later(now, lineMs(bytes.length, baud)),
    deadline: later(now, lineMs(bytes.length + longestReply(asked.request) + 3, baud) + asked.replyTimeoutMs),
  }
  const heard: Heard = echo === 'no' ? nothingHeard : { kind: 'echo', sure: echo === 'yes', sent: bytes, bytes: new Uint8Array(0) }
  return [{ kind: 'waiting', asked, heard, sent, odd: 'nothing' }, [{ kind: 'write', bytes }]]
}

type Receiving = Extract<State, { kind: 'waiting' }>

const disturbed = mismatch('echo', 'what was sent did not come back as it was sent: a second master, a collision, or no echo on this line')

function receive(state: Receiving, heard: Heard, now: Monotonic, baud: number): Step {
  switch (heard.kind) {
    case 'echo':
      return [{ ...state, heard }, []]
    case 'disturbed':
      // The reply to a read differs from its echo by its length or its data, and its own CRC vouches for it. That of a write may be the echo.
      return isTakenForItsEcho(state.asked.request) ? [{ ...state, heard, odd: disturbed }, []] : look(state, heard, [], now, baud)
    case 'reply': {
      // An echo is sure once it was heard whole; that there is none, only once a valid reply has come without it, and without anything else.
      if (heard.found !== 'yes') return look(state, heard, [], now, baud)
      return look(state, { ...heard, found: 'unknown' }, [{ kind: 'echo', echo: 'yes' }], now, baud)
    }
  }
}

/** Takes the reply out of what was heard, once it is there; what stands around it is told only when it is a frame's worth. */
function look(state: Receiving, heard: Exclude<Heard, { kind: 'echo' }>, outputs: readonly Output[], now: Monotonic, baud: number): Step {
  const { asked, sent } = state
  const found = findReply(asked.address, asked.request, heard.bytes)
  if (found.kind === 'not-yet') {
    const odd = found.soFar === 'incomplete' ? state.odd : heard.kind === 'disturbed' ? disturbed : found.soFar
    return [{ ...state, heard, odd }, outputs]
  }
  // Bytes may reach us late and merged, never early: what began before the request was over answers an earlier one.
  if (now - lineMs(heard.bytes.length - found.from, baud) * FASTEST < sent.overAt) {
    const rest = { ...heard, bytes: heard.bytes.slice(found.to) }
    return [{ ...state, heard: rest, odd: mismatch('late', 'it began before the request was over') }, outputs]
  }
  const alone = found.from === 0 && found.to === heard.bytes.length
  const echo: readonly Output[] = heard.kind === 'reply' && heard.found === 'no' && alone ? [{ kind: 'echo', echo: 'no' }] : []
  const odd = state.odd !== 'nothing' && (state.odd.reason === 'late' || found.from >= SHORTEST_FRAME) ? discardedOf(asked, state.odd) : []
  return [start(now), [...outputs, ...echo, ...odd, { kind: 'reply', reply: found.reply }, { kind: 'ready' }]]
}

/** Address, function code and CRC: fewer bytes are no frame. */
const SHORTEST_FRAME = 4
const discardedOf = ({ address }: TransactionRequest, { reason, why }: Mismatch): readonly Output[] => [
  { kind: 'discarded', address, reason, why },
]

/** RTU has no transaction number: nothing is sent until a late reply would have been over, so that it answers nobody. */
function giveUp({ asked, odd }: Receiving, now: Monotonic, baud: number): Step {
  const silence = Math.max(silenceMs(baud), lineMs(longestReply(asked.request) + 3, baud))
  const endsAt = later(now, Math.max(DRAIN_MS, 2 * silence))
  const discarded = odd === 'nothing' ? [] : discardedOf(asked, odd)
  const late = odd === 'nothing' ? 'not-yet' : 'told'
  return [{ kind: 'draining', asked, late, until: later(now, silence), silence, endsAt }, [...discarded, { kind: 'timed-out' }]]
}

function drain(state: Extract<State, { kind: 'draining' }>, now: Monotonic): Step {
  const next = { ...state, until: later(now, state.silence) }
  if (state.late !== 'not-yet') return [next, []]
  const discarded = { kind: 'discarded', address: state.asked.address, reason: 'late', why: 'it came after its time-out' } as const
  return [{ ...next, late: 'told' }, [discarded]]
}
