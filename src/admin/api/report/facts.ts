import type { Gateway } from '../../../gateway/index.ts'
import { hasSecondFactor } from '../../../identity/index.ts'
import { type AccessEntry, type LockScope, lockScopes } from '../../../policy/index.ts'
import type { ChecklistView } from '../../contract/index.ts'
import { certificatesView } from '../routes/access.ts'

type Site = ReturnType<Gateway['site']>

/** What the report is made of: values as they arise in the gateway. Words are made of them in `report-rows.ts`, and nothing else is. */
export type ReportFacts = {
  readonly nowUtcUs: number
  readonly listeners: readonly {
    readonly name: string
    readonly kind: 'tls' | 'clear-text'
    readonly revocationLists: number
    readonly access: readonly AccessEntry[]
  }[]
  readonly buses: readonly { readonly name: string; readonly link: 'serial' | 'tls' | 'clear-text' }[]
  readonly breakers: readonly {
    readonly name: string
    readonly mode: 'enforce' | 'observe'
    readonly unlocked: readonly { readonly scope: LockScope; readonly untilUtcUs: number }[]
    /** It has commands that take a password, and the vault has none that they take. */
    readonly lacksPassword: boolean
  }[]
  readonly rights: Site['rights']
  readonly people: {
    readonly settings: Site['people']
    readonly accounts: { readonly kind: 'none' } | { readonly kind: 'closed'; readonly why: string } | { readonly kind: 'there' }
    /** Those who can log in. */
    readonly users: readonly { readonly name: string; readonly role: string; readonly secondFactor: boolean }[]
  }
  readonly vault:
    | { readonly kind: 'closed'; readonly why: string }
    | { readonly kind: 'open'; readonly entries: readonly { readonly breaker: string; readonly factory: boolean }[] }
  readonly emergencyOpen: boolean
  readonly certificates: readonly { readonly name: string; readonly daysLeft: number }[]
  readonly sinks: readonly {
    readonly name: string
    /** Whether its receiver says what it has; over UDP none does. */
    readonly confirms: boolean
    readonly connected: boolean
    readonly behind: boolean
  }[]
  readonly journal: { readonly key: string; readonly verification: ReturnType<Gateway['retention']['status']>['verification'] }
  readonly clock: boolean | 'unknown'
  readonly faults: readonly { readonly part: string; readonly reason: string }[]
  readonly checklist: readonly Pick<ChecklistView, 'due'>[]
}

/** How the gateway stands at this moment. */
export function reportFacts(gateway: Gateway, checklist: readonly ChecklistView[]): ReportFacts {
  const site = gateway.site()
  return {
    nowUtcUs: gateway.clock.utcUs(),
    listeners: site.listeners.map(({ name, security, access }) => ({
      name,
      kind: security.kind,
      revocationLists: security.kind === 'tls' ? security.revocationFiles.length : 0,
      access,
    })),
    buses: site.buses.map((bus) => ({ name: bus.name, link: linkOf(bus) })),
    breakers: site.breakers.map((breaker) => breakerFacts(gateway, breaker)),
    rights: site.rights,
    people: peopleFacts(gateway),
    vault: gateway.vault.state.kind === 'closed' ? gateway.vault.state : { kind: 'open', entries: gateway.vault.list() },
    emergencyOpen: site.emergencyOpen,
    certificates: certificatesView(gateway),
    sinks: gateway.sinks.status().map(({ name, state, behind }) => ({
      name,
      confirms: site.sinks.some((sink) => sink.name === name && sink.transport.kind !== 'udp'),
      connected: state.kind === 'delivers' || state.kind === 'sends',
      behind,
    })),
    journal: { key: gateway.journal.signing().key, verification: gateway.retention.status().verification },
    clock: gateway.clockSynchronised(),
    faults: gateway.failClosed.faults(),
    checklist,
  }
}

function linkOf(bus: Site['buses'][number]): ReportFacts['buses'][number]['link'] {
  if (bus.kind === 'serial') return 'serial'
  return bus.tls === 'none' ? 'clear-text' : 'tls'
}

function breakerFacts(gateway: Gateway, { name, profile }: Site['breakers'][number]): ReportFacts['breakers'][number] {
  const locks = gateway.locks.locks(name)
  const { vault } = gateway
  const lacks = profile.commands.some(
    ({ passwords }) => passwords.length > 0 && passwords.every((level) => vault.passwordOf(name, level) === undefined),
  )
  return {
    name,
    mode: gateway.site().observed.has(name) ? 'observe' : 'enforce',
    unlocked: lockScopes.flatMap((scope) => {
      const lock = locks[scope]
      return lock.kind === 'unlocked' ? [{ scope, untilUtcUs: lock.untilUtcUs }] : []
    }),
    lacksPassword: lacks,
  }
}

function peopleFacts(gateway: Gateway): ReportFacts['people'] {
  const { state, accounts } = gateway.people
  const settings = gateway.site().people
  if (state.kind === 'closed') return { settings, accounts: state, users: [] }
  const users = accounts
    .list()
    .filter((user) => user.state === 'active')
    .map((user) => ({ name: user.name, role: user.role, secondFactor: hasSecondFactor(user) }))
  return { settings, accounts: { kind: accounts.needsSetUp() ? 'none' : 'there' }, users }
}
