import type { ManagementAction } from '../../policy/index.ts'

/** The site's policy for people, by the names of the cybersecurity guide where it has one (DOCA0122EN; S-15, S-16, S-22, S-37). */
export type PeopleSettings = {
  /** A session that was not used for this long has ended. */
  readonly inactivityMs: number
  readonly maximumAttempts: number
  readonly lockingMs: number
  readonly passwordLength: number
  readonly passwordHistory: number
  readonly passwordMaximumAgeMs: number | 'off'
  /** A PIN that is older opens nothing until a new one is set. */
  readonly pinMaximumAgeMs: number | 'off'
  /** The longest that a session lasts, used or not. */
  readonly sessionLifeMs: number
  readonly sessionsPerUser: number
  readonly sessions: number
  /** Roles that log in with a second factor. */
  readonly secondFactor: ReadonlySet<string>
  /** What a user of this machine in the group of the socket may do without a log-in. */
  readonly withoutLogin: ReadonlySet<ManagementAction>
  /** The user of this machine that the panel runs as: from there a PIN is enough. */
  readonly panelUser: string
  readonly banner: string
}
