import {
  type LineAddress,
  type Reply,
  type Request,
  RTU_MAX_BYTES,
  encodeReply,
  encodeRtu,
  lineMs,
  matchRtu,
  silenceMs,
} from '../modbus/index.ts'
import { type Monotonic, toMonotonic } from '../platform/index.ts'

/** One serial line seen by its master (V1.02, 2.4.1): one transaction at a time, silence around each frame. */
export type State =
  | { readonly kind: 'quiet'; readonly silentFrom: Monotonic }
  | { readonly kind: 'pausing'; readonly asked: Asked; readonly until: Monotonic }
  | { readonly kind: 'waiting'; readonly asked: Asked; readonly bytes: Uint8Array; readonly deadline: Monotonic }
  /** A frame that is not the reply: everything up to the next silence belongs to it, and the time-out keeps running. */
  | { readonly kind: 'ignoring'; readonly asked: Asked; readonly until: Monotonic; readonly deadline: Monotonic }
  | { readonly kind: 'draining'; readonly until: Monotonic; readonly silence: number }

export type Asked = { readonly address: LineAddress; readonly request: Request; readonly replyTimeoutMs: number }

export type Input =
  { readonly kind: 'ask'; readonly asked: Asked } | { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'time' }

export type Output =
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'discarded'; readonly address: LineAddress; readonly why: string }
  /** The next `ask` may come. */
  | { readonly kind: 'ready' }

export const start = (now: Monotonic): State => ({ kind: 'quiet', silentFrom: now })

const later = (now: Monotonic, ms: number): Monotonic => toMonotonic(now + ms)

/** When the state wants to hear of the time again. */
export function wakeAt(state: State): Monotonic | 'never' {
  switch (state.kind) {
    case 'quiet':
      return 'never'
    case 'pausing':
    case 'draining':
      return state.until
    case 'waiting':
    case 'ignoring':
      return state.deadline
  }
}

/** One step. Pure: the port and the timer belong to the caller. `baud` is the line's. */
export function step(state: State, input: Input, now: Monotonic, baud: number): readonly [State, readonly Output[]] {
  const silence = silenceMs(baud)
  switch (state.kind) {
    case 'quiet':
      if (input.kind === 'bytes') return [{ kind: 'quiet', silentFrom: now }, []]
      if (input.kind === 'time') return [state, []]
      if (now >= later(state.silentFrom, silence)) return send(input.asked, now, baud)
      return [{ kind: 'pausing', asked: input.asked, until: later(state.silentFrom, silence) }, []]
    case 'pausing':
      if (input.kind === 'bytes') return [{ ...state, until: later(now, silence) }, []]
      return now >= state.until ? send(state.asked, now, baud) : [state, []]
    case 'waiting':
      if (input.kind === 'bytes') return receive(state, state.bytes, input.bytes, now, silence)
      return now >= state.deadline ? giveUp(state.asked, now, baud) : [state, []]
    case 'ignoring':
      if (input.kind === 'bytes') {
        if (now >= state.until) return receive(state, new Uint8Array(0), input.bytes, now, silence)
        return [{ ...state, until: later(now, silence) }, []]
      }
      return now >= state.deadline ? giveUp(state.asked, now, baud) : [state, []]
    case 'draining':
      if (input.kind === 'bytes') return [{ ...state, until: later(now, state.silence) }, []]
      return now >= state.until ? [{ kind: 'quiet', silentFrom: now }, [{ kind: 'ready' }]] : [state, []]
  }
}

/** The reply time-out is the device's: the time of the request and of the longest reply on the line come on top of it. */
function send(asked: Asked, now: Monotonic, baud: number): readonly [State, readonly Output[]] {
  const bytes = encodeRtu(asked.address, asked.request)
  const deadline = later(now, lineMs(bytes.length + longestReply(asked.request), baud) + asked.replyTimeoutMs)
  return [{ kind: 'waiting', asked, bytes: new Uint8Array(0), deadline }, [{ kind: 'write', bytes }]]
}

type Receiving = Extract<State, { kind: 'waiting' | 'ignoring' }>

function receive(
  state: Receiving,
  before: Uint8Array,
  chunk: Uint8Array,
  now: Monotonic,
  silence: number,
): readonly [State, readonly Output[]] {
  const { asked, deadline } = state
  const bytes = before.length === 0 ? chunk : Uint8Array.from([...before, ...chunk])
  const matched = matchRtu(asked.address, asked.request, bytes)
  if (matched === 'incomplete') return [{ kind: 'waiting', asked, bytes, deadline }, []]
  if (matched.kind === 'mismatch') {
    return [
      { kind: 'ignoring', asked, until: later(now, silence), deadline },
      [{ kind: 'discarded', address: asked.address, why: matched.why }],
    ]
  }
  return [{ kind: 'quiet', silentFrom: now }, [{ kind: 'reply', reply: matched }, { kind: 'ready' }]]
}

/** RTU has no transaction number: nothing is sent until a late reply would have been over, so that it answers nobody. */
function giveUp(asked: Asked, now: Monotonic, baud: number): readonly [State, readonly Output[]] {
  const silence = Math.max(silenceMs(baud), lineMs(longestReply(asked.request), baud))
  return [{ kind: 'draining', until: later(now, silence), silence }, [{ kind: 'timed-out' }]]
}

function longestReply(request: Request): number {
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
      return 5 + 2 * request.quantity
    case 'write-single-register':
    case 'write-multiple-registers':
      return encodeReply(request, { kind: 'written' }).length + 3
    case 'read-device-identification':
      return RTU_MAX_BYTES
  }
}
