import { MAX_LATE_TRANSACTIONS, MAX_UNASKED_FRAMES } from './limits.ts'

/**
 * Frames of a connection that answer nobody. A late reply is one that was asked for, and each request allows one frame that is wrong; who
 * sends more than that and a small budget is no interface, or one that was taken over: each of its frames costs the other buses their time.
 */
export function createUnaskedFrames() {
  let left = MAX_UNASKED_FRAMES
  let late: number[] = []
  return {
    /** A connection begins: what is outstanding on the last one can never come. */
    opened(): void {
      left = MAX_UNASKED_FRAMES
      late = []
    },
    requestSent: (): void => void (left = Math.min(MAX_UNASKED_FRAMES, left + 1)),
    timedOut(transaction: number): void {
      late.push(transaction)
      if (late.length > MAX_LATE_TRANSACTIONS) late.shift()
    },
    /** Whether this is the reply to a request that has timed out; each comes once. */
    isLate(transaction: number): boolean {
      const at = late.indexOf(transaction)
      if (at !== -1) late.splice(at, 1)
      return at !== -1
    },
    /** One more frame that answers nobody. */
    arrived(): 'tolerated' | 'too-many' {
      left -= 1
      return left < 0 ? 'too-many' : 'tolerated'
    },
  }
}
