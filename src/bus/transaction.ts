import {
  type LineAddress,
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
  matchRtu,
  silenceMs,
} from '../modbus/index.ts'
import { type Monotonic, toMonotonic } from '../platform/index.ts'
import { type Echo, type Heard, isTakenForItsEcho, listen, nothingHeard } from './echo.ts'

/** One serial line seen by its master (V1.02, 2.4.1): one transaction at a time, silence around each frame. */
export type State =
  /** `stray`: what has been heard since the last silence, though nobody was asked. */
  | { readonly kind: 'quiet'; readonly silentFrom: Monotonic; readonly stray: Uint8Array }
  | { readonly kind: 'pausing'; readonly asked: Asked; readonly until: Monotonic }
  | { readonly kind: 'waiting'; readonly asked: Asked; readonly heard: Heard; readonly sent: Sent }
  /** A frame that is not the reply: everything up to the next silence belongs to it, and the time-out keeps running. */
  | { readonly kind: 'ignoring'; readonly asked: Asked; readonly until: Monotonic; readonly sent: Sent }
  | { readonly kind: 'draining'; readonly asked: Asked; readonly late: Late; readonly until: Monotonic; readonly silence: number }

/** When the last bit of a request is on the line, and until when its reply may come. */
type Sent = { readonly overAt: Monotonic; readonly deadline: Monotonic }

/** What bytes that come while the line drains are: a reply after its time-out, told once, or nothing that anybody waits for. */
type Late = 'not-yet' | 'told' | 'nobody-waits'

export type Asked = { readonly address: LineAddress; readonly request: Request; readonly replyTimeoutMs: number }

/** The line as it is now. Whether its adapter hears its own sending may be found out on the way. */
export type LineFacts = { readonly baud: number; readonly echo: Echo }

export type Input =
  { readonly kind: 'ask'; readonly asked: Asked } | { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'time' }

export type Output =
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'timed-out' }
  /** No device answers this request: there is nothing to wait for. */
  | { readonly kind: 'sent' }
  /** Not one byte was sent: its reply could not be told from an echo. */
  | { readonly kind: 'undecidable'; readonly why: string }
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

/** When the state wants to hear of the time again. `precise`: each tenth of a millisecond of delay is lost to everybody on the line. */
export function wakeAt(state: State): { readonly at: Monotonic; readonly precise: boolean } | 'never' {
  switch (state.kind) {
    case 'quiet':
      return 'never'
    case 'pausing':
    case 'draining':
      return { at: state.until, precise: true }
    case 'waiting':
    case 'ignoring':
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
      return now >= state.until ? send(state.asked, now, line) : [state, []]
    case 'waiting':
      if (input.kind === 'bytes') return receive(state, listen(state.heard, input.bytes), now, line.baud)
      return now >= state.sent.deadline ? giveUp(state.asked, now, line.baud) : [state, []]
    case 'ignoring':
      if (input.kind === 'bytes') {
        if (now >= state.until) return receive(state, listen(nothingHeard, input.bytes), now, line.baud)
        return [{ ...state, until: later(now, silence) }, []]
      }
      return now >= state.sent.deadline ? giveUp(state.asked, now, line.baud) : [state, []]
    case 'draining':
      if (input.kind === 'bytes') return drain(state, now)
      return now >= state.until ? [start(now), [{ kind: 'ready' }]] : [state, []]
  }
}

/** Bytes that nobody asked for. A whole request among them is another master's: a device only ever replies (V1.02, 2.1). */
function overhear(state: Extract<State, { kind: 'quiet' }>, bytes: Uint8Array, now: Monotonic, silence: number): Step {
  const goesOn = now - state.silentFrom < silence && state.stray.length + bytes.length <= RTU_MAX_BYTES
  const frame = Uint8Array.from(goesOn ? [...state.stray, ...bytes] : bytes)
  const heard: State = { kind: 'quiet', silentFrom: now, stray: frame.subarray(0, RTU_MAX_BYTES) }
  if (frame.length < 4 || frame.length > RTU_MAX_BYTES || crc16(frame) !== 0) return [heard, []]
  const decoded = decodeRequest(frame.subarray(1, -2))
  return decoded.kind === 'request' ? [heard, [{ kind: 'foreign', frame, functionCode: frame[1] ?? 0 }]] : [heard, []]
}

function ask(state: Extract<State, { kind: 'quiet' }>, asked: Asked, now: Monotonic, line: LineFacts): Step {
  if (line.echo === 'unknown' && isTakenForItsEcho(asked.request)) {
    const why = 'it is not known yet whether this line echoes: a read has to pass first'
    return [state, [{ kind: 'undecidable', why }, { kind: 'ready' }]]
  }
  const free = later(state.silentFrom, silenceMs(line.baud))
  return now >= free ? send(asked, now, line) : [{ kind: 'pausing', asked, until: free }, []]
}

/** The reply time-out is the device's: the time of the request and of the longest reply on the line come on top of it. */
function send(asked: Asked, now: Monotonic, { baud, echo }: LineFacts): Step {
  const bytes = encodeRtu(asked.address, asked.request)
  if (isNeverAnswered(asked.request)) {
    const silence = silenceMs(baud)
    const until = later(now, lineMs(bytes.length, baud) + silence)
    return [{ kind: 'draining', asked, late: 'nobody-waits', until, silence }, [{ kind: 'write', bytes }, { kind: 'sent' }]]
  }
  const sent = {
    overAt: later(now, lineMs(bytes.length, baud)),
    deadline: later(now, lineMs(bytes.length + longestReply(asked.request) + 3, baud) + asked.replyTimeoutMs),
  }
  const heard: Heard = echo === 'no' ? nothingHeard : { kind: 'echo', sure: echo === 'yes', sent: bytes, bytes: new Uint8Array(0) }
  return [{ kind: 'waiting', asked, heard, sent }, [{ kind: 'write', bytes }]]
}

type Receiving = Extract<State, { kind: 'waiting' | 'ignoring' }>

function receive({ asked, sent }: Receiving, heard: Heard, now: Monotonic, baud: number): Step {
  const ignore = (reason: MismatchReason, why: string): Step => [
    { kind: 'ignoring', asked, until: later(now, silenceMs(baud)), sent },
    [{ kind: 'discarded', address: asked.address, reason, why }],
  ]
  switch (heard.kind) {
    case 'echo':
      return [{ kind: 'waiting', asked, heard, sent }, []]
    case 'disturbed':
      return ignore('echo', 'what was sent did not come back as it was sent: a second master, a collision, or no echo on this line')
    case 'reply': {
      const found: readonly Output[] = heard.found === 'unknown' ? [] : [{ kind: 'echo', echo: heard.found }]
      const matched = matchRtu(asked.address, asked.request, heard.bytes)
      // An echo is sure once it was heard whole; that there is none, only once a valid reply has come without it.
      if (matched === 'incomplete')
        return heard.found === 'yes'
          ? [{ kind: 'waiting', asked, heard: { ...heard, found: 'unknown' }, sent }, found]
          : [{ kind: 'waiting', asked, heard, sent }, []]
      if (matched.kind === 'mismatch') return ignore(matched.reason, matched.why)
      // Bytes may reach us late and merged, never early: what began before the request was over answers an earlier one.
      if (now - lineMs(heard.bytes.length, baud) * FASTEST < sent.overAt) return ignore('late', 'it began before the request was over')
      return [start(now), [...found, { kind: 'reply', reply: matched }, { kind: 'ready' }]]
    }
  }
}

/** RTU has no transaction number: nothing is sent until a late reply would have been over, so that it answers nobody. */
function giveUp(asked: Asked, now: Monotonic, baud: number): Step {
  const silence = Math.max(silenceMs(baud), lineMs(longestReply(asked.request) + 3, baud))
  return [{ kind: 'draining', asked, late: 'not-yet', until: later(now, silence), silence }, [{ kind: 'timed-out' }]]
}

function drain(state: Extract<State, { kind: 'draining' }>, now: Monotonic): Step {
  const next = { ...state, until: later(now, state.silence) }
  if (state.late !== 'not-yet') return [next, []]
  const discarded = { kind: 'discarded', address: state.asked.address, reason: 'late', why: 'it came after its time-out' } as const
  return [{ ...next, late: 'told' }, [discarded]]
}
