import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Bus, type Notice, createBus, openSerialLine, openTcpLine } from '../bus/index.ts'
import type { BreakerSettings, BusSettings, CheckedSite } from '../config/index.ts'
import { type SecurityEvent, event } from '../events/index.ts'
import { type TlsTexts, openVault, readTlsFiles, roleOf } from '../identity/index.ts'
import { type Journal, createJournal, startWriter } from '../journal/index.ts'
import type { Clock, Log, Monotonic, Random } from '../platform/index.ts'
import { compileAcl } from '../policy/index.ts'
import { type Sink, startSink } from '../syslog/index.ts'
import { type Listener, MAX_IN_FLIGHT_IN_ALL, type Report, createAdmission, startListener } from '../upstream/index.ts'
import { type Floods, createFloods } from './floods.ts'
import { type Health, createHealth } from './health.ts'
import { type LockBook, openLockBook } from './lockbook.ts'
import type { OwnUnit } from './own-unit.ts'
import { recover } from './recover.ts'
import { type Refusals, createRefusals } from './refusals.ts'
import { serve } from './serve.ts'
import type { Breaker, Site } from './site.ts'
import { createTurns } from './turns.ts'
import { type VaultBook, openVaultBook } from './vault-book.ts'
import { type Watch, createWatch } from './watch.ts'

export type Ports = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly hostName: string
  readonly pid: number
  readonly version: string
  /** Where systemd has put the key of the vault; undefined outside systemd. */
  readonly vaultCredential: string | undefined
}

/** A running gateway, as the API sees it. */
export interface Gateway {
  readonly site: CheckedSite
  readonly version: string
  readonly journal: Journal
  readonly journalFile: string
  readonly locks: LockBook
  readonly vault: VaultBook
  readonly watch: Watch
  readonly health: Health
  readonly listeners: readonly Listener[]
  readonly clock: Clock
  stop(reason: string): Promise<void>
}

export type StartFailure = { readonly kind: 'not-started'; readonly why: string; readonly hint: string }
const notStarted = (why: string, hint: string): StartFailure => ({ kind: 'not-started', why, hint })

/** Wires the rooms and opens the doors: journal first, listeners last. Stops in the opposite order. */
export async function startGateway(site: CheckedSite, ports: Ports): Promise<Gateway | StartFailure> {
  const { clock, random, log, version } = ports
  mkdirSync(site.stateDirectory, { recursive: true, mode: 0o700 })
  const journalFile = join(site.stateDirectory, 'journal.db')
  const credentials = site.listeners.map((settings) => ({ settings, texts: readTlsFiles(settings) }))
  for (const { texts } of credentials) if ('kind' in texts) return notStarted(texts.why, 'breakwall cert issue makes a pair that fits')
  let journal: Journal
  try {
    journal = createJournal(await startWriter(journalFile, { boot: random.uuid(), gateway: ports.hostName }), clock, log)
  } catch (error) {
    return notStarted(error instanceof Error ? error.message : String(error), `nothing was changed; the journal is ${journalFile}`)
  }
  const sinks = await Promise.all(site.sinks.map((sink) => startSink(sink, journal, clock, ports.pid)))
  await recover(journal)
  journal.note(event('gateway-started', { version, configuration: site.hash }))

  const floods = createFloods((happened) => journal.note(happened), clock)
  const note = (happened: SecurityEvent): void => floods.note(happened)
  const names = site.breakers.map((breaker) => breaker.name)
  const locks = await openLockBook(names, journal, clock)
  const vaultFiles = { file: site.vaultFile, keyFile: site.vaultKeyFile, credential: ports.vaultCredential }
  const vault = openVaultBook(openVault(vaultFiles, clock, random), journal)
  const health = createHealth(site.breakers, note)
  const watch = createWatch(journal, clock)
  const buses = new Map(site.buses.map((bus) => [bus.name, openBus(bus, clock, health.noticer(bus.name))]))
  const refusals = createRefusals()
  const breakers = new Map(
    site.breakers.map((settings) => [settings.unit as number, breakerOf(settings, { buses, locks, watch, vault, clock })]),
  )
  const own = ownUnit(site, { version, since: clock.now(), clock, journal, health, watch, locks, refusals })
  const inside: Site = { breakers, own, refusals, rights: site.rights, clock, random, journal: { ...journal, note } }
  const stopWatch = watch.start(inside, site.breakers)

  const listeners: Listener[] = []
  const stop = (reason: string) => stopAll({ reason, listeners, buses, locks, sinks, journal, floods, stopWatch })
  const opened = await openDoors(credentials, inside, listeners)
  if (opened !== 'open') {
    await stop(opened.why)
    return opened
  }
  return { site, version, journal, journalFile, locks, vault, watch, health, listeners, clock, stop }
}

type Door = { readonly settings: CheckedSite['listeners'][number]; readonly texts: TlsTexts | { readonly why: string } }

/** Opens every listener, or says which one could not be; those before it are open then. */
async function openDoors(doors: readonly Door[], site: Site, listeners: Listener[]): Promise<StartFailure | 'open'> {
  const { clock, journal } = site
  const report: Report = (id, fields) => journal.note(event(id, fields))
  const admission = createAdmission(MAX_IN_FLIGHT_IN_ALL)
  const left: Parameters<typeof startListener>[2]['left'] = (connection) => {
    for (const { turns } of site.breakers.values()) turns.left(connection)
  }
  for (const { settings, texts } of doors) {
    if ('why' in texts) continue
    const ports = {
      acl: compileAcl(settings.access),
      clock,
      report,
      roleOf,
      admission,
      left,
      serve: (asked: Parameters<typeof serve>[0]) => serve(asked, site),
    }
    try {
      listeners.push(await startListener(settings, texts, ports))
    } catch (error) {
      const where = `${settings.host}:${settings.port}`
      return notStarted(
        `listener "${settings.name}": ${error instanceof Error ? error.message : String(error)}`,
        `is another program listening on ${where}, or is the port below 1024 without the right to it?`,
      )
    }
  }
  return 'open'
}

function openBus(settings: BusSettings, clock: Clock, notice: (notice: Notice) => void): Bus {
  return createBus(settings.kind === 'serial' ? openSerialLine(settings, clock, notice) : openTcpLine(settings, clock, notice))
}

type BreakerPorts = {
  readonly buses: ReadonlyMap<string, Bus>
  readonly locks: LockBook
  readonly watch: Watch
  readonly vault: VaultBook
  readonly clock: Clock
}

function breakerOf(settings: BreakerSettings, { buses, locks, watch, vault, clock }: BreakerPorts): Breaker {
  const { name, unit, profile, address, replyTimeoutMs } = settings
  const bus = buses.get(settings.bus)
  if (bus === undefined) throw new Error(`a checked configuration names bus "${settings.bus}" that is not there`)
  const turns = createTurns(clock)
  return {
    name,
    unit,
    profile,
    bus: settings.bus,
    turns,
    locks: () => locks.locks(name),
    passwordOf: (level) => vault.passwordOf(name, level),
    perform: (cleared, stillHolds) => bus.perform(cleared, { address, replyTimeoutMs }, stillHolds),
    saw(asked, outcome) {
      turns.saw(asked.subject, asked.request, outcome)
      watch.saw(settings, asked.request, outcome)
    },
  }
}

type OwnPorts = {
  readonly version: string
  readonly since: Monotonic
  readonly clock: Clock
  readonly journal: Journal
  readonly health: Health
  readonly watch: Watch
  readonly locks: LockBook
  readonly refusals: Refusals
}

function ownUnit(site: CheckedSite, { version, since, clock, journal, health, watch, locks, refusals }: OwnPorts): OwnUnit {
  return {
    unit: site.ownUnit,
    view: (client) => ({
      version,
      uptimeMs: clock.now() - since,
      journalWrites: journal.writes(),
      buses: site.buses.map((bus) => ({ up: health.busIsUp(bus.name) })),
      breakers: site.breakers.map(({ unit, name }) => ({ unit, seen: watch.seen(name), locks: locks.locks(name) })),
      refusal: refusals.of(client),
      now: clock.now(),
    }),
  }
}

type Running = {
  readonly reason: string
  readonly listeners: readonly Listener[]
  readonly buses: ReadonlyMap<string, Bus>
  readonly locks: LockBook
  readonly sinks: readonly Sink[]
  readonly journal: Journal
  readonly floods: Floods
  readonly stopWatch: () => void
}

async function stopAll({ reason, listeners, buses, locks, sinks, journal, floods, stopWatch }: Running): Promise<void> {
  stopWatch()
  await Promise.all(listeners.map((listener) => listener.close()))
  locks.close()
  await Promise.all([...buses.values()].map((bus) => bus.close()))
  floods.close()
  await journal.finish(event('gateway-stopped', { reason }))
  await Promise.all(sinks.map((sink) => sink.close()))
  await journal.close()
}
