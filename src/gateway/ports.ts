import type { Lookup } from '../bus/index.ts'
import type { CheckedSite } from '../config/index.ts'
import type { Clock, Log, Random } from '../platform/index.ts'

export type Ports = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly hostName: string
  readonly pid: number
  readonly version: string
  /** Where systemd has put the key of the vault; undefined outside systemd. */
  readonly vaultCredential: string | undefined
  /** Where systemd has put the key of the people's file. */
  readonly peopleCredential: string | undefined
  /** Where systemd has put what opens the authority's key; undefined where enrolment has to do without. */
  readonly authorityCredential: string | undefined
  /** Where systemd has put the key that signs checkpoints of the journal. */
  readonly journalCredential: string | undefined
  /** Whether a time service keeps the clock of this machine right. */
  readonly clockSynchronised: () => boolean | 'unknown'
  /** Resolves the host names of buses; the system's resolver when it is left out. */
  readonly lookup?: Lookup
}

export type StartFailure = { readonly kind: 'not-started'; readonly why: string; readonly hint: string }

export type InForce = { site: CheckedSite }
