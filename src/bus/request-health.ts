import { type Monotonic, toMonotonic } from '../platform/index.ts'
import { MAX_ANSWERED, MAX_UNANSWERED, UNANSWERED_AFTER } from './limits.ts'
import type { LineKind } from './line.ts'
import type { RequestKey } from './request-key.ts'
import { pauseMs } from './unit-health.ts'

/**
 * Which requests a unit answers, and which it leaves without a reply while it answers others: some devices stay silent where others send
 * exception 02. The silence then belongs to the request, and costs its own clients only.
 */
export interface RequestHealth {
  answered(key: RequestKey): void
  /** Another time-out of it, of so much of the line's time, while the unit was answering. */
  unanswered(key: RequestKey, costMs: number, now: Monotonic): void
  wasAnswered(key: RequestKey): boolean
  /** Whether the unit has ever answered anything. */
  hasAnswered(): boolean
  /** Whether it was left without a reply so often that it is asked only now and then, and not now. */
  isPaused(key: RequestKey, now: Monotonic): boolean
  /** Whether it has been left without a reply so often that it is not asked again by itself. */
  isUnanswered(key: RequestKey): boolean
  /** The unit was away: what it left without a reply meanwhile tells nothing. */
  forget(): void
}

type Unanswered = { readonly times: number; readonly until: Monotonic }

export function createRequestHealth(line: LineKind): RequestHealth {
  const known = new Set<RequestKey>()
  const silent = new Map<RequestKey, Unanswered>()
  const most = (key: RequestKey): number => (known.has(key) ? UNANSWERED_AFTER.before : UNANSWERED_AFTER.never)
  const isUnanswered = (key: RequestKey): boolean => (silent.get(key)?.times ?? 0) >= most(key)

  return {
    answered(key) {
      if (silent.size > 0) silent.delete(key)
      if (known.has(key)) return
      known.add(key)
      if (known.size > MAX_ANSWERED) forgetOldest(known)
    },
    unanswered(key, costMs, now) {
      const times = (silent.get(key)?.times ?? 0) + 1
      silent.delete(key)
      const tries = times - most(key)
      silent.set(key, { times, until: toMonotonic(tries < 0 ? now : now + pauseMs(line, costMs, tries)) })
      if (silent.size > MAX_UNANSWERED) forgetOldest(silent)
    },
    wasAnswered: (key) => known.has(key),
    hasAnswered: () => known.size > 0,
    isPaused: (key, now) => silent.size > 0 && isUnanswered(key) && now < (silent.get(key)?.until ?? now),
    isUnanswered,
    forget: () => silent.clear(),
  }
}

function forgetOldest(keys: Set<RequestKey> | Map<RequestKey, Unanswered>): void {
  const [oldest] = keys.keys()
  if (oldest !== undefined) keys.delete(oldest)
}
