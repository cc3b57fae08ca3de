import type { Grant } from './grants.ts'
import type { Guard } from './guards.ts'

/** `enforce`: what is refused does not pass. `observe`: it passes as it did before, and an event says what would have been refused. */
export const modes = ['enforce', 'observe'] as const
export type Mode = (typeof modes)[number]

/** Everything that stands before one breaker beside its locks. It can only restrict; a grant is asked for where a guard wants one. */
export type Restrictions = {
  readonly mode: Mode
  readonly tagged: boolean
  readonly masterLock: boolean
  /** A key switch or selector that covers this breaker says no, or cannot be read. */
  readonly keySwitch: boolean
  readonly grants: readonly Grant[]
  readonly guards: readonly Guard[]
  /** Whether the site has emergency opening. */
  readonly emergencyOpen: boolean
}
export const noRestrictions: Restrictions = {
  mode: 'enforce',
  tagged: false,
  masterLock: false,
  keySwitch: false,
  grants: [],
  guards: [],
  emergencyOpen: false,
}
