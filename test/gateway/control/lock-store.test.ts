import t from 'tap'
import type { SecurityEvent } from '../../../src/events/index.ts'
import { toRecordId } from '../../../src/events/index.ts'
import { openLockStore } from '../../../src/gateway/index.ts'
import type { Journal, States } from '../../../src/journal/index.ts'
import { isUnlocked } from '../../../src/policy/index.ts'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'

/** A journal in memory whose disk answers when it is told to. */
function memoryJournal(stored: Map<string, string> = new Map()) {
  const events: SecurityEvent[] = []
  const write = (event: SecurityEvent, states: States = {}): void => {
    events.push(event)
    for (const [key, value] of Object.entries(states)) stored.set(key, value)
  }
  let disk: Promise<'good' | 'full'> = Promise.resolve('good')
  const journal = {
    note: write,
    append: async (event: SecurityEvent, states?: States) => {
      if ((await disk) === 'full') return 'unavailable'
      write(event, states)
      return toRecordId(events.length)
    },
    keep: async (event: SecurityEvent, states: States) => {
      write(event, states)
      return (await disk) === 'full' ? 'not-yet' : toRecordId(events.length)
    },
    states: () => Promise.resolve(stored),
  } as unknown as Journal
  return { journal, events, stored, setDisk: (next: typeof disk) => void (disk = next) }
}
const MINUTE = 60_000

t.test('a lock opens for its time and shuts by its timer, to the millisecond [S-29] [S-31]', async (t) => {
  const clock = virtualClock()
  const { journal, events } = memoryJournal()
  const book = await openLockStore(['Q1', 'Q2'], journal, clock, () => 'not set')
  const open = () => isUnlocked(book.locks('Q1').control, clock.now())
  t.equal(open(), false, 'locked by default')
  await book.unlock('Q1', 'control', { forMs: 5 * MINUTE, by: 'ana', reason: 'WO-1', workOrder: '', seen: 'any' })
  t.equal(open(), true)
  t.equal(isUnlocked(book.locks('Q1')['protection-setting'], clock.now()), false, 'another scope stays locked')
  t.equal(isUnlocked(book.locks('Q2').control, clock.now()), false, 'another breaker stays locked')
  clock.advance(5 * MINUTE - 1)
  t.equal(open(), true)
  clock.jumpWall(-60 * MINUTE) // a clock that is set back opens nothing for longer
  clock.advance(1)
  t.equal(open(), false)
  t.same(
    events.map((event) => event.id),
    ['unlocked', 'relocked-by-timer'],
  )
  t.match(book.locks('Q1').control, { kind: 'locked', by: { kind: 'timer' } })
})

t.test('a lock that somebody shut while an unlock was on its way to the disk stays shut', async (t) => {
  const clock = virtualClock()
  const { journal, setDisk } = memoryJournal()
  const book = await openLockStore(['Q1'], journal, clock, () => 'not set')
  let good: (disk: 'good') => void = () => undefined
  setDisk(new Promise((resolve) => (good = resolve)))
  const unlocking = book.unlock('Q1', 'control', { forMs: MINUTE, by: 'ana', reason: 'WO-1', workOrder: '', seen: 'any' })
  book.lock('Q1', 'control', 'bob', 'people at work')
  good('good')
  await unlocking
  t.match(book.locks('Q1').control, { kind: 'locked', by: { kind: 'person', name: 'bob' } })
})

t.test('nothing unlocks while the journal cannot be written [CR 2.10]', async (t) => {
  const clock = virtualClock()
  const { journal, setDisk } = memoryJournal()
  const book = await openLockStore(['Q1'], journal, clock, () => 'not set')
  setDisk(Promise.resolve('full'))
  t.equal(await book.unlock('Q1', 'control', { forMs: MINUTE, by: 'ana', reason: 'WO-1', workOrder: '', seen: 'any' }), 'unavailable')
  t.equal(book.locks('Q1').control.kind, 'locked')
})

t.test('a restart keeps a lock with its reason and ends a timed unlock [CR 7.4]', async (t) => {
  const clock = virtualClock()
  const { journal, stored } = memoryJournal()
  const first = await openLockStore(['Q1', 'Q2'], journal, clock, () => 'not set')
  await first.unlock('Q1', 'control', { forMs: 5 * MINUTE, by: 'ana', reason: 'WO-1', workOrder: '', seen: 'any' })
  first.lock('Q2', 'control', 'bob', 'people at work')
  first.close()
  const after = memoryJournal(stored)
  const second = await openLockStore(['Q1', 'Q2'], after.journal, virtualClock(), () => 'not set')
  t.match(second.locks('Q1').control, { kind: 'locked', by: { kind: 'restart' } })
  t.match(second.locks('Q2').control, { kind: 'locked', by: { kind: 'person', name: 'bob', reason: 'people at work' } })
  t.same(
    after.events.map((event) => event.id),
    ['locked'],
  )
})
