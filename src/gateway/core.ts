import type { PasswordLevel } from '../breakers/index.ts'
import { type Bus, type Line, type Notice, type Tap, createBus } from '../bus/index.ts'
import type { BreakerSettings, BusSettings, CheckedSite } from '../config/index.ts'
import { type SecurityEvent, event } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock, Log, Random } from '../platform/index.ts'
import { type ConnectionId, type Rights, type Restrictions, isTagged } from '../policy/index.ts'
import { type Answer, type IncomingRequest, type Report } from '../upstream/index.ts'
import { type Capture, createCapture } from './monitor/capture.ts'
import { type Health, createHealth } from './monitor/bus-health.ts'
import { watchDeviceIdentities } from './monitor/device-identity.ts'
import { type Emergency, createEmergency } from './request/emergency-open.ts'
import { type GrantStore, openGrantStore } from './control/grant-store.ts'
import { createGuardHistory } from './request/guard-history.ts'
import { type ObservedRequests, openObservedRequests } from './request/observed-requests.ts'
import { readRegister } from './request/guard-checks.ts'
import { type LockStore, openLockStore } from './control/lock-store.ts'
import { type Checklist, openChecklist } from './control/checklist.ts'
import { type KeySwitchPorts, type KeySwitches, watchKeySwitches } from './control/key-switches.ts'
import { type MasterLock, openMasterLock } from './control/master-lock.ts'
import { type TagStore, openTagStore } from './control/tag-store.ts'
import { type Movements, openMovements } from './monitor/movements.ts'
import type { OwnUnit } from './request/own-register-map.ts'
import { type ConnectedClients, createConnectedClients } from './monitor/connected-clients.ts'
import { createLastRefusals } from './request/last-refusals.ts'
import { serve } from './request/serve.ts'
import type { Breaker, RequestPorts } from './request-ports.ts'
import { openKnownSources } from './request/known-sources.ts'
import { createCommandTurns } from './request/command-turns.ts'
import { type BreakerStates, createBreakerStates } from './monitor/breaker-state.ts'

export type CorePorts = {
  readonly version: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Without floods (`collapseEvents`). */
  readonly journal: Journal
  readonly passwordOf: (breaker: string, level: PasswordLevel) => string | undefined
  /** As they are in force now. */
  readonly rights: () => Rights
  /** Whether operations may be decided at all. */
  readonly trusted: () => boolean
  /** Whether somebody is expected to be at work. */
  readonly hours: () => string
  /** What of the policy is changed by a reload. */
  readonly policy: () => Pick<CheckedSite, 'observed' | 'guards' | 'emergencyOpen'>
  /** Reads contacts; left out where there are none. */
  readonly readContact?: KeySwitchPorts['read']
  readonly openLine: (bus: BusSettings, notice: (notice: Notice) => void, tap: Tap) => Line
}

/** The gateway without its doors and files: all that decides and acts. A simulation runs it whole, on time and ports of its own. */
export interface Core {
  readonly connectedClients: ConnectedClients
  readonly keySwitches: KeySwitches
  readonly checklist: Checklist
  /** What a holding register of a breaker holds now, asked over its bus like any read; by its number in the documents. */
  readonly readRegister: (breaker: string, register: number) => Promise<number | 'not-read'>
  readonly locks: LockStore
  readonly tags: TagStore
  readonly masterLock: MasterLock
  readonly grants: GrantStore
  readonly observedRequests: ObservedRequests
  readonly emergency: Emergency
  readonly breakerStates: BreakerStates
  readonly health: Health
  readonly buses: ReadonlyMap<string, Bus>
  readonly captures: ReadonlyMap<string, Capture>
  /** Into the journal. */
  readonly note: (event: SecurityEvent) => void
  readonly report: Report
  readonly serve: (asked: IncomingRequest) => Promise<Answer>
  /** A connection has ended: whatever belonged to it is free. */
  readonly left: (connection: ConnectionId) => void
  close(): Promise<void>
}

/** Wires the modules between the doors and the devices. */
export async function createCore(site: CheckedSite, ports: CorePorts): Promise<Core> {
  const { clock, random, log, journal, passwordOf, openLine } = ports
  const presence = createConnectedClients()
  const movements = await openMovements(journal, clock, () => presence.words())
  const sources = await openKnownSources(journal)
  const note = (happened: SecurityEvent): void => journal.note(happened)
  const books = await openStores(site, ports, note)
  const { checklist, keySwitches, locks, tags, masterLock, grants, observedRequests: learning } = books
  const guards = createGuardHistory(() => ports.policy().guards, clock)
  const health = createHealth(site.breakers, note, log)
  const watch = createBreakerStates(journal, clock, movements)
  const captures = new Map(site.buses.map((bus) => [bus.name, createCapture(bus, site.breakers, clock)]))
  const captureOf = capturesByUnit(site, captures)
  const buses = new Map(
    site.buses.map((settings) => {
      const open: BusPorts['open'] = (told) => openLine(settings, told, captures.get(settings.name)?.tap ?? { tell: 'nobody' })
      return [settings.name, createBus(settings, { clock, notice: health.noticer(settings.name), open })]
    }),
  )
  const breakers = new Map(
    site.breakers.map((settings) => [
      settings.unit as number,
      breakerOf(settings, { site, buses, ...books, watch, movements, passwordOf, clock, policy: ports.policy }),
    ]),
  )
  const refusals = createLastRefusals()
  const own = ownUnit(site, ports, { health, breakerStates: watch, locks, refusals })
  const conditions = () => ({ trusted: ports.trusted(), now: clock.now() })
  const inside: RequestPorts = {
    breakers,
    own,
    lastRefusals: refusals,
    conditions,
    knownSources: sources,
    clock,
    random,
    guardHistory: guards,
    grants,
    observedRequests: learning,
    rights: ports.rights,
    journal,
  }
  const stopWatch = watch.start(inside, site.breakers)
  const stopIdentities = await watchDeviceIdentities(inside, site.breakers, { journal, clock })
  const emergency = createEmergency({
    journal,
    clock,
    random,
    enabled: () => ports.policy().emergencyOpen,
    breakers: new Map([...breakers.values()].map((breaker) => [breaker.name, breaker])),
    serve: (asked) => serve(asked, inside),
  })
  return {
    connectedClients: presence,
    keySwitches,
    checklist,
    locks,
    tags,
    masterLock,
    grants,
    observedRequests: learning,
    emergency,
    breakerStates: watch,
    health,
    buses,
    captures,
    note,
    report: presence.watch((id, fields) => note(event(id, fields))),
    readRegister: (name, register) => readOf(site, name, (unit) => readRegister(unit, register, inside, serve)),
    serve(asked) {
      const answer = serve(asked, inside)
      captureOf.get(asked.unit)?.(asked, answer)
      return answer
    },
    left(connection) {
      for (const { commandTurns: turns } of breakers.values()) turns.left(connection)
    },
    async close() {
      stopWatch()
      keySwitches.close()
      stopIdentities()
      locks.close()
      grants.close()
      learning.close()
      await Promise.all([...buses.values()].map((bus) => bus.close()))
    },
  }
}

const unread: KeySwitchPorts['read'] = () => () => undefined
const keySwitchesOf = ({ keySwitches }: CheckedSite, { clock, readContact = unread }: CorePorts, note: Core['note']): KeySwitches =>
  watchKeySwitches(keySwitches, { clock, note, read: readContact })

async function readOf(site: CheckedSite, name: string, read: (unit: number) => Promise<number | 'not-read'>): Promise<number | 'not-read'> {
  const breaker = site.breakers.find((one) => one.name === name)
  return breaker === undefined ? 'not-read' : read(breaker.unit)
}

type BusPorts = Parameters<typeof createBus>[1]
type Stores = Pick<Core, 'checklist' | 'keySwitches' | 'locks' | 'tags' | 'masterLock' | 'grants' | 'observedRequests'>

/** What people have locked, tagged and granted, as the last run left it. */
async function openStores(site: CheckedSite, ports: CorePorts, note: Core['note']): Promise<Stores> {
  const { journal, clock, random, hours } = ports
  const names = site.breakers.map((breaker) => breaker.name)
  return {
    locks: await openLockStore(names, journal, clock, hours),
    tags: await openTagStore(journal, { clock, random }),
    masterLock: await openMasterLock(journal, clock),
    checklist: await openChecklist(journal, clock),
    keySwitches: keySwitchesOf(site, ports, note),
    grants: await openGrantStore(journal, { clock, random }),
    observedRequests: await openObservedRequests(journal, clock),
  }
}

type Served = (asked: IncomingRequest, answer: Promise<Answer>) => void

function capturesByUnit(site: CheckedSite, captures: ReadonlyMap<string, Capture>): ReadonlyMap<number, Served> {
  return new Map(
    site.breakers.map((breaker) => [breaker.unit as number, (asked, answer) => captures.get(breaker.bus)?.served(asked, breaker, answer)]),
  )
}

type BreakerPorts = Pick<CorePorts, 'passwordOf' | 'clock' | 'policy'> & {
  readonly buses: ReadonlyMap<string, Bus>
  readonly site: Pick<CheckedSite, 'buses'>
  readonly locks: LockStore
  readonly tags: TagStore
  readonly masterLock: MasterLock
  readonly grants: GrantStore
  readonly watch: BreakerStates
  readonly movements: Movements
  readonly keySwitches: KeySwitches
}

function breakerOf(settings: BreakerSettings, ports: BreakerPorts): Breaker {
  const { buses, locks, watch, movements, passwordOf, clock } = ports
  const { name, unit, profile, address, replyTimeoutMs, refresh } = settings
  const line = ports.site.buses.find((one) => one.name === settings.bus)
  const lanes = line?.kind === 'tcp' && line.connections * line.pipelined > 1 ? 'several' : 'one'
  const bus = buses.get(settings.bus)
  if (bus === undefined) throw new Error(`a checked configuration names bus "${settings.bus}" that is not there`)
  const turns = createCommandTurns(clock, lanes)
  const destination = { address, replyTimeoutMs, refresh }
  return {
    name,
    unit,
    address,
    profile,
    bus: settings.bus,
    commandTurns: turns,
    locks: () => locks.locks(name),
    restrictions: restrictionsOf(name, ports),
    passwordOf: (level) => passwordOf(name, level),
    perform: (cleared, { subject, stillConnected }, stillHolds) =>
      bus.perform(cleared, destination, { subject, stillConnected, stillHolds }),
    allowed: (operation, correlation) => movements.allowed(name, operation, correlation),
    observe(asked, outcome) {
      watch.observe(settings, asked.request, outcome)
    },
  }
}

/** Made once, since each request asks for it: it shows what it is when it is looked at. */
function restrictionsOf(name: string, { tags, masterLock, grants, keySwitches, policy }: BreakerPorts): Restrictions {
  return {
    get mode() {
      return policy().observed.has(name) ? 'observe' : 'enforce'
    },
    get tagged() {
      return isTagged(tags.tags(), name)
    },
    get masterLock() {
      return masterLock.state().on
    },
    get keySwitch() {
      return keySwitches.barring(name).length > 0
    },
    get grants() {
      return grants.of(name)
    },
    get guards() {
      return policy().guards
    },
    get emergencyOpen() {
      return policy().emergencyOpen
    },
  }
}

type OwnParts = Pick<Core, 'health' | 'breakerStates' | 'locks'> & { readonly refusals: RequestPorts['lastRefusals'] }

function ownUnit(
  site: CheckedSite,
  { version, clock, journal, policy }: CorePorts,
  { health, breakerStates: watch, locks, refusals }: OwnParts,
): OwnUnit {
  const since = clock.now()
  return {
    unit: site.ownUnit,
    view: (client) => ({
      version,
      observes: policy().observed.size > 0,
      uptimeMs: clock.now() - since,
      journalWrites: journal.writes(),
      buses: site.buses.map((bus) => ({ up: health.busIsUp(bus.name) })),
      breakers: site.breakers.map(({ unit, name }) => ({ unit, seen: watch.seen(name), locks: locks.locks(name) })),
      refusal: refusals.of(client),
      now: clock.now(),
    }),
  }
}
