import type { Clock, Monotonic } from '../../src/platform/index.ts'

export interface VirtualClock extends Clock {
  /** Lets time pass: every timer that falls due runs, in order, at its own instant. */
  advance(ms: number): void
  /** Goes to the next timer and runs it, if it is due within `ms` from now; false when none is. */
  step(ms: number): boolean
  /** Sets the wall clock without touching the monotonic one. */
  jumpWall(ms: number): void
}

type Timer = { readonly at: number; readonly run: () => void; cancelled: boolean }

/** A clock that moves only when it is told to. Timers of one instant run in the order in which they were set. */
export function virtualClock(startUtcMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = 0
  let offset = startUtcMs
  let timers: Timer[] = []
  let cancelled = 0

  function after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: now + Math.max(0, ms), run, cancelled: false }
    let [low, high] = [0, timers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((timers[middle]?.at ?? 0) <= timer.at) low = middle + 1
      else high = middle
    }
    timers.splice(low, 0, timer)
    return () => {
      if (timer.cancelled) return
      timer.cancelled = true
      cancelled += 1
      // Long timers that are set anew all the time would fill the list with what never runs.
      if (cancelled <= 1000 || cancelled < timers.length / 2) return
      timers = timers.filter((other) => !other.cancelled)
      cancelled = 0
    }
  }

  function step(ms: number): boolean {
    const until = now + ms
    for (let first = timers[0]; first !== undefined && first.at <= until; first = timers[0]) {
      timers.shift()
      if (first.cancelled) continue
      now = first.at
      first.run()
      return true
    }
    return false
  }

  return {
    now: () => now as Monotonic,
    utcUs: () => Math.round((offset + now) * 1000),
    after,
    deadline: after,
    exactly: after,
    soon: queueMicrotask,
    step,
    advance(ms) {
      const until = now + ms
      while (step(until - now));
      now = until
    },
    jumpWall: (ms) => void (offset += ms),
  }
}
