import type { Operation, PasswordLevel, Profile } from '../breakers/index.ts'
import type { Outcome } from '../bus/index.ts'
import type { Journal } from '../journal/index.ts'
import type { LineAddress, Request } from '../modbus/index.ts'
import type { Clock, Monotonic, Random } from '../platform/index.ts'
import type { Cleared, Locks, Rights, Restrictions, Subject } from '../policy/index.ts'
import type { IncomingRequest } from '../upstream/index.ts'
import type { GrantStore } from './control/grant-store.ts'
import type { GuardHistory } from './request/guard-history.ts'
import type { ObservedRequests } from './request/observed-requests.ts'
import type { OwnUnit } from './request/own-register-map.ts'
import type { LastRefusals } from './request/last-refusals.ts'
import type { KnownSources } from './request/known-sources.ts'
import type { CommandTurns } from './request/command-turns.ts'

/** One breaker as a request meets it. */
export type Breaker = {
  readonly name: string
  readonly bus: string
  readonly unit: number
  /** Its address on the line behind the gateway. */
  readonly address: LineAddress
  readonly profile: Profile
  /** Whose turn it is on its command interface. */
  readonly commandTurns: CommandTurns
  locks(): Locks
  /** All that stands before it beside its locks: it shows what that is when it is looked at. */
  readonly restrictions: Restrictions
  /** From the vault; the least that a command needs is asked for first. */
  readonly passwordOf: (level: PasswordLevel) => string | undefined
  perform(cleared: Cleared, asked: IncomingRequest, stillHolds: () => boolean): Promise<Outcome>
  /** Tells whoever shows the breaker's state, or waits for a command's result, what an answer said of it. */
  observe(asked: IncomingRequest, outcome: Outcome): void
  /** Tells whoever wonders why it moves that it was asked to. */
  allowed(operation: Operation, correlation: string): void
}

/** All that `serve` needs of the gateway. */
export type RequestPorts = {
  readonly breakers: ReadonlyMap<number, Breaker>
  readonly own: OwnUnit
  readonly lastRefusals: LastRefusals
  /** As the configuration has them now: a reload changes them at once. */
  readonly rights: () => Rights
  /** What a decision depends on beside the request itself: the time, and whether the gateway can be trusted now. */
  readonly conditions: () => { readonly trusted: boolean; readonly now: Monotonic }
  readonly knownSources: KnownSources
  readonly guardHistory: GuardHistory
  readonly grants: Pick<GrantStore, 'use'>
  readonly observedRequests: ObservedRequests
  readonly clock: Clock
  readonly random: Random
  readonly journal: Pick<Journal, 'append' | 'note'>
}

const gateway: Subject = { kind: 'gateway' }
/** A question of the gateway's own: it goes through the same steps as everybody's. */
export const askedByGateway = (unit: number, request: Request): IncomingRequest => ({
  subject: gateway,
  unit,
  transaction: 0,
  request,
  stillConnected: () => true,
})
