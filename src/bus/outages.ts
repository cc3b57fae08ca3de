import { type Clock, type Monotonic, type Random, toMonotonic } from '../platform/index.ts'
import { RECONNECT_MS, STEADY_AFTER_FLOOD_MS, STEADY_MS, TRY_NOW_MS } from './limits.ts'
import type { Notice } from './line.ts'

export type ConnectionPorts = { readonly clock: Clock; readonly random: Random; readonly notice: (notice: Notice) => void }

/** Why a connection is given up from this end: nothing comes any more, it cannot be read, what comes answers nobody, or it has served. */
export type DropCause = 'half-open' | 'broken' | 'flood' | 'rest'

/**
 * What is reported of the outages of one connection, and the pauses between its tries. One that works for a moment only has not come back:
 * it is reported once, and its pauses go on growing.
 */
export function createOutages({ clock, random, notice }: ConnectionPorts) {
  let isDown = false
  let pauseMs: number = RECONNECT_MS.first
  /** From when on an answer shows that it is steady again. */
  let steadyAt: Monotonic = clock.now()
  let triedAt: Monotonic = clock.now()

  function steady(): void {
    pauseMs = RECONNECT_MS.first
    if (isDown) notice({ kind: 'up' })
    isDown = false
  }

  return {
    /** Another try has failed, or the connection was lost: the pause before the next one, milliseconds. */
    down(why: string, cause: DropCause | 'no' | 'not-opened'): number {
      const steadyMs = cause === 'flood' ? STEADY_AFTER_FLOOD_MS : STEADY_MS
      if (cause !== 'not-opened') steadyAt = toMonotonic(Math.max(steadyAt, clock.now() + steadyMs))
      if (!isDown) notice({ kind: 'down', why })
      isDown = true
      triedAt = clock.now()
      // A little apart from all others that went down with it.
      const [byte = 0] = random.bytes(1)
      const ms = pauseMs * (1 - byte / 1024)
      pauseMs = Math.min(pauseMs * 2, RECONNECT_MS.most)
      return ms
    },
    steady,
    /** Whether the last try was long enough ago for another one before its pause is over. */
    mayTryNow: (): boolean => clock.now() - triedAt >= TRY_NOW_MS,
    /** A valid answer has come. */
    works(): void {
      if ((isDown || pauseMs !== RECONNECT_MS.first) && clock.now() >= steadyAt) steady()
    },
  }
}
