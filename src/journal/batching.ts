import { type Cancel, type Clock, toMonotonic } from '../platform/index.ts'
import { BATCH_MS } from './limits.ts'

/** The moment after a commit in which what nobody waits for is collected. */
export interface Batching {
  begin(): void
  /** True while it goes on: `then` runs at its end. */
  goesOn(then: () => void): boolean
  end(): void
}

export function createBatching(clock: Clock): Batching {
  let until = clock.now()
  let cancel: Cancel = () => undefined
  return {
    begin: () => void (until = toMonotonic(clock.now() + BATCH_MS)),
    goesOn(then) {
      cancel()
      if (clock.now() >= until) return false
      cancel = clock.after(until - clock.now(), then)
      return true
    },
    end() {
      cancel()
      until = clock.now()
    },
  }
}
