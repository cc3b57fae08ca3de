import { type Monotonic, toMonotonic } from '../platform/index.ts'
import { PROBE_MS, PROBE_SHARE, SILENT_AFTER } from './limits.ts'

/** One device: answering, or so long without a reply that it is asked only now and then. */
export type Health =
  | { readonly kind: 'answering'; readonly failures: number }
  | { readonly kind: 'silent'; readonly since: Monotonic; readonly tries: number; readonly probeAt: Monotonic; readonly probing: boolean }

export const healthy: Health = { kind: 'answering', failures: 0 }

/** What may be done with a request now: sent, sent as a question whether the unit is back, or answered 0B at once. */
export function admit(health: Health, intrusive: boolean, now: Monotonic): 'send' | 'probe' | 'refuse' {
  if (health.kind === 'answering') return 'send'
  return !intrusive && !health.probing && now >= health.probeAt ? 'probe' : 'refuse'
}

export const probing = (health: Health): Health => (health.kind === 'silent' ? { ...health, probing: true } : health)

/** The unit has answered, whatever it said. */
export const answered: Health = healthy

/** A request got no reply and cost `costMs` of the bus: each further question waits until its share of the bus's time is kept. */
export function failed(health: Health, costMs: number, now: Monotonic): Health {
  const probeAt = toMonotonic(now + costMs * (1 / PROBE_SHARE - 1))
  if (health.kind === 'silent') return { ...health, tries: health.tries + 1, probeAt, probing: false }
  const failures = health.failures + 1
  return failures < SILENT_AFTER ? { kind: 'answering', failures } : { kind: 'silent', since: now, tries: 0, probeAt, probing: false }
}

/** A probe that never reached the line, or whose port was lost: the next may come at once. */
export const unasked = (health: Health): Health => (health.kind === 'silent' ? { ...health, probing: false } : health)

/**
 * The time-out of a question to a silent unit, milliseconds: short for one that used to answer fast, doubled at each try up to its own.
 * A short one can come more often within the same share of the bus. `usualMs` is 0 for one that has never answered.
 */
export function probeTimeoutMs(health: Health, usualMs: number, replyTimeoutMs: number): number {
  if (health.kind === 'answering' || usualMs === 0) return replyTimeoutMs
  return Math.min(replyTimeoutMs, Math.max(PROBE_MS, 4 * usualMs) * 2 ** Math.min(health.tries, 10))
}
