import { createPreciseTimers } from './precise-timers.ts'
import { type Cancel, type Monotonic, toMonotonic } from './time.ts'

/** Time as a parameter: the real one is `realClock`, tests pass a virtual one. */
export interface Clock {
  now(): Monotonic
  /** Wall clock, microseconds since 1970 UTC: for the record, never for a decision. */
  utcUs(): number
  /** Runs `run` once, not before `ms` milliseconds have passed. Steps of a millisecond: for time-outs. */
  after(ms: number, run: () => void): Cancel
  /**
   * Runs `run` once `ms` milliseconds have passed and everything that had arrived by then has been read: for judging that somebody did not
   * answer. A process that was stopped, or was busy, finds its timers due before it has read what came meanwhile.
   */
  deadline(ms: number, run: () => void): Cancel
  /** The same as `after`, about a tenth of a millisecond after it is due: for the silence between two frames of a serial line. */
  exactly(ms: number, run: () => void): Cancel
  /** Runs `run` once what has arrived together has been taken in: what it collects goes out in one piece. */
  soon(run: () => void): void
}

/** Date.now() has steps of a millisecond; performance.now() runs on between them, but does not follow a clock that was set. */
function utcUs(): number {
  const wallMs = Date.now()
  const runningUs = Math.round((performance.timeOrigin + performance.now()) * 1000)
  return Math.abs(runningUs / 1000 - wallMs) < 2 ? runningUs : wallMs * 1000
}

const now = (): Monotonic => toMonotonic(performance.now())

function after(ms: number, run: () => void): Cancel {
  const due = performance.now() + ms
  // Node counts from the beginning of its turn, so that after a long one a timer comes too early: whoever looks whether his time has come
  // would find that it has not, and nobody would ask again.
  const fire = (): void => {
    const left = due - performance.now()
    if (left <= 0) run()
    else timer = setTimeout(fire, Math.ceil(left))
  }
  let timer = setTimeout(fire, Math.max(0, Math.ceil(ms)))
  return () => clearTimeout(timer)
}

/** A timer later than this was held up: by a stopped process, a slow disk, or a long turn of the event loop, milliseconds. */
const HELD_UP_MS = 20
/** How long a timer that was held up waits for what has arrived meanwhile, milliseconds; a serial port is read by another thread. */
const READ_FIRST_MS = 50
/** It waits again while the process is still held up, at most this often. */
const READ_FIRST_TIMES = 5

function deadline(ms: number, run: () => void): Cancel {
  let due = performance.now() + ms
  let times = 0
  let over = false
  // Sockets are read between the timers and the check phase, in which immediates run.
  const judge = (): void => void setImmediate(() => (over ? undefined : run()))
  const fire = (): void => {
    const lateMs = performance.now() - due
    if (lateMs < HELD_UP_MS || times >= READ_FIRST_TIMES) return judge()
    times += 1
    due = performance.now() + READ_FIRST_MS
    cancel = after(READ_FIRST_MS, fire)
  }
  let cancel = after(ms, fire)
  return () => {
    over = true
    cancel()
  }
}

export const realClock: Clock = {
  now,
  utcUs,
  after,
  deadline,
  exactly: createPreciseTimers(now),
  soon: (run) => void setImmediate(run),
}

/** An instant as ISO 8601 in UTC with microseconds, as RFC 5424 wants it. */
export function isoUs(us: number): string {
  const whole = new Date(Math.floor(us / 1000)).toISOString()
  return `${whole.slice(0, -1)}${String(Math.floor(us) % 1000).padStart(3, '0')}Z`
}
