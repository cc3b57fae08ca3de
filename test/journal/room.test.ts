import t from 'tap'
import { type SecurityEvent, event } from '../../src/events/index.ts'
import { type Entry, type Writer, createJournal } from '../../src/journal/index.ts'
import { createQueue } from '../../src/journal/queue.ts'
import { WAITING_EVENTS } from '../../src/journal/limits.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { something } from '../support/journals.ts'

const quiet = { info: () => undefined, warn: () => undefined }
const alarm = (i: number): SecurityEvent => event('breaker-tripped', { ...seen, breaker: `Q${i}` })
const seen = { breaker: '', bus: 'b', unit: 1, expected: 'unexpected', correlation: '', connected: '' }
const locked = (by: string): SecurityEvent => event('locked', { subject: by, breaker: 'Q1', scope: 'control', reason: 'x' })

/** A disk that takes a commit when the test lets it, or refuses all. */
function slowDisk() {
  const disk = { refuses: false, written: [] as SecurityEvent[], states: new Map<string, string>(), go: (): void => undefined }
  let seq = 0
  const writer = {
    head: { seq: 0, hash: '' },
    key: '',
    publicPem: '',
    keyMade: false,
    keyFault: '',
    async write(entries: readonly Entry[]) {
      if (disk.refuses) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
      await new Promise<void>((resolve) => (disk.go = resolve))
      for (const { event: told, state } of entries) {
        if (told !== 'checkpoint') disk.written.push(told)
        for (const [key, value] of Object.entries(state)) disk.states.set(key, value)
      }
      seq += entries.length
      return { first: seq - entries.length + 1, head: { seq, hash: '' } }
    },
    release: () => Promise.resolve(false),
    restore: () => Promise.resolve(!disk.refuses),
    fold: () => Promise.resolve(),
  } as unknown as Writer
  const clock = virtualClock()
  const journal = createJournal(writer, clock, quiet)
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  /** Until nothing is written any more. */
  async function drain(): Promise<void> {
    for (let before = -1; before !== seq;) {
      before = seq
      for (let i = 0; i < 3; i++) {
        disk.go()
        clock.advance(1100)
        await settle()
      }
    }
  }
  return { disk, clock, journal, settle, drain }
}

const losses = (written: readonly SecurityEvent[]) => written.filter(({ id }) => id === 'events-lost')

t.test(
  'a flood of notes takes no room of permits, states and alarms; what is lost is one event with the exact count [CR 2.9]',
  async (t) => {
    const { disk, journal, drain } = slowDisk()
    const flood = WAITING_EVENTS.other + 2345
    for (let i = 0; i < flood; i++) journal.note(something(i))
    const permit = journal.append(something(-1))
    const tag = journal.keep(locked('ana'), { lock: 'shut' })
    journal.note(alarm(1))
    for (let i = 0; i < 10; i++) journal.note(something(i))
    await drain()
    t.type(await permit, 'number')
    t.type(await tag, 'number')
    const lost = losses(disk.written)
    const count = lost.reduce((sum, { fields }) => sum + Number(fields.count), 0)
    t.equal(lost.length, 1)
    t.equal(disk.written.filter(({ fields }) => /^p\d/.test(String(fields.subject))).length + count, flood + 10, 'written + counted = told')
    t.match(lost[0]?.fields, { reason: `locked ${count}` })
    t.ok(disk.written.some(({ id }) => id === 'breaker-tripped'))
    const order = disk.written.map(({ id, fields }) => (fields.subject === 'ana' ? 'ana' : id))
    t.ok(order.indexOf('events-lost') < order.indexOf('ana'), 'it has the place at which the first was lost')
  },
)

t.test('what is in force already is never refused: it waits for the disk, and its caller hears that it does [CR 2.10]', async (t) => {
  const { disk, journal, settle, drain } = slowDisk()
  disk.refuses = true
  const onItsWay = journal.keep(locked('ana'), { a: '1' })
  t.equal(await onItsWay, 'not-yet')
  t.equal(journal.writes(), false)
  t.equal(await journal.keep(locked('bob'), { b: '1' }), 'not-yet', 'at once')
  t.equal(await journal.append(something(1)), 'unavailable')
  disk.refuses = false
  await drain()
  t.same(
    [...disk.states],
    [
      ['a', '1'],
      ['b', '1'],
    ],
  )
  t.same(
    disk.written.filter(({ id }) => id === 'locked').map(({ fields }) => fields.subject),
    ['ana', 'bob'],
  )
  const later = journal.keep(locked('eve'), { a: '2' })
  await settle()
  disk.go()
  t.type(await later, 'number')
})

t.test('a disk that refuses for hours costs no memory without end, and no state: the last of each is written [CR 2.10]', async (t) => {
  const { disk, clock, journal, settle, drain } = slowDisk()
  disk.refuses = true
  t.equal(await journal.append(something(0)), 'unavailable')
  const told = { states: WAITING_EVENTS.state + 500, alarms: WAITING_EVENTS.alarm + 500 }
  for (let i = 0; i < told.states; i++) {
    t.equal(await journal.keep(locked(`s${i}`), { [`k${i % 7}`]: String(i) }), 'not-yet')
    if (i < told.alarms) journal.note(alarm(i))
    if (i % 500 === 0) clock.advance(1000)
    if (i % 500 === 0) await settle()
  }
  journal.note(something(1), { k0: 'newest' })
  disk.refuses = false
  await drain()
  const counted = losses(disk.written).reduce((sum, { fields }) => sum + Number(fields.count), 0)
  t.ok(counted >= 500)
  const kept = disk.written.filter(({ id }) => id === 'locked' || id === 'breaker-tripped').length
  t.equal(kept + counted, told.states + told.alarms + 1, 'each is written or counted')
  const newest = new Map(Array.from({ length: told.states }, (_, i) => [`k${i % 7}`, String(i)]))
  t.same(new Map([...disk.states].sort()), newest.set('k0', 'newest'), 'each state is the last')
})

t.test('a state that is newer than one whose event was lost stays the last, also when more is lost after it [CR 2.10]', (t) => {
  const queue = createQueue(virtualClock(), () => undefined)
  const add = (state: Record<string, string>) =>
    queue.add({ entry: { event: locked('ana'), state, utcUs: 0, monotonicMs: 0 }, waiter: { kind: 'state', settle: () => undefined } })
  for (let i = 0; i < WAITING_EVENTS.state; i++) add({})
  t.equal(add({ lock: 'older' }), 'no-room')
  queue.take(1)
  t.equal(add({ lock: 'newer' }), 'queued')
  t.equal(add({ other: 'x' }), 'no-room', 'what is lost is now behind the newer state')
  const written = new Map(queue.take(2 * WAITING_EVENTS.state).flatMap(({ entry }) => Object.entries(entry.state)))
  t.same([...written].sort(), [
    ['lock', 'newer'],
    ['other', 'x'],
  ])
  t.end()
})
