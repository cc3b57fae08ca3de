import type { Gateway } from '../../gateway/index.ts'
import { isoUs } from '../../platform/index.ts'
import type { ChecklistView, MatrixView } from '../contract.ts'
import { matrixView } from './access-routes.ts'
import { statusView } from './views.ts'

/** One requirement of the cybersecurity guide (DOCA0122EN-10) and how this site stands to it. */
export type ReportRow = {
  readonly requirement: string
  readonly what: string
  /** `people`: no program can see it. */
  readonly state: 'met' | 'open' | 'people'
  readonly words: string
}
export type SecurityReport = {
  readonly site: string
  readonly version: string
  readonly configuration: string
  readonly made: string
  readonly by: string
  readonly rows: readonly ReportRow[]
  readonly matrix: MatrixView
  readonly checklist: readonly ChecklistView[]
}

type Facts = {
  readonly status: ReturnType<typeof statusView>
  readonly site: ReturnType<Gateway['site']>
  readonly needsSetUp: boolean
  readonly checklist: readonly ChecklistView[]
}

/** How the site stands to the guide now: only what the gateway itself can see, and what people have signed for. */
export function securityReport(gateway: Gateway, checklist: readonly ChecklistView[], by: string): SecurityReport {
  const status = statusView(gateway)
  const site = gateway.site()
  const facts = { status, site, needsSetUp: gateway.people.accounts.needsSetUp(), checklist }
  return {
    ...{ site: status.site, version: status.version, configuration: status.configuration, by, checklist },
    made: isoUs(gateway.clock.utcUs()),
    rows: reportRows(facts),
    matrix: matrixView(site),
  }
}

const row = (requirement: string, what: string, open: string | false, met: string): ReportRow =>
  open === false ? { requirement, what, state: 'met', words: met } : { requirement, what, state: 'open', words: open }
const listed = (names: readonly string[]): string | false => (names.length === 0 ? false : names.join(', '))

export function reportRows(facts: Facts): readonly ReportRow[] {
  return [...accessRows(facts), ...pathRows(facts), ...recordRows(facts), ...peopleRows(facts)]
}

function accessRows({ status: { vault, listeners, breakers, masterLock }, site, needsSetUp }: Facts): ReportRow[] {
  const unlocked = breakers.flatMap(({ name, locks }) =>
    Object.entries(locks).flatMap(([scope, lock]) => (lock.locked ? [] : [`${name} ${scope} until ${lock.until}`])),
  )
  const entries = site.listeners.flatMap(({ access }) => access)
  const anywhere = entries.filter(({ from, level }) => level === 'control' && from.endsWith('/0')).map(({ from }) => `${from} may control`)
  return [
    row('S-01', 'no default passwords', needsSetUp ? 'nobody has set it up' : listed(vault.factory), 'no factory password in the vault'),
    row('S-02 S-33', 'no clear-text service', listed(listeners.filter(({ kind }) => kind !== 'tls').map(({ name }) => name)), 'TLS only'),
    row('S-04', 'duties kept apart', false, `${site.rights.size} roles; none both administers and operates`),
    row('S-14 S-17', 'passwords of breakers in the vault', vault.closed === '' ? false : vault.closed, 'the vault is open and whole'),
    row('S-27', 'emergency opening', false, site.emergencyOpen ? 'on: it passes locks for open only' : 'off'),
    row('S-29 S-31', 'locked when not needed', listed(unlocked), `every breaker is locked${masterLock.on ? ', master lock on' : ''}`),
    row('S-34', 'access control list', listed(anywhere), `${entries.length} entries, none lets everybody control`),
  ]
}

function pathRows({ status: { certificates, faults }, site }: Facts): ReportRow[] {
  const plain = site.buses.filter((bus) => bus.kind === 'tcp').map(({ name }) => name)
  const ending = certificates.map(({ name, daysLeft }) => (daysLeft < 0 ? `${name} has ended` : `${name} ends in ${daysLeft} days`))
  return [
    row('S-09', 'certificates in force', listed(ending), 'none ends within 60 days'),
    row(
      'S-38',
      'TLS towards interfaces that know it',
      listed(plain.map((name) => `${name} in clear text`)),
      'no Ethernet bus in clear text',
    ),
    row('S-30', 'what is enforced', listed([...site.observed].map((name) => `${name} only observed`)), 'every breaker'),
    row('CR 3.6', 'parts that can be trusted', listed(faults.map(({ part, reason }) => `${part}: ${reason}`)), 'all of them'),
  ]
}

function recordRows({ status: { sinks, journal } }: Facts): ReportRow[] {
  const bad = sinks.filter(({ connected, behind }) => !connected || behind).map(({ name }) => name)
  const sent = sinks.length === 0 ? 'no sink is configured' : listed(bad.map((name) => `${name} does not deliver`))
  return [
    row('S-10 S-39', 'events reach the SOC', sent, `${sinks.length} sinks deliver`),
    row('CR 3.9', 'the journal is signed', journal.key === '' ? 'no key signs its checkpoints' : false, `key ${journal.key}`),
    row('CR 2.8', 'the journal was verified', journal.verified === '' ? 'not since the start' : false, journal.verified),
  ]
}

function peopleRows({ checklist, site: { people } }: Facts): ReportRow[] {
  const due = checklist.filter((one) => one.due)
  const done = `${checklist.length - due.length} of ${checklist.length} items are signed for`
  return [
    row('S-22 S-23', 'sessions end', false, `after ${people.inactivityMs / 60_000} min without use`),
    row('S-25 S-26 S-28', 'checklist of the breakers', due.length === 0 ? false : `${due.length} items are due; ${done}`, done),
    {
      requirement: 'S-35',
      what: 'networks kept apart',
      state: 'people',
      words: 'firewall and zones around the gateway: to be shown by their own records',
    },
    { requirement: 'S-45', what: 'advisories are read', state: 'people', words: 'somebody follows the advisories of the makers' },
  ]
}
