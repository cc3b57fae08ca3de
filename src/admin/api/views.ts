import type { Gateway } from '../../gateway/index.ts'
import { isoUs } from '../../platform/index.ts'
import type { LockState } from '../../policy/index.ts'
import type { BreakerView, LockView, StatusView, VaultView } from '../contract.ts'
import { certificatesView } from './access-routes.ts'
import { busesView } from './bus-views.ts'

/** When the first word about the end of a certificate comes. */
const SOON_DAYS = 60

/** The gateway as its clients see it: states with their age, locks with who and why. */
export function statusView(gateway: Gateway): StatusView {
  const site = gateway.site()
  return {
    site: site.name,
    version: gateway.version,
    configuration: site.hash,
    listeners: gateway.listeners.map((listener) => ({
      name: listener.name,
      address: `${listener.host}:${listener.port}`,
      kind: listener.kind,
      connections: listener.connections(),
    })),
    buses: busesView(gateway).buses,
    breakers: site.breakers.map((breaker) => breakerView(gateway, breaker)),
    vault: vaultStatus(gateway),
    certificates: certificatesView(gateway)
      .filter(({ daysLeft }) => daysLeft <= SOON_DAYS)
      .map(({ name, where, daysLeft }) => ({ name, where, daysLeft })),
    journal: { file: gateway.journalFile, ...gateway.journal.head(), ...gateway.keeper.status(), key: gateway.journal.key },
    sinks: gateway.sinks.status(),
    faults: gateway.trust.faults(),
  }
}

function breakerView(gateway: Gateway, breaker: ReturnType<Gateway['site']>['breakers'][number]): BreakerView {
  const seen = gateway.watch.seen(breaker.name)
  const locks = gateway.locks.locks(breaker.name)
  return {
    name: breaker.name,
    label: breaker.label,
    unit: breaker.unit,
    bus: breaker.bus,
    family: breaker.profile.family,
    state: seen.state,
    stateAgeMs: seen.at === 'never' ? 'never' : Math.round(gateway.clock.now() - seen.at),
    reachable: seen.reachable,
    currents: seen.currents,
    discarded: gateway.health.discarded(breaker.name),
    locks: {
      control: lockView(locks.control, gateway),
      'protection-setting': lockView(locks['protection-setting'], gateway),
      'other-setting': lockView(locks['other-setting'], gateway),
    },
  }
}

export function lockView(state: LockState, gateway: Pick<Gateway, 'clock'>): LockView {
  if (state.kind === 'unlocked') {
    const secondsLeft = Math.max(0, Math.ceil((state.until - gateway.clock.now()) / 1000))
    return { locked: false, until: isoUs(state.untilUtcUs), secondsLeft, by: state.by, reason: state.reason }
  }
  const since = isoUs(state.sinceUtcUs)
  switch (state.by.kind) {
    case 'default':
      return { locked: true, since, by: 'default', reason: 'never unlocked' }
    case 'timer':
      return { locked: true, since, by: 'timer', reason: 'its time was over' }
    case 'restart':
      return { locked: true, since, by: 'restart', reason: 'a timed unlock is over after a restart' }
    case 'person':
      return { locked: true, since, by: state.by.name, reason: state.by.reason }
  }
}

export const vaultView = ({ vault }: Gateway): VaultView => ({
  closed: vault.state.kind === 'open' ? '' : vault.state.why,
  entries: vault.list(),
})

function vaultStatus(gateway: Gateway): StatusView['vault'] {
  const { closed, entries } = vaultView(gateway)
  return { closed, factory: [...new Set(entries.filter(({ factory }) => factory).map(({ breaker }) => breaker))] }
}
