import type { Clock } from '../platform/index.ts'
import { MAX_LATE_TRANSACTIONS, UNASKED_FRAMES } from './limits.ts'

/**
 * Frames of a connection that answer nobody. A late reply is one that was asked for. Some converters pass on what other masters ask, which
 * does no harm; who sends far more than that is no interface, or one that was taken over: each of its frames costs the other buses time.
 */
export function createUnaskedFrames(clock: Pick<Clock, 'now'>) {
  const { atOnce, perSecond } = UNASKED_FRAMES
  let left: number = atOnce
  let at = clock.now()
  let late: number[] = []
  return {
    /** A connection begins: what is outstanding on the last one can never come. */
    opened(): void {
      left = atOnce
      late = []
    },
    timedOut(transaction: number): void {
      late.push(transaction)
      if (late.length > MAX_LATE_TRANSACTIONS) late.shift()
    },
    /** Whether this is the reply to a request that has timed out; each comes once. */
    isLate(transaction: number): boolean {
      const place = late.indexOf(transaction)
      if (place !== -1) late.splice(place, 1)
      return place !== -1
    },
    /** One more frame that answers nobody. */
    arrived(): 'tolerated' | 'too-many' {
      const now = clock.now()
      left = Math.min(atOnce, left + ((now - at) / 1000) * perSecond) - 1
      at = now
      return left < 0 ? 'too-many' : 'tolerated'
    },
  }
}
