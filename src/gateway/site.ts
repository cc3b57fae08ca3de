import type { Profile } from '../breakers/index.ts'
import type { Outcome } from '../bus/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Request } from '../modbus/index.ts'
import type { Clock, Random } from '../platform/index.ts'
import type { Cleared, Locks, Rights } from '../policy/index.ts'

/** One breaker as a request meets it. */
export type Breaker = {
  readonly name: string
  readonly bus: string
  readonly unit: number
  readonly profile: Profile
  locks(): Locks
  perform(cleared: Cleared, stillHolds: () => boolean): Promise<Outcome>
  /** Tells whoever shows the breaker's state what an answer said of it. */
  saw(request: Request, outcome: Outcome): void
}

/** All that `serve` needs of the gateway. */
export type Site = {
  readonly breakers: ReadonlyMap<number, Breaker>
  readonly rights: Rights
  readonly clock: Clock
  readonly random: Random
  readonly journal: Pick<Journal, 'append' | 'note'>
}
