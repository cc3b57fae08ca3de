import type { Clock, Monotonic } from '../../src/platform/index.ts'

export interface VirtualClock extends Clock {
  /** Lets time pass: every timer that falls due runs, in order, at its own instant. */
  advance(ms: number): void
  /** Sets the wall clock without touching the monotonic one. */
  jumpWall(ms: number): void
}

/** A clock that moves only when it is told to. */
export function virtualClock(startUtcMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = 0
  let offset = startUtcMs
  let timers: { readonly at: number; readonly run: () => void }[] = []
  const after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: now + Math.max(0, ms), run }
    timers.push(timer)
    return () => void (timers = timers.filter((other) => other !== timer))
  }
  return {
    now: () => now as Monotonic,
    utcUs: () => Math.round((offset + now) * 1000),
    after,
    exactly: after,
    soon: queueMicrotask,
    advance(ms) {
      const until = now + ms
      for (;;) {
        const due = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        timers = timers.filter((timer) => timer !== due)
        now = due.at
        due.run()
      }
      now = until
    },
    jumpWall: (ms) => void (offset += ms),
  }
}
