import { createPreciseTimers } from './precise-timers.ts'

declare const monotonic: unique symbol
/** Milliseconds on a clock that never goes back and knows nothing of the date. Windows and deadlines are judged on it. */
export type Monotonic = number & { readonly [monotonic]: true }
export const toMonotonic = (ms: number): Monotonic => ms as Monotonic

/** Stops a timer that has not run yet; afterwards it does nothing. */
export type Cancel = () => void

/** Time as a parameter: the real one is `realClock`, tests pass a virtual one. */
export interface Clock {
  now(): Monotonic
  /** Wall clock, microseconds since 1970 UTC: for the record, never for a decision. */
  utcUs(): number
  /** Runs `run` once, not before `ms` milliseconds have passed. Steps of a millisecond: for time-outs. */
  after(ms: number, run: () => void): Cancel
  /** The same, about a tenth of a millisecond after it is due: for the silence between two frames of a serial line. */
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

export const realClock: Clock = {
  now,
  utcUs,
  after(ms, run) {
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
  },
  exactly: createPreciseTimers(now),
  soon: (run) => void setImmediate(run),
}

/** Day of the week (0 is Sunday) and minute of the day of an instant, in this machine's time zone. */
export function localTime(us: number): { readonly weekday: number; readonly minute: number } {
  const there = new Date(us / 1000)
  return { weekday: there.getDay(), minute: there.getHours() * 60 + there.getMinutes() }
}

/** The time zone of this machine, its IANA name such as `Europe/Berlin`; `UTC` where none is set up. */
export function machineZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return timeZone === 'Etc/Unknown' ? 'UTC' : timeZone
}

/** An instant as ISO 8601 in UTC with microseconds, as RFC 5424 wants it. */
export function isoUs(us: number): string {
  const whole = new Date(Math.floor(us / 1000)).toISOString()
  return `${whole.slice(0, -1)}${String(Math.floor(us) % 1000).padStart(3, '0')}Z`
}
