import type { X509Certificate } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createEndpoints, openLine } from '../bus/index.ts'
import type { CheckedSite } from '../config/index.ts'
import { event } from '../events/index.ts'
import { type People, openPeople, openVault } from '../identity/index.ts'
import { readContact } from '../inputs/index.ts'
import type { Journal } from '../journal/index.ts'
import { type Clock, type Random, machineZone } from '../platform/index.ts'
import type { Rights } from '../policy/index.ts'
import type { Listener } from '../upstream/index.ts'
import { type StatesAccepted, acceptStates, failOnLateStates, failOnStates, failOnUnreadable } from './record/accept-states.ts'
import { type CertificateInventory, openCertificateInventory } from './access/certificate-inventory.ts'
import { type Core, createCore } from './core.ts'
import { type SiteCredentials, readCredentials } from './access/credentials.ts'
import { type Listeners, openListeners } from './access/listeners.ts'
import { collapseEvents } from './record/event-collapsing.ts'
import { ownCertificates } from './access/own-certificates.ts'
import { hoursNow } from './working-hours.ts'
import type { JournalRetention } from './record/retention.ts'
import { type SelfMonitoring, startSelfMonitoring } from './record/self-monitoring.ts'
import type { InForce, Ports, StartFailure } from './ports.ts'
import { openJournal } from './record/open-journal.ts'
import { recover } from './record/recover.ts'
import { busesThatWait, changedKeys, describeReload, needsRestart } from './reload.ts'
import { SEALED_PEOPLE, SEALED_VAULT, journalReady, lastRecorded, recordChange, reportOtherFile } from './control/sealed-changes.ts'
import { type Sinks, openSinks } from './record/sinks.ts'
import { type FailClosed, createFailClosed } from './record/fail-closed.ts'
import { type VaultStore, openVaultStore } from './control/vault-store.ts'

/** What of the core its people see. */
const partsOf = (core: Core) => {
  const { connectedClients, keySwitches, checklist, readRegister, locks, tags, masterLock } = core
  const { grants, observedRequests, emergency, breakerStates, health, buses, captures } = core
  return {
    connectedClients,
    keySwitches,
    checklist,
    readRegister,
    locks,
    tags,
    masterLock,
    grants,
    observedRequests,
    emergency,
    breakerStates,
    health,
    buses,
    captures,
  }
}

/** A running gateway, as the API sees it. */
export interface Gateway extends ReturnType<typeof partsOf> {
  /** The configuration in force. */
  site(): CheckedSite
  readonly version: string
  readonly journal: Journal
  readonly journalFile: string
  readonly sinks: Sinks
  readonly failClosed: FailClosed
  readonly retention: JournalRetention
  readonly vault: VaultStore
  readonly certificates: CertificateInventory
  readonly people: People
  readonly random: Random
  readonly authorityCredential: string | undefined
  readonly listeners: readonly Listener[]
  readonly clock: Clock
  /** What the kernel of this machine says of its clock now. */
  readonly clockSynchronised: Ports['clockSynchronised']
  /** Puts another configuration in force as a whole, or says why it stays as it is. What it takes away from open connections ends them. */
  reload(next: CheckedSite, by: string): Promise<Reloaded>
  /** A person accepts the states as they are in force, where they were not what this gateway wrote last. Every lock is locked then. */
  acceptStates(by: string, reason: string): Promise<StatesAccepted>
  /** A configuration that had mistakes was not taken. */
  rejected(by: string, why: string): void
  stop(reason: string): Promise<void>
}
export type Reloaded =
  { readonly kind: 'reloaded'; readonly changed: string } | { readonly kind: 'not-reloaded'; readonly why: string; readonly hint: string }

const notStarted = (why: string, hint: string): StartFailure => ({ kind: 'not-started', why, hint })

/** Starts the journal first; stops the listeners before what they use, and the journal last. */
export async function startGateway(site: CheckedSite, ports: Ports): Promise<Gateway | StartFailure> {
  const { clock, random, log, version } = ports
  mkdirSync(site.stateDirectory, { recursive: true, mode: 0o700 })
  const journalFile = join(site.stateDirectory, 'journal.db')
  const credentials = readCredentials(site, clock.utcUs() / 1000)
  if ('kind' in credentials) return notStarted(credentials.why, credentials.mend)
  const opened = await openJournal(journalFile, ports)
  if ('kind' in opened) return opened
  const journal = collapseEvents(opened.journal, clock)
  const sinks = await openSinks(credentials.sinks, {
    journal,
    clock,
    random,
    version,
    pid: ports.pid,
    zone: machineZone(),
    note: (told) => journal.note(told),
  })
  const before = await recover(journal, opened.last, opened.replaced)
  journal.note(
    event('gateway-started', { version, configuration: site.hash, mode: site.observed.size === 0 ? 'enforce' : 'observe', reason: before }),
  )

  const force: InForce = { site }
  const rights = (): Rights => force.site.rights
  const failClosed = createFailClosed((told) => journal.note(told))
  failOnStates(journal, failClosed)
  failOnUnreadable(await journal.states(''), failClosed)
  opened.onLateOpening((states) => failOnLateStates(states, journal, failClosed))
  const certificates = await openCertificateInventory(journal, clock)
  certificates.own(ownCertificates(site, credentials))
  const vault = await startVault(site, ports, journal)
  const endpoints = createEndpoints()
  const core = await createCore(site, {
    version,
    clock,
    random,
    log,
    journal,
    rights,
    trusted: () => failClosed.permits(),
    policy: () => force.site,
    readContact: (source, hear) => readContact(source, hear, clock),
    hours: () => hoursNow(force.site.workingHours, clock.utcUs()),
    passwordOf: (breaker, level) => vault.passwordOf(breaker, level),
    openLine(bus, notice, tap) {
      const found = credentials.buses.get(bus.name)
      const use = { kind: 'device', role: '', where: `bus ${bus.name}` } as const
      const tls = found === undefined ? 'none' : { ...found, saw: (shown: X509Certificate) => certificates.saw(shown, use) }
      const claimEndpoint = endpoints.ofBus(bus.name, (conflict) => journal.note(event('bus-is-another', { bus: bus.name, ...conflict })))
      return openLine(bus.kind === 'serial' ? bus : { ...bus, tls }, { clock, random, tap, claimEndpoint, lookup: ports.lookup }, notice)
    },
  })
  failClosed.onLost((part) => core.locks.lockAll(part))

  const listeners = await openListeners(credentials.doors, { clock, random, core, rights, book: certificates })
  const people = await startPeople(force, ports, journal)
  const selfMonitoring = startSelfMonitoring(force, ports, { journal, journalFile, failClosed, sinks, core, rights })
  const running = { core, sinks, journal, certificates, listeners, people, vault, selfMonitoring }
  if ('kind' in listeners) {
    await stopAll(listeners.why, { ...running, listeners: 'none' })
    return notStarted(listeners.why, listeners.hint)
  }
  return {
    ...partsOf(core),
    version,
    journal,
    journalFile,
    vault,
    certificates,
    people,
    clock,
    random,
    sinks,
    failClosed,
    retention: selfMonitoring.retention,
    clockSynchronised: ports.clockSynchronised,
    authorityCredential: ports.authorityCredential,
    site: () => force.site,
    listeners: listeners.listeners,
    reload: (next, by) => reload(force, next, by, { clock, journal, listeners, certificates, sinks, busTls: credentials.buses }),
    acceptStates: (by, reason) =>
      acceptStates({ journal, openedLate: opened.late, failClosed, locks: core.locks, tags: core.tags }, by, reason),
    rejected: (by, why) => journal.note(event('config-rejected', { subject: by, reason: why })),
    stop: (reason) => stopAll(reason, { ...running, listeners }),
  }
}

/** The breakers' passwords, with the rule and the account of each breaker's kind. */
async function startVault(site: CheckedSite, { clock, random, log, vaultCredential }: Ports, journal: Journal): Promise<VaultStore> {
  const ready = journalReady(journal)
  const files = { file: site.vaultFile, keyFile: site.vaultKeyFile, credential: vaultCredential, ready }
  const named = (name: string) => site.breakers.find((breaker) => breaker.name === name)
  const last = lastRecorded((await journal.states(SEALED_VAULT)).get(SEALED_VAULT))
  const vault = openVaultStore(openVault(files, clock, random, last), {
    journal,
    clock,
    ruleOf: (name) => named(name)?.profile.passwordRule ?? 'four-characters',
    accountOf: (name) => named(name)?.account,
  })
  if (vaultCredential === undefined && vault.list().length > 0)
    log.warn('the key of the vault is a file: LoadCredential= in the unit keeps it from who can read the disk')
  return vault
}

/** Who may log in. A gateway without users tells the code that makes the first one, on the console of the service and nowhere else. */
async function startPeople(force: InForce, ports: Ports, journal: Journal): Promise<People> {
  const { clock, random, log } = ports
  const folder = force.site.stateDirectory
  const key = 'login-attempts'
  const people = openPeople({
    clock,
    random,
    files: {
      file: join(folder, 'people'),
      keyFile: join(folder, 'people.key'),
      credential: ports.peopleCredential,
      ready: journalReady(journal),
    },
    settings: () => force.site.people,
    rights: () => force.site.rights,
    record: (id, fields, change, before) => recordChange(journal, event(id, fields), SEALED_PEOPLE)(change, before),
    last: lastRecorded((await journal.states(SEALED_PEOPLE)).get(SEALED_PEOPLE)),
    note: (id, fields) => journal.note(event(id, fields)),
    attempts: { text: (await journal.states(key)).get(key), write: (text) => journal.putState(key, text) },
    party() {
      const { console: pages } = force.site
      return pages === 'none' ? 'none' : { id: pages.name, origin: `https://${pages.name}${pages.port === 443 ? '' : `:${pages.port}`}` }
    },
  })
  if (ports.peopleCredential === undefined)
    log.info('the key of the users is a file: LoadCredential= keeps it from who can read the disk (docs/identity.md)')
  reportOtherFile(journal, people.recorded, SEALED_PEOPLE, 'the file of the users')
  if (people.state.kind === 'closed') log.warn(`nobody can log in: ${people.state.why}`)
  else if (people.accounts.needsSetUp())
    log.info(`there are no users yet: breakwall setup makes the first one with the code ${people.accounts.newSetUpCode()}`)
  return people
}

type Reloading = Pick<Running, 'journal' | 'certificates' | 'sinks'> & {
  readonly listeners: Listeners
  readonly clock: Clock
  /** What the buses were started with. */
  readonly busTls: SiteCredentials['buses']
}

async function reload(
  force: InForce,
  next: CheckedSite,
  by: string,
  { clock, journal, listeners, certificates, sinks, busTls }: Reloading,
): Promise<Reloaded> {
  const refuse = (why: string, hint: string): Reloaded => {
    journal.note(event('config-rejected', { subject: by, reason: why }))
    return { kind: 'not-reloaded', why, hint }
  }
  const restart = needsRestart(force.site, next)
  if (restart.length > 0)
    return refuse(
      `${restart.map((key) => (key === 'breaker' ? 'breaker (its table, or a profile)' : key)).join(', ')} changed, which needs a restart`,
      'systemctl restart breakwall: every timed unlock is then over',
    )
  const credentials = readCredentials(next, clock.utcUs() / 1000)
  if ('kind' in credentials) return refuse(credentials.why, credentials.mend)
  const changed = describeReload(changedKeys(force.site, next), busesThatWait(busTls, credentials.buses))
  const recorded = await journal.append(event('config-reloaded', { subject: by, configuration: next.hash, reason: changed }))
  if (recorded === 'unavailable') return refuse('the journal cannot be written', 'look at the disk: breakwall status')
  force.site = next
  listeners.change(credentials.doors)
  certificates.own(ownCertificates(next, { ...credentials, buses: busTls }))
  await sinks.change(credentials.sinks)
  return { kind: 'reloaded', changed }
}

type Running = {
  readonly core: Core
  readonly sinks: Sinks
  readonly selfMonitoring: SelfMonitoring
  readonly journal: Journal
  readonly certificates: CertificateInventory
  readonly listeners: Listeners | 'none'
  readonly people: People
  readonly vault: VaultStore
}

async function stopAll(
  reason: string,
  { listeners, core, sinks, journal, certificates, people, vault, selfMonitoring }: Running,
): Promise<void> {
  selfMonitoring.close()
  certificates.close()
  people.close()
  vault.close()
  if (listeners !== 'none') await listeners.close()
  await core.close()
  await journal.finish(event('gateway-stopped', { reason }))
  await sinks.close()
  await journal.close()
}
