import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Bus, type Notice, createBus, openSerialLine, openTcpLine } from '../bus/index.ts'
import type { BreakerSettings, BusSettings, CheckedSite } from '../config/index.ts'
import { event } from '../events/index.ts'
import { readTlsFiles, roleOf } from '../identity/index.ts'
import { type Journal, createJournal, startWriter } from '../journal/index.ts'
import type { Clock, Log, Random } from '../platform/index.ts'
import { compileAcl } from '../policy/index.ts'
import { type Sink, startSink } from '../syslog/index.ts'
import { type Listener, type Report, startListener } from '../upstream/index.ts'
import { type LockBook, openLockBook } from './lockbook.ts'
import { recover } from './recover.ts'
import { serve } from './serve.ts'
import type { Breaker, Site } from './site.ts'
import { type Watch, createWatch } from './watch.ts'

export type Ports = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly hostName: string
  readonly pid: number
  readonly version: string
}

/** A running gateway, as the API sees it. */
export interface Gateway {
  readonly site: CheckedSite
  readonly version: string
  readonly journal: Journal
  readonly journalFile: string
  readonly locks: LockBook
  readonly watch: Watch
  readonly listeners: readonly Listener[]
  readonly clock: Clock
  busIsUp(name: string): boolean
  stop(reason: string): Promise<void>
}

export type StartFailure = { readonly kind: 'not-started'; readonly why: string; readonly hint: string }

/** Wires the rooms and opens the doors: journal first, listeners last. Stops in the opposite order. */
export async function startGateway(site: CheckedSite, ports: Ports): Promise<Gateway | StartFailure> {
  const { clock, random, log } = ports
  mkdirSync(site.stateDirectory, { recursive: true, mode: 0o700 })
  const journalFile = join(site.stateDirectory, 'journal.db')
  const credentials = site.listeners.map((listener) => ({ listener, texts: readTlsFiles(listener) }))
  for (const { texts } of credentials) {
    if ('kind' in texts) return { kind: 'not-started', why: texts.why, hint: 'breakwall cert issue makes a pair that fits' }
  }
  let journal: Journal
  try {
    journal = createJournal(await startWriter(journalFile, { boot: random.uuid(), gateway: ports.hostName }), clock, log)
  } catch (error) {
    return {
      kind: 'not-started',
      why: error instanceof Error ? error.message : String(error),
      hint: `nothing was changed; the journal is ${journalFile}`,
    }
  }
  const sinks = await Promise.all(site.sinks.map((sink) => startSink(sink, journal, clock, ports.pid)))
  await recover(journal)
  journal.note(event('gateway-started', { version: ports.version, configuration: site.hash }))

  const locks = await openLockBook(
    site.breakers.map((breaker) => breaker.name),
    journal,
    clock,
  )
  const watch = createWatch(journal, clock)
  const down = new Set<string>()
  const buses = new Map(site.buses.map((bus) => [bus.name, openBus(bus, clock, noticer(bus.name, site, journal, down))]))
  const inside: Site = { breakers: breakersOf(site, buses, locks, watch), rights: site.rights, clock, random, journal }
  const report: Report = (id, fields) => journal.note(event(id, fields))
  const stopWatch = watch.start(inside, site.breakers)

  const listeners: Listener[] = []
  const stop = (reason: string) => stopAll({ reason, listeners, buses, locks, sinks, journal, stopWatch })
  for (const { listener, texts } of credentials) {
    if ('kind' in texts) continue
    try {
      listeners.push(
        await startListener(listener, texts, {
          acl: compileAcl(listener.access),
          clock,
          report,
          roleOf,
          serve: (asked) => serve(asked, inside),
        }),
      )
    } catch (error) {
      const why = `listener "${listener.name}": ${error instanceof Error ? error.message : String(error)}`
      await stop(why)
      return {
        kind: 'not-started',
        why,
        hint: `is another program listening on ${listener.host}:${listener.port}, or is the port below 1024 without the right to it?`,
      }
    }
  }
  return { site, version: ports.version, journal, journalFile, locks, watch, listeners, clock, busIsUp: (name) => !down.has(name), stop }
}

function openBus(settings: BusSettings, clock: Clock, notice: (notice: Notice) => void): Bus {
  return createBus(settings.kind === 'serial' ? openSerialLine(settings, clock, notice) : openTcpLine(settings, clock, notice))
}

function noticer(bus: string, site: CheckedSite, journal: Journal, down: Set<string>): (notice: Notice) => void {
  return (notice) => {
    switch (notice.kind) {
      case 'down':
        down.add(bus)
        return journal.note(event('bus-down', { bus, reason: notice.why }))
      case 'up':
        down.delete(bus)
        return journal.note(event('bus-up', { bus }))
      case 'discarded': {
        const breaker = site.breakers.find((candidate) => candidate.bus === bus && candidate.address === notice.address)
        return journal.note(event('response-invalid', { breaker: breaker?.name ?? '', bus, unit: breaker?.unit ?? 0, reason: notice.why }))
      }
    }
  }
}

function breakersOf(site: CheckedSite, buses: ReadonlyMap<string, Bus>, locks: LockBook, watch: Watch): ReadonlyMap<number, Breaker> {
  return new Map(site.breakers.map((settings) => [settings.unit, breakerOf(settings, buses, locks, watch)]))
}

function breakerOf(settings: BreakerSettings, buses: ReadonlyMap<string, Bus>, locks: LockBook, watch: Watch): Breaker {
  const { name, unit, profile, address, replyTimeoutMs } = settings
  const bus = buses.get(settings.bus)
  if (bus === undefined) throw new Error(`a checked configuration names bus "${settings.bus}" that is not there`)
  return {
    name,
    unit,
    profile,
    bus: settings.bus,
    locks: () => locks.locks(name),
    perform: (cleared, stillHolds) => bus.perform(cleared, { address, replyTimeoutMs }, stillHolds),
    saw: (request, outcome) => watch.saw(settings, request, outcome),
  }
}

type Running = {
  readonly reason: string
  readonly listeners: readonly Listener[]
  readonly buses: ReadonlyMap<string, Bus>
  readonly locks: LockBook
  readonly sinks: readonly Sink[]
  readonly journal: Journal
  readonly stopWatch: () => void
}

async function stopAll({ reason, listeners, buses, locks, sinks, journal, stopWatch }: Running): Promise<void> {
  stopWatch()
  await Promise.all(listeners.map((listener) => listener.close()))
  locks.close()
  await Promise.all([...buses.values()].map((bus) => bus.close()))
  await journal.finish(event('gateway-stopped', { reason }))
  await Promise.all(sinks.map((sink) => sink.close()))
  await journal.close()
}
