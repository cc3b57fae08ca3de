import type { SecurityEvent } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock, Random } from '../platform/index.ts'
import type { OpenLink } from './link.ts'

export type SinkPorts = {
  readonly journal: Pick<Journal, 'read' | 'states' | 'putState' | 'head' | 'onCommitted'>
  readonly note: (event: SecurityEvent) => void
  readonly clock: Clock
  readonly random: Random
  readonly pid: number
  readonly version: string
  /** The time zone of this machine, its IANA name. */
  readonly zone: string
  /** A test may have links of its own. */
  readonly openLink?: OpenLink
}
