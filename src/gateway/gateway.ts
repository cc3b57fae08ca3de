import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openLine } from '../bus/index.ts'
import type { CheckedSite } from '../config/index.ts'
import { event } from '../events/index.ts'
import { type TlsTexts, openVault, readTlsFiles, roleOf } from '../identity/index.ts'
import { type Journal, createJournal, startWriter } from '../journal/index.ts'
import type { Clock, Log, Random } from '../platform/index.ts'
import { compileAcl } from '../policy/index.ts'
import { type Sink, startSink } from '../syslog/index.ts'
import { type Listener, MAX_IN_FLIGHT_IN_ALL, createAdmission, startListener } from '../upstream/index.ts'
import { type Core, createCore } from './core.ts'
import { recover } from './recover.ts'
import { type VaultBook, openVaultBook } from './vault-book.ts'

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
export interface Gateway extends Pick<Core, 'locks' | 'watch' | 'health' | 'buses' | 'captures'> {
  readonly site: CheckedSite
  readonly version: string
  readonly journal: Journal
  readonly journalFile: string
  readonly vault: VaultBook
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
  const credentials = readCredentials(site)
  if ('kind' in credentials) return credentials
  let journal: Journal
  try {
    journal = createJournal(await startWriter(journalFile, { boot: random.uuid(), gateway: ports.hostName }), clock, log)
  } catch (error) {
    return notStarted(error instanceof Error ? error.message : String(error), `nothing was changed; the journal is ${journalFile}`)
  }
  const sinks = await Promise.all(site.sinks.map((sink) => startSink(sink, journal, clock, ports.pid)))
  await recover(journal)
  journal.note(event('gateway-started', { version, configuration: site.hash }))

  const vaultFiles = { file: site.vaultFile, keyFile: site.vaultKeyFile, credential: ports.vaultCredential }
  const vault = openVaultBook(openVault(vaultFiles, clock, random), journal)
  const core = await createCore(site, {
    ...{ version, clock, random, log, journal },
    passwordOf: (breaker, level) => vault.passwordOf(breaker, level),
    openLine(bus, notice, tap) {
      const tls: BusTls | 'none' = credentials.buses.get(bus.name) ?? 'none'
      const settings = bus.kind === 'serial' ? bus : { ...bus, tls }
      return openLine(settings, { clock, random, tap }, notice)
    },
  })

  const listeners: Listener[] = []
  const stop = (reason: string) => stopAll({ reason, listeners, core, sinks, journal })
  const opened = await openDoors(credentials.listeners, core, clock, listeners)
  if (opened !== 'open') {
    await stop(opened.why)
    return opened
  }
  const { locks, watch, health, buses, captures } = core
  return { site, version, journal, journalFile, locks, vault, watch, health, buses, captures, listeners, clock, stop }
}

type Door = { readonly settings: CheckedSite['listeners'][number]; readonly texts: TlsTexts }
type BusTls = { readonly certificate: string; readonly key: string; readonly authorities: string; readonly serverName: string }
type Credentials = { readonly listeners: readonly Door[]; readonly buses: ReadonlyMap<string, BusTls> }

/** Every PEM file of the site, before anything is opened: one that cannot be used stops the start. */
function readCredentials(site: CheckedSite): Credentials | StartFailure {
  const listeners: Door[] = []
  const buses = new Map<string, BusTls>()
  const hint = 'breakwall cert issue makes a pair that fits'
  for (const settings of site.listeners) {
    const texts = readTlsFiles(settings)
    if ('kind' in texts) return notStarted(texts.why, hint)
    listeners.push({ settings, texts })
  }
  for (const bus of site.buses) {
    if (bus.kind !== 'tcp' || bus.tls === 'none') continue
    const texts = readTlsFiles(bus.tls)
    if ('kind' in texts) return notStarted(`bus "${bus.name}": ${texts.why}`, hint)
    const { certificate, key, clients } = texts
    buses.set(bus.name, { certificate, key, authorities: clients, serverName: bus.tls.serverName })
  }
  return { listeners, buses }
}

/** Opens every listener, or says which one could not be; those before it are open then. */
async function openDoors(doors: readonly Door[], core: Core, clock: Clock, listeners: Listener[]): Promise<StartFailure | 'open'> {
  const admission = createAdmission(MAX_IN_FLIGHT_IN_ALL)
  for (const { settings, texts } of doors) {
    try {
      listeners.push(await startListener(settings, texts, { acl: compileAcl(settings.access), clock, roleOf, admission, ...core }))
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

type Running = {
  readonly reason: string
  readonly listeners: readonly Listener[]
  readonly core: Core
  readonly sinks: readonly Sink[]
  readonly journal: Journal
}

async function stopAll({ reason, listeners, core, sinks, journal }: Running): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()))
  await core.close()
  await journal.finish(event('gateway-stopped', { reason }))
  await Promise.all(sinks.map((sink) => sink.close()))
  await journal.close()
}
