import type { CheckedSite } from '../../src/config/index.ts'
import type { Core, CorePorts } from '../../src/gateway/index.ts'
import type { Clock } from '../../src/platform/index.ts'
import type { Chance } from './chance.ts'
import type { Disk } from './journal.ts'
import type { Oracle } from './oracle.ts'

type Heard = Parameters<Parameters<NonNullable<CorePorts['readContact']>>[1]>[0]
type Rights = CheckedSite['rights']

/** What stands outside the gateway and bars by what people do there: the key switch, and the roles of the site. */
export function createOutside(site: CheckedSite) {
  let hear: (heard: Heard) => void = () => undefined
  let rights: Rights = site.rights
  const without: Rights = new Map([...site.rights].filter(([role]) => role !== 'Operator'))
  return {
    rights: () => rights,
    operatorsMay: (may: boolean) => void (rights = may ? site.rights : without),
    readContact: (_source: unknown, told: (heard: Heard) => void) => {
      hear = told
      return () => undefined
    },
    key: (heard: Heard) => hear(heard),
  }
}
export type Outside = ReturnType<typeof createOutside>

type Switchboard = {
  readonly core: Core
  readonly clock: Clock
  readonly chance: Chance
  readonly oracle: Oracle
  readonly outside: Outside
  readonly site: CheckedSite
  readonly disk: Disk
}

/** How often the key is read, milliseconds; it is debounced by the gateway. */
const KEY_READ_MS = 100
const by = { by: 'ana', reason: 'simulated', workOrder: '' }

/** The people at the switchboard: they lock and unlock, tag, turn the master lock and the key, grant, and lose their rights, when they like. */
export function switchboard({ core, clock, chance, oracle, outside, site, disk }: Switchboard): { stop(): void } {
  let stopped = false
  let keyIn = true
  let told = true
  let turning = 0
  const tag = tagger({ core, chance, oracle, disk })
  const grant = granter({ core, chance, oracle, disk })
  const names = site.breakers.map(({ name }) => name)
  const granted = site.guards.length > 0

  const lock = (name: string): void => {
    oracle.locked(name)
    void core.locks.lock(name, 'control', 'ana', 'simulated')
  }
  const unlock = (name: string): void => {
    const forMs = chance.between(100, 60_000)
    oracle.unlocking(name, forMs)
    void core.locks.unlock(name, 'control', { forMs, ...by, seen: 'any' })
  }
  const master = (): void => {
    const on = !core.masterLock.state().on
    if (on) oracle.bar('*', 'master lock')
    else oracle.unbar('*', 'master lock')
    turning += 1
    void core.masterLock.turn(on, 'ana', 'simulated').then(() => {
      turning -= 1
      if (turning === 0 && core.masterLock.state().on) oracle.bar('*', 'master lock')
    })
  }
  const key = (): void => {
    keyIn = !keyIn
    if (!keyIn) oracle.bar('*', 'key')
    if (!keyIn) outside.key({ kind: chance.happens(0.5) ? 'open' : 'lost', why: 'simulated' })
    // Turned back it bars for the debounce time yet; when that is over is the gateway's to say, not to be early.
    else oracle.unbar('*', 'key')
  }
  const roles = (): void => {
    told = !told
    if (!told) oracle.bar('*', 'role')
    else oracle.unbar('*', 'role')
    outside.operatorsMay(told)
  }
  const turn = (): void => {
    if (stopped) return
    clock.after(chance.between(20, 1500), turn)
    const name = chance.pick(names)
    const what = chance.below(100)
    if (what < 20) lock(name)
    else if (what < 62) unlock(name)
    else if (what < 76) tag(name)
    else if (what < 79 || core.masterLock.state().on) master()
    else if (what < 83 || !keyIn) key()
    else if (what < 86 || !told) roles()
    else if (granted) grant(name)
    else unlock(name)
  }
  const read = (): void => {
    if (keyIn) outside.key({ kind: 'closed' })
    clock.after(KEY_READ_MS, read)
  }
  clock.after(1, turn)
  read()
  return { stop: () => void (stopped = true) }
}

type Hands = Pick<Switchboard, 'core' | 'chance' | 'oracle' | 'disk'>

/** Hangs a tag, or takes one off. */
function tagger({ core, chance, oracle, disk }: Hands): (name: string) => void {
  const removing = new Map<string, number>()
  return (name) => {
    const hanging = core.tags.tags().tags.filter(({ on }) => on.kind === 'breaker' && on.breaker === name)
    const [first] = hanging
    if (first === undefined || (hanging.length < 2 && chance.happens(0.2))) {
      if (first === undefined && chance.happens(0.6)) return
      const id = core.tags.freshId()
      const hung = core.tags.act({ kind: 'hang', id, on: { kind: 'breaker', breaker: name }, ...by, by: chance.pick(['ana', 'bob']) })
      void hung.then((done) => {
        if (done.kind === 'done' && done.recorded === 'recorded' && !disk.states.has(`tag/${id}`)) oracle.unrecorded(`tag ${id} on ${name}`)
      })
      // It holds in the same moment; a second one of the same person is refused.
      if (core.tags.tags().tags.some((one) => one.id === id)) oracle.bar(name, id)
      return
    }
    // From here on it may be off at any time; a full disk leaves it hanging.
    oracle.unbar(name, first.id)
    removing.set(first.id, (removing.get(first.id) ?? 0) + 1)
    void core.tags.act({ kind: 'remove', id: first.id, by: first.owner }).then(() => {
      const left = (removing.get(first.id) ?? 1) - 1
      removing.set(first.id, left)
      if (left === 0 && core.tags.tags().tags.some(({ id }) => id === first.id)) oracle.bar(name, first.id)
    })
  }
}

/** Asks for a grant and approves it, or revokes one. */
function granter({ core, chance, oracle }: Hands): (name: string) => void {
  return (name) => {
    const live = core.grants.of(name).filter(({ state }) => state.kind === 'approved')
    const [first] = live
    if (first !== undefined && chance.happens(0.4)) {
      oracle.revoked(first.id)
      void core.grants.act(first.id, { kind: 'revoke', by: 'bob', reason: 'simulated', version: first.version })
      return
    }
    const [uses, lengthMs] = [1 + chance.below(3), chance.between(100, 20_000)]
    const client = `client-${chance.below(5)}`
    const asked = core.grants.ask(
      { client, breaker: name, for: { kind: 'class', class: 'control' }, uses, startsMs: 0, lengthMs, reason: 'simulated', workOrder: '' },
      'ana',
    )
    // Its window begins when the approval is on the disk: how long that takes is on top.
    void asked.then(async (done) => {
      if (done.kind !== 'done') return
      const { id, version } = done.grant
      const approved = await core.grants.act(id, { kind: 'approve', by: 'bob', reason: '', version })
      if (approved.kind === 'done') oracle.granted(name, id, uses, lengthMs)
    })
  }
}
