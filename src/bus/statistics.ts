import { type RecordableHistogram, createHistogram } from 'node:perf_hooks'
import type { MismatchReason } from '../modbus/index.ts'
import type { Monotonic } from '../platform/index.ts'
import { WINDOW_SECONDS } from './limits.ts'

/** What was counted of one unit since the gateway started. Times in milliseconds. */
export type UnitFigures = {
  readonly state: 'answering' | 'silent'
  /** Transactions on the wire: retries and probes too. */
  readonly transactions: number
  readonly replies: number
  readonly exceptions: number
  readonly timeouts: number
  readonly crcErrors: number
  readonly late: number
  /** Replies that were discarded for another reason. */
  readonly discarded: number
  readonly retries: number
  /** Answered 0B without asking, because the unit was silent. */
  readonly backedOff: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the bus's time in the last seconds, 0–1. */
  readonly busShare: number
}

/** What was counted of one bus; `busy` and `sharing` are of the last seconds. */
export type BusFigures = {
  readonly answers: number
  readonly transactions: number
  readonly waiting: number
  /** Of its time, 0–1. */
  readonly busy: number
  /** Answers for each transaction; 1 when nothing was shared. */
  readonly sharing: number
  readonly answersPerSecond: number
}

/** Sums of the last seconds, in steps of one. */
export interface Window {
  add(amount: number, now: Monotonic): void
  /** A second's worth, on average over the window; the second that has just begun is left out. */
  perSecond(now: Monotonic): number
}

export function createWindow(): Window {
  const sums = new Float64Array(WINDOW_SECONDS + 1)
  let second = -1
  function turn(now: Monotonic): number {
    const current = Math.floor(now / 1000)
    second = Math.max(second, current - sums.length)
    while (second < current) {
      second += 1
      sums[second % sums.length] = 0
    }
    return second % sums.length
  }
  return {
    add(amount, now) {
      const at = turn(now)
      sums[at] = (sums[at] ?? 0) + amount
    },
    perSecond(now) {
      const begun = sums[turn(now)] ?? 0
      const whole = Math.min(WINDOW_SECONDS, second)
      return whole <= 0 ? begun : (sums.reduce((sum, each) => sum + each, 0) - begun) / whole
    },
  }
}

/** Response times in milliseconds, to two digits; made at the first one, since a unit that never answers needs none. */
export interface Times {
  record(ms: number): void
  /** What `percent` of them kept to; 0 when there are none. */
  percentileMs(percent: number): number
}

export function createTimes(): Times {
  let times: RecordableHistogram | 'none' = 'none'
  return {
    record(ms) {
      if (times === 'none') times = createHistogram({ lowest: 1, highest: 60_000_000, figures: 2 })
      times.record(Math.min(60_000_000, Math.max(1, Math.round(ms * 1000))))
    },
    percentileMs: (percent) => (times === 'none' ? 0 : times.percentile(percent) / 1000),
  }
}

export type UnitCounts = {
  readonly counts: { -readonly [K in keyof typeof zero]: number }
  readonly times: Times
  readonly busyMs: Window
}
const zero = {
  transactions: 0,
  replies: 0,
  exceptions: 0,
  timeouts: 0,
  crcErrors: 0,
  late: 0,
  discarded: 0,
  retries: 0,
  backedOff: 0,
}
export const createUnitCounts = (): UnitCounts => ({ counts: { ...zero }, times: createTimes(), busyMs: createWindow() })

export function discardOf(reason: MismatchReason): 'crcErrors' | 'late' | 'discarded' {
  return reason === 'crc' ? 'crcErrors' : reason === 'late' ? 'late' : 'discarded'
}

export const unitFigures = ({ counts, times, busyMs }: UnitCounts, state: UnitFigures['state'], now: Monotonic): UnitFigures => ({
  state,
  ...counts,
  p50Ms: times.percentileMs(50),
  p99Ms: times.percentileMs(99),
  busShare: busyMs.perSecond(now) / 1000,
})

/** Counts of a whole bus. */
export interface BusCounts {
  answered(now: Monotonic): void
  sent(now: Monotonic): void
  /** Called whenever the number of transactions on the line is about to change. */
  busy(inFlight: number, now: Monotonic): void
  figures(waiting: number, inFlight: number, now: Monotonic): BusFigures
}

export function createBusCounts(start: Monotonic): BusCounts {
  const [answers, transactions, busyMs] = [createWindow(), createWindow(), createWindow()]
  let answerCount = 0
  let transactionCount = 0
  let since = start
  const busy = (inFlight: number, now: Monotonic): void => {
    if (inFlight > 0) busyMs.add(now - since, now)
    since = now
  }
  return {
    answered(now) {
      answerCount += 1
      answers.add(1, now)
    },
    sent(now) {
      transactionCount += 1
      transactions.add(1, now)
    },
    busy,
    figures(waiting, inFlight, now) {
      busy(inFlight, now)
      const [answersPerSecond, sentPerSecond] = [answers.perSecond(now), transactions.perSecond(now)]
      return {
        answers: answerCount,
        transactions: transactionCount,
        waiting,
        busy: Math.min(1, busyMs.perSecond(now) / 1000),
        sharing: sentPerSecond === 0 ? 1 : answersPerSecond / sentPerSecond,
        answersPerSecond,
      }
    },
  }
}
