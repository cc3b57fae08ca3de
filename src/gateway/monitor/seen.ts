import type { BreakerState } from '../../breakers/index.ts'
import type { Monotonic } from '../../platform/index.ts'

/** What is known of a breaker, and since when: shown with its age, never as if it were now. */
export type Seen = {
  readonly state: BreakerState
  readonly currents: readonly number[]
  readonly at: Monotonic | 'never'
  /** When it was first seen in this state. `watched`: it was seen to get there, and not only found so. */
  readonly since: { readonly utcUs: number; readonly watched: boolean } | 'never'
  readonly reachable: 'yes' | 'no' | 'not-tried'
}
