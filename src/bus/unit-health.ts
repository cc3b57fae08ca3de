import { type Monotonic, toMonotonic } from '../platform/index.ts'
import type { LineKind } from './line.ts'
import {
  CONTROL_PROBE_MS,
  FIRST_PAUSE_MS,
  PROBE_MS,
  PROBE_PAUSE_MS,
  PROBE_SHARE,
  SILENT_AFTER,
  SILENT_AFTER_UNKNOWN,
  SILENT_MS,
} from './limits.ts'
import type { RequestKey } from './request-key.ts'

/**
 * One device: answering, or so long without a reply that it is asked only now and then. It is judged by time and by different requests:
 * a device that leaves one register without a reply while it answers others is not silent, and requests that were lost together count once.
 */
export type Health =
  | { readonly kind: 'answering'; readonly heardAt: Monotonic | 'never'; readonly unanswered: Unanswered | 'none' }
  | {
      readonly kind: 'silent'
      /** When the first request was sent that it did not answer. */
      readonly since: Monotonic
      /** Questions without an answer since then. */
      readonly tries: number
      /** From when on a read that the unit used to answer may be the next question; another one so much later, milliseconds. */
      readonly probeAt: Monotonic
      readonly pauseMs: number
      /** A read is on its way as the question. */
      readonly probing: boolean
      /** From when on another control operation may be the question. */
      readonly controlAt: Monotonic
    }

/** What has been left without a reply since the last answer. */
type Unanswered = {
  readonly since: Monotonic
  readonly lastAt: Monotonic
  /** Time-outs that came one after the other: requests that were on their way at the same time count once. */
  readonly inARow: number
  /** Two different ones are enough to tell. */
  readonly keys: readonly RequestKey[]
  /** One of them was answered before. */
  readonly answeredBefore: boolean
}

export const healthy: Health = { kind: 'answering', heardAt: 'never', unanswered: 'none' }

/** A request that asks to be sent. `mayTell`: it was answered at some time, or the unit has never answered anything. */
export type Candidate = { readonly kind: 'read' | 'setting' | 'control'; readonly mayTell: boolean }

/**
 * What may be done with a request now: sent, sent as a question whether the unit is back, or answered 0B at once. A control operation is let
 * through as the question from time to time, since a person waits for it. Of reads, those that the unit used to answer come first: the
 * reply to another may never come.
 */
export function admit(health: Health, { kind, mayTell }: Candidate, now: Monotonic): 'send' | 'probe' | 'refuse' {
  if (health.kind === 'answering') return 'send'
  switch (kind) {
    case 'control':
      return now >= health.controlAt ? 'probe' : 'refuse'
    case 'setting':
      return 'refuse'
    case 'read':
      return !health.probing && now >= health.probeAt + (mayTell ? 0 : health.pauseMs) ? 'probe' : 'refuse'
  }
}

/** A question goes out. */
export function probing(health: Health, kind: Candidate['kind'], now: Monotonic): Health {
  if (health.kind === 'answering') return health
  return kind === 'control' ? { ...health, controlAt: toMonotonic(now + CONTROL_PROBE_MS) } : { ...health, probing: true }
}

/** The unit has answered, whatever it said. */
export const answered = (now: Monotonic): Health => ({ kind: 'answering', heardAt: now, unanswered: 'none' })

/** A request that got no reply. */
export type Failure = {
  readonly key: RequestKey
  readonly kind: Candidate['kind']
  /** The unit has answered this request before. */
  readonly answeredBefore: boolean
  readonly sentAt: Monotonic
  /** Of the time of the line, milliseconds. */
  readonly costMs: number
}

/** After a time-out: silent once different requests in a row were left without a reply, or one for a long time. */
export function failed(health: Health, failure: Failure, line: LineKind, now: Monotonic): Health {
  if (health.kind === 'silent') {
    // A command may be left without a reply by a device that answers reads: those go on asking at their own pace.
    if (failure.kind === 'control') return health
    const tries = health.tries + 1
    const ms = pauseMs(line, failure.costMs, tries)
    return { ...health, tries, probeAt: toMonotonic(now + ms), pauseMs: ms, probing: false }
  }
  // Something was answered after this was sent: the silence is this request's own.
  if (health.heardAt !== 'never' && health.heardAt >= failure.sentAt) return health
  const unanswered = counted(health, failure, now)
  const { keys, inARow, answeredBefore, since } = unanswered
  // Requests that were never answered tell little. Where their time-outs hold a line they are enough to ask one that was, at once.
  const enoughRequests = keys.length > 1 && inARow >= (answeredBefore ? SILENT_AFTER : SILENT_AFTER_UNKNOWN)
  const longSilence = inARow > SILENT_AFTER && now - since >= SILENT_MS
  if (!(enoughRequests && (answeredBefore || line === 'serial')) && !longSilence) return { ...health, unanswered }
  const ms = pauseMs(line, failure.costMs, 0)
  const probeAt = answeredBefore ? toMonotonic(now + ms) : now
  return { kind: 'silent', since, tries: 0, probeAt, pauseMs: ms, probing: false, controlAt: now }
}

function counted({ heardAt, unanswered }: Extract<Health, { kind: 'answering' }>, failure: Failure, now: Monotonic): Unanswered {
  const { key, sentAt } = failure
  const answeredBefore = (failure.kind === 'read' && failure.answeredBefore) || heardAt === 'never'
  if (unanswered === 'none') return { since: sentAt, lastAt: now, inARow: 1, keys: [key], answeredBefore }
  const { since, lastAt, inARow, keys } = unanswered
  return {
    since,
    lastAt: sentAt >= lastAt ? now : lastAt,
    inARow: sentAt >= lastAt ? inARow + 1 : inARow,
    keys: keys.length > 1 || keys.includes(key) ? keys : [...keys, key],
    answeredBefore: answeredBefore || unanswered.answeredBefore,
  }
}

/**
 * The pause before the next question, milliseconds. On a serial line a question costs everybody its time-out: the pause keeps its share of
 * the line. On Ethernet it costs nobody anything.
 */
export function pauseMs(line: LineKind, costMs: number, tries: number): number {
  switch (line) {
    case 'serial': {
      const shareMs = costMs * (1 / PROBE_SHARE - 1)
      return tries === 0 ? Math.min(FIRST_PAUSE_MS, shareMs) : shareMs
    }
    case 'ethernet':
      return Math.min(PROBE_PAUSE_MS.first * 2 ** Math.min(tries, 10), PROBE_PAUSE_MS.most)
  }
}

/** A question that never reached the line, or whose port was lost: the next of its kind may come at once. */
export function probeNotSent(health: Health, kind: Candidate['kind']): Health {
  if (health.kind === 'answering') return health
  return kind === 'control' ? { ...health, controlAt: health.since } : { ...health, probing: false }
}

/**
 * The time-out of a question to a silent unit on a serial line, milliseconds: short for one that used to answer fast, doubled at each try up
 * to its own. A short one can come more often within the same share of the bus. `usualMs` is 0 for one that has never answered.
 */
export function probeTimeoutMs(health: Health, usualMs: number, replyTimeoutMs: number): number {
  if (health.kind === 'answering' || usualMs === 0) return replyTimeoutMs
  return Math.min(replyTimeoutMs, Math.max(PROBE_MS, 4 * usualMs) * 2 ** Math.min(health.tries, 10))
}
