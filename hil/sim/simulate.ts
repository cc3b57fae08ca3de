import { type CheckedSite, loadProfile, profileFolder } from '../../src/config/index.ts'
import { type OpenWire, createSerialLine, createTcpLine } from '../../src/bus/index.ts'
import { type Core, createCore, collapseEvents } from '../../src/gateway/index.ts'
import { event } from '../../src/events/index.ts'
import { createJournal } from '../../src/journal/index.ts'
import { toConnectionId, toRole } from '../../src/policy/index.ts'
import { type ClientSocket, createAdmission, startSession } from '../../src/upstream/index.ts'
import { type Chance, chanceFrom } from './chance.ts'
import { type Habit, type SimClient, simClient } from './client.ts'
import { simDevice } from './device.ts'
import { type Disk, emptyDisk, simWriter } from './journal.ts'
import { type Outside, createOutside, switchboard } from './people.ts'
import { type Oracle, createOracle } from './oracle.ts'
import { lostByRestart } from './restart.ts'
import { simSite } from './site.ts'
import { SimSocket } from './socket.ts'
import { type Stall, createStall } from './stall.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'
import { type Faults, serialWire, tcpWire } from './wires.ts'

/** What one run came to. `broken` is empty when every rule held. */
export type Run = {
  readonly seed: number
  readonly broken: readonly string[]
  readonly steps: number
  readonly answered: number
  readonly operations: number
  readonly refusedForSilence: number
  /** Refusals of a client that tried all the time what it may not. */
  readonly refused: number
  readonly events: number
  readonly minutes: number
}

/** The queue of a bus, its bound included: more than this is a broken rule. */
const MOST_WAITING = 2048
/** Faults end, and everything must be answered within this, milliseconds. */
const SETTLE_MS = 60_000
/** How long the gateway may follow what became of an operation, and the disk needs to hold it, milliseconds. */
const OUTCOMES_MS = 10_000
/** The gateway's own poll must find a breaker that answers again within this: the longest pause between two questions, milliseconds. */
const RETURN_MS = 120_000
/** A client without any right to operate that tries all the time, from a host of its own. */
const REFUSED_CLIENT = 'client-2-refused'
const hostOf = (client: string): string => (client === REFUSED_CLIENT ? '10.0.0.66' : '10.0.0.9')
const DRAIN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * One whole gateway on a virtual clock: clients, breakers and faults by chance, rules checked at each step. In the first part faults are on
 * and only safety is asked; then they end, and every request must be answered or its connection closed.
 * Faults made: replies lost, late, doubled, foreign, broken, cut; ports that vanish; half-open connections, and some that end in order after
 * an answer; a slow and a full disk; clients that leave or send garbage; locks that open and shut, tags, grants, the master lock, a key
 * switch and roles that are changed at any moment. On some sites also: a process that is stopped for up to 2.5 s, devices that leave one
 * register without a reply, devices that send what answers nobody, a client that reads as much as it may, a client that is refused as fast
 * as it can ask, a disk that is full when the gateway starts. At the end the gateway starts again from what the disk holds. Not made: a reply that is later
 * than twice its time-out, since on a serial line nothing in it says what it answers; a process that is killed (test/e2e).
 */
export async function simulate(seed: number, faultMs: number, eachMinute: (minute: number) => void = () => undefined): Promise<Run> {
  const chance = chanceFrom(seed)
  const clock = virtualClock()
  const faults: Faults = { on: true, floods: chance.happens(0.3), mute: chance.happens(0.3) }
  const stall = createStall(clock)
  const broken: string[] = []
  const rule = (text: string): void => void broken.push(`at ${(clock.now() / 1000).toFixed(3)} s: ${text}`)
  const disk = emptyDisk()
  const profile = loadProfile([profileFolder], 'nsx-bscm')
  if (!('name' in profile)) throw new Error('the profile of the simulation has mistakes')
  const { site, breakers } = simSite(profile, chance)
  const outside = createOutside(site)
  const leastSilenceMs = Math.min(...site.breakers.map(({ replyTimeoutMs }) => replyTimeoutMs))
  const oracle = createOracle({ clock, stored: disk.stored, broken: rule, grants: site.guards.length > 0, leastSilenceMs })
  const world: World = { site, outside, chance, clock, stall, faults, disk, rule, oracle }
  const { core, end } = await settled(createWorldCore(world), clock)

  const connections = connector(core, stall)
  const starves = chance.happens(0.3)
  const client = (name: string, habit: Habit): SimClient =>
    simClient(name, {
      clock,
      chance,
      breakers,
      broken: rule,
      habit,
      connect: (who: string) => connections.connect(who),
      mayMisbehave: () => faults.on && habit !== 'refused',
    })
  const mixed = Array.from({ length: 2 + chance.below(4) }, (_, i) => client(`client-${i}`, starves && i === 1 ? 'starves' : 'mixed'))
  const refused = chance.happens(0.3) ? [client(REFUSED_CLIENT, 'refused')] : []
  const clients = [...mixed, ...refused]
  const people = switchboard({ core, clock: stall.clock, chance, oracle, outside, site, disk })
  if (chance.happens(0.3)) stopNowAndThen(stall, clock, chance, faults)

  let steps = 0
  let minutes = 0
  const until = async (ms: number, done: () => boolean): Promise<void> => {
    const end = clock.now() + ms
    while (broken.length === 0 && !done() && clock.step(end - clock.now())) {
      steps += 1
      if (clock.now() >= 60_000 * (minutes + 1)) eachMinute((minutes += 1))
      await DRAIN()
      for (const bus of core.buses.values()) if (bus.figures().waiting > MOST_WAITING) rule('a queue has no bound')
    }
  }
  await until(faultMs, () => false)
  faults.on = false
  for (const client of clients) client.stop()
  people.stop()
  const open = (): number => clients.reduce((sum, client) => sum + client.open(), 0)
  await until(SETTLE_MS, () => open() === 0)
  if (broken.length === 0 && open() > 0) rule(`${open()} requests were neither answered nor closed`)
  await until(OUTCOMES_MS, () => false)
  const silent = (): string[] =>
    site.breakers.filter(({ bus, address }) => core.buses.get(bus)?.unitFigures(address).state === 'silent').map(({ name }) => name)
  await until(RETURN_MS, () => silent().length === 0)
  if (broken.length === 0 && silent().length > 0) rule(`${silent().join(', ')} answer again and are still left alone`)
  if (broken.length === 0) oracle.finish()
  await settled(end(), clock)
  await until(OUTCOMES_MS, () => false)
  if (broken.length === 0) await judgeDisk(core, refused, world)
  return summary({ seed, broken, steps, clients, refused, oracle, events: disk.stored.length, clock })
}

/** What the disk holds at the end: every refusal of the client that was refused all the time, and books that bar what those in memory barred. */
async function judgeDisk(core: Core, refused: readonly SimClient[], world: World): Promise<void> {
  const { disk, rule, clock, site } = world
  for (const client of refused) {
    const [answered, recorded] = [client.refused(), disk.refusals.get(hostOf(REFUSED_CLIENT)) ?? 0]
    if (answered !== recorded) rule(`${answered} operations were refused to one client, and the disk tells of ${recorded}`)
  }
  const { core: again, end } = await settled(createWorldCore(world), clock)
  const names = site.breakers.map(({ name }) => name)
  for (const lost of lostByRestart(core, again, names)) rule(lost)
  await settled(end(), clock)
}

/** The process is stopped: by a debugger, by swapping, by a disk. */
function stopNowAndThen(stall: Stall, clock: VirtualClock, chance: Chance, faults: Faults): void {
  clock.after(chance.between(500, 5000), () => {
    if (!faults.on) return
    stall.stop(chance.pick([300, 800, 1200, 2500]))
    stopNowAndThen(stall, clock, chance, faults)
  })
}

type Seen = Pick<Run, 'seed' | 'broken' | 'steps' | 'events'> & {
  readonly clients: readonly SimClient[]
  readonly refused: readonly SimClient[]
  readonly oracle: Oracle
  readonly clock: VirtualClock
}
const summary = ({ seed, broken, steps, events, clients, refused, oracle, clock }: Seen): Run => ({
  seed,
  broken,
  steps,
  events,
  operations: oracle.operations(),
  refusedForSilence: oracle.refusedForSilence(),
  answered: clients.reduce((sum, client) => sum + client.answered(), 0),
  refused: refused.reduce((sum, client) => sum + client.refused(), 0),
  minutes: clock.now() / 60_000,
})

/** What must wait for the virtual clock is given time until it is there. */
async function settled<T>(promise: Promise<T>, clock: VirtualClock): Promise<T> {
  const there: T[] = []
  void promise.then((value) => there.push(value))
  for (;;) {
    await DRAIN()
    const [value] = there
    if (value !== undefined) return value
    clock.step(1000)
  }
}

type World = {
  readonly site: CheckedSite
  readonly outside: Outside
  readonly chance: Chance
  readonly clock: VirtualClock
  readonly stall: Stall
  readonly faults: Faults
  readonly disk: Disk
  readonly rule: (text: string) => void
  readonly oracle: Oracle
}

/** The gateway, with its clock and its ports on a process that may be stopped. `end` stops it in order. */
async function createWorldCore(world: World): Promise<{ readonly core: Core; readonly end: () => Promise<string> }> {
  const { site, outside, chance, stall, faults, disk, oracle } = world
  const log = { info: () => undefined, warn: () => undefined }
  const journal = collapseEvents(createJournal(simWriter(stall.clock, chance, faults, disk), stall.clock, log), stall.clock)
  const core = await createCore(site, {
    rights: outside.rights,
    readContact: outside.readContact,
    version: 'simulated',
    clock: stall.clock,
    random: chance,
    log,
    journal: {
      ...journal,
      note(happened) {
        const { breaker, reason } = happened.fields
        if (happened.id === 'operation-failed' && String(reason).includes('has not answered since')) oracle.leftAlone(String(breaker))
        journal.note(happened)
      },
    },
    trusted: () => true,
    policy: () => site,
    hours: () => 'not set',
    passwordOf: () => 'op42',
    openLine: lineOpener(world),
  })
  return {
    core,
    async end() {
      await core.close()
      return String(await journal.finish(event('gateway-stopped', { reason: 'the simulation is over' })))
    },
  }
}

function lineOpener({ site, chance, clock, stall, faults, rule, oracle }: World): Parameters<typeof createCore>[1]['openLine'] {
  return (bus, notice, tap) => {
    const on = site.breakers.filter((breaker) => breaker.bus === bus.name)
    const operated = (at: number, pdu: Buffer): void => oracle.operated(bus.name, at, pdu)
    const devices = new Map(on.map(({ address }) => [address as number, simDevice(address, clock, operated, faults.mute)]))
    const replyTimeoutMs = on[0]?.replyTimeoutMs ?? 0
    const answered = (address: number): void => stall.arrives(() => oracle.answered(address))
    const world = { clock, chance, faults, devices, replyTimeoutMs, broken: rule, answered }
    const ports = { clock: stall.clock, random: chance, notice }
    return bus.kind === 'serial'
      ? createSerialLine(bus, whileItRuns(serialWire(world, bus.baud), stall), ports, tap)
      : createTcpLine(bus, whileItRuns(tcpWire(world), stall), ports, tap)
  }
}

/** A wire that a stopped process does not hear until it goes on. */
const whileItRuns =
  (open: OpenWire, stall: Stall): OpenWire =>
  (events) =>
    open({
      opened: () => stall.arrives(() => events.opened()),
      failed: (why) => stall.arrives(() => events.failed(why)),
      bytes: (chunk) => stall.arrives(() => events.bytes(chunk)),
      ended: () => stall.arrives(() => events.ended()),
      lost: (why) => stall.arrives(() => events.lost(why)),
      warning: (why) => stall.arrives(() => events.warning(why)),
    })

/** Connects clients as the listener does, without a network and without TLS. */
function connector(core: Core, stall: Stall) {
  const admission = createAdmission()
  const roles = ['Operator', 'Operator', 'Viewer', 'Engineer'] as const
  let last = 0
  return {
    connect(name: string): SimSocket {
      last += 1
      const socket = new SimSocket((run) => stall.arrives(run))
      const role = toRole(roles[Number(name.split('-')[1]) % roles.length] ?? 'Viewer') ?? 'NULL'
      const connection = toConnectionId(last)
      startSession(socket as unknown as ClientSocket, {
        subject: {
          kind: 'client',
          name,
          role,
          source: `${hostOf(name)}:${last}`,
          connection,
          levels: { usual: 'control', of: new Map(), limit: { kind: 'none' } },
        },
        idleMs: 600_000,
        listener: 'simulated',
        inFlight: 12,
        clock: stall.clock,
        report: core.report,
        admission,
        operates: true,
        serve: core.serve,
        ended: () => core.left(connection),
      })
      return socket
    },
  }
}
