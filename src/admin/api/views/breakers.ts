import { type Gateway, lockKey, masterLockKey, tagKey } from '../../../gateway/index.ts'
import { isoUs } from '../../../platform/index.ts'
import { type LockedBy, type Tag, hangingOn } from '../../../policy/index.ts'
import type { BreakerLive, BreakerView, LockView, MasterLockView, Scope, StatusView, TagView, VaultView } from '../../contract/index.ts'
import { certificatesView } from '../routes/access.ts'
import { busesView } from './buses.ts'
import { grantView } from './grants.ts'
import { unlockRules } from '../unlock-rules.ts'
import { describeListener } from './listener-words.ts'
import { describeVerification } from './verification-words.ts'
import { sinkView } from './sinks.ts'

/** When the first word about the end of a certificate comes. */
const SOON_DAYS = 60

/** The gateway as its clients see it: states with their age, locks with who and why. */
export function statusView(gateway: Gateway): StatusView {
  const site = gateway.site()
  return {
    site: site.name,
    version: gateway.version,
    configuration: site.hash,
    pages: site.console === 'none' ? '' : `https://${site.console.name}${site.console.port === 443 ? '' : `:${site.console.port}`}`,
    listeners: gateway.listeners.map((listener) => ({
      name: listener.name,
      address: `${listener.host}:${listener.port}`,
      kind: describeListener(listener.kind),
      security: listener.kind,
      connections: listener.connections(),
    })),
    clients: gateway.connectedClients.list(),
    keySwitches: gateway.keySwitches.list().map(({ name, breakers, state, why, sinceUtcUs }) => ({
      name,
      state,
      why,
      since: isoUs(sinceUtcUs),
      breakers: breakers === 'all' ? [] : [...breakers],
    })),
    masterLock: masterLockView(gateway),
    grants: gateway.grants
      .list()
      .filter(({ state }) => state.kind === 'requested' || state.kind === 'approved')
      .map((grant) => grantView(grant, gateway)),
    unlock: unlockRules(gateway),
    buses: busesView(gateway).buses,
    breakers: site.breakers.map((breaker) => breakerView(gateway, breaker)),
    vault: vaultStatus(gateway),
    certificates: certificatesView(gateway)
      .filter(({ daysLeft }) => daysLeft <= SOON_DAYS)
      .map(({ name, where, daysLeft }) => ({ name, where, daysLeft })),
    journal: journalView(gateway),
    sinks: gateway.sinks.status().map(sinkView),
    faults: gateway.failClosed.faults(),
  }
}

function journalView({ journal, journalFile, retention: keeper }: Gateway): StatusView['journal'] {
  const { bytes, freeBytes, verification } = keeper.status()
  const verified = describeVerification(verification)
  return { file: journalFile, ...journal.head(), bytes, freeBytes, verified, verification: verification.kind, key: journal.signing().key }
}

export function breakerLive(gateway: Gateway, name: string): BreakerLive | 'unknown' {
  const site = gateway.site()
  const breaker = site.breakers.find((one) => one.name === name)
  if (breaker === undefined) return 'unknown'
  return {
    site: site.name,
    breaker: breakerView(gateway, breaker),
    masterLock: masterLockView(gateway),
    unlock: unlockRules(gateway),
    faults: gateway.failClosed.faults(),
  }
}

export function breakerView(gateway: Gateway, breaker: ReturnType<Gateway['site']>['breakers'][number]): BreakerView {
  const seen = gateway.breakerStates.seen(breaker.name)
  const { observed, emergencyOpen } = gateway.site()
  const hanging = hangingOn(gateway.tags.tags(), breaker.name)
  const lock = (scope: Scope): LockView => lockView(breaker.name, scope, gateway)
  return {
    name: breaker.name,
    label: breaker.label,
    unit: breaker.unit,
    bus: breaker.bus,
    family: breaker.profile.family,
    state: seen.state,
    stateAgeMs: seen.at === 'never' ? 'never' : Math.round(gateway.clock.now() - seen.at),
    stateSince: seen.since === 'never' ? '' : isoUs(seen.since.utcUs),
    stateWatched: seen.since !== 'never' && seen.since.watched,
    reachable: seen.reachable,
    currents: seen.currents,
    mode: observed.has(breaker.name) ? 'observe' : 'enforce',
    tags: hanging.tags.map((tag) => tagView(tag, gateway)),
    jobs: hanging.jobs.map(({ name }) => name),
    emergencyOpen,
    keySwitches: gateway.keySwitches.barring(breaker.name),
    discarded: gateway.health.discarded(breaker.name),
    locks: {
      control: lock('control'),
      'protection-setting': lock('protection-setting'),
      'other-setting': lock('other-setting'),
    },
  }
}

export function lockView(breaker: string, scope: Scope, { clock, locks, journal }: Pick<Gateway, 'clock' | 'locks' | 'journal'>): LockView {
  const state = locks.locks(breaker)[scope]
  const version = locks.version(breaker, scope)
  const recorded = journal.recorded(lockKey(breaker, scope))
  if (state.kind === 'unlocked') {
    const { by, reason, workOrder } = state
    const secondsLeft = Math.max(0, Math.ceil((state.until - clock.now()) / 1000))
    return { version, recorded, locked: false, until: isoUs(state.untilUtcUs), secondsLeft, by, reason, workOrder }
  }
  return { version, recorded, locked: true, since: isoUs(state.sinceUtcUs), ...shutBy(state.by) }
}

function shutBy(by: LockedBy): { readonly by: string; readonly reason: string } {
  switch (by.kind) {
    case 'default':
      return { by: 'default', reason: 'never unlocked' }
    case 'timer':
      return { by: 'timer', reason: 'its time was over' }
    case 'restart':
      return { by: 'restart', reason: 'a timed unlock is over after a restart' }
    case 'trust':
      return { by: 'gateway', reason: `${by.part} could not be trusted` }
    case 'person':
      return { by: by.name, reason: by.reason }
  }
}

type WithJournal = Pick<Gateway, 'journal'>
export function tagView({ id, owner, on, reason, workOrder, sinceUtcUs, offeredTo, removal }: Tag, { journal }: WithJournal): TagView {
  const recorded = journal.recorded(tagKey(id))
  const [removalBy, removalReason] = removal === 'none' ? ['', ''] : [removal.by, removal.reason]
  const job = on.kind === 'job' ? on.job : ''
  return { id, recorded, owner, job, reason, workOrder, since: isoUs(sinceUtcUs), offeredTo, removalBy, removalReason }
}

export function masterLockView({ masterLock, journal }: Pick<Gateway, 'masterLock' | 'journal'>): MasterLockView {
  const { on, by, reason, sinceUtcUs } = masterLock.state()
  return { on, by, reason, since: isoUs(sinceUtcUs), recorded: journal.recorded(masterLockKey) }
}

export const vaultView = ({ vault }: Gateway): VaultView => ({
  closed: vault.state.kind === 'open' ? '' : vault.state.why,
  entries: vault.list(),
})

function vaultStatus(gateway: Gateway): StatusView['vault'] {
  const { closed, entries } = vaultView(gateway)
  return { closed, factory: [...new Set(entries.filter(({ factory }) => factory).map(({ breaker }) => breaker))] }
}
