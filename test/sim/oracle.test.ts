import t from 'tap'
import { createOracle } from '../../hil/sim/oracle.ts'
import { lostByRestart } from '../../hil/sim/restart.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

const closing = Buffer.alloc(46)
closing.writeUInt16BE(905, 6)
const permit = {
  seq: 1,
  id: 'operation-allowed',
  fields: { breaker: 'Q1', operation: 'close circuit breaker Q1', role: 'Operator', correlation: 'a' },
}

function judged(
  stored: readonly (typeof permit)[],
  run: (oracle: ReturnType<typeof createOracle>, clock: ReturnType<typeof virtualClock>) => void,
  grants = false,
): string[] {
  const broken: string[] = []
  const clock = virtualClock()
  run(createOracle({ clock, stored, grants, broken: (rule) => void broken.push(rule) }), clock)
  return broken
}

t.test('the simulation sees what must not be: each rule of its second opinion', (t) => {
  t.same(
    judged([permit], (oracle) => (oracle.unlocking('Q1', 1000), oracle.operated('line', 1, closing))),
    [],
  )
  t.match(
    judged([permit], (oracle) => oracle.operated('line', 1, closing)),
    [/while it was locked/],
  )
  t.match(
    judged([permit], (oracle, clock) => {
      oracle.unlocking('Q1', 1000)
      clock.advance(1000)
      oracle.operated('line', 1, closing)
    }),
    [/while it was locked/],
    'the end belongs to locked',
  )
  t.match(
    judged([], (oracle) => (oracle.unlocking('Q1', 1000), oracle.operated('line', 1, closing))),
    [/the disk holds 0 permits/],
  )
  t.match(
    judged([permit], (oracle) => {
      oracle.unlocking('Q1', 1000)
      oracle.operated('line', 1, closing)
      oracle.operated('line', 1, closing)
    }),
    [/reached Q1 2 times/],
  )
  t.match(
    judged([permit], (oracle) => oracle.operated('line', 1, Buffer.from('0600010001', 'hex'))),
    [/nobody may do that/],
  )
  t.match(
    judged([permit], (oracle) => oracle.finish()),
    [/has 0 ends on the record/],
  )
  t.end()
})

t.test('it sees what bars, one breaker or all of them, and what a grant is for', (t) => {
  const closes = (oracle: ReturnType<typeof createOracle>): void => {
    oracle.unlocking('Q1', 60_000)
    oracle.operated('line', 1, closing)
  }
  for (const [where, found] of [
    ['Q1', [/barred: tag/]],
    ['*', [/barred: tag/]],
    ['Q2', []],
  ] as const)
    t.match(
      judged([permit], (oracle) => (oracle.bar(where, 'tag'), closes(oracle))),
      found,
    )
  t.same(
    judged([permit], (oracle) => (oracle.bar('Q1', 'tag'), oracle.unbar('Q1', 'tag'), closes(oracle))),
    [],
  )
  const granted = (run: (oracle: ReturnType<typeof createOracle>, clock: ReturnType<typeof virtualClock>) => void): string[] =>
    judged([permit, permit], run, true)
  t.match(granted(closes), [/without a grant in force/, /under grants for 0/])
  t.same(
    granted((oracle) => (oracle.granted('Q1', 'a', 1, 1000), closes(oracle))),
    [],
  )
  t.match(
    granted((oracle) => (oracle.granted('Q1', 'a', 1, 1000), oracle.revoked('a'), closes(oracle))),
    [/without a grant in force/],
  )
  t.match(
    granted((oracle, clock) => (oracle.granted('Q1', 'a', 1, 1000), clock.advance(1000), closes(oracle))),
    [/without a grant in force/],
  )
  t.match(
    granted((oracle) => (oracle.granted('Q1', 'a', 1, 1000), closes(oracle), closes(oracle))),
    [/operated 2 times under grants for 1/],
  )
  t.end()
})

t.test('the simulation sees when an operation is refused for the silence of a breaker that has just answered', (t) => {
  const broken: string[] = []
  const clock = virtualClock()
  const oracle = createOracle({ clock, stored: [], broken: (rule) => void broken.push(rule), leastSilenceMs: 200 })
  oracle.answered(1)
  clock.advance(200)
  oracle.leftAlone('Q1')
  oracle.leftAlone('Q2')
  t.same(broken, [])
  oracle.answered(1)
  clock.advance(199)
  oracle.leftAlone('Q1')
  t.match(broken, [/refused for its silence, 199 ms after it had answered/])
  t.end()
})

t.test('it sees what was confirmed and is not on the disk, and what a restart loses', (t) => {
  t.match(
    judged([], (oracle) => oracle.unrecorded('tag a on Q1')),
    [/tag a on Q1 was confirmed and is not on the disk/],
  )
  type Books = Parameters<typeof lostByRestart>[0]
  const books = (hung: readonly string[], master: boolean, control: 'locked' | 'unlocked', grant: string): Books =>
    ({
      tags: { tags: () => ({ tags: hung.map((id) => ({ id })), jobs: [] }) },
      masterLock: { state: () => ({ on: master }) },
      locks: { locks: () => ({ control: { kind: control } }) },
      grants: { of: () => (grant === 'none' ? [] : [{ id: grant, state: { kind: 'approved' } }]) },
    }) as unknown as Books
  const before = books(['a'], true, 'locked', 'none')
  t.same(lostByRestart(before, before, ['Q1']), [])
  t.same(lostByRestart(books(['a'], true, 'unlocked', 'g'), before, ['Q1']), [], 'a lock that shuts and a grant that ends are no loss')
  t.match(lostByRestart(before, books([], true, 'locked', 'none'), ['Q1']), [/tag a hung before/])
  t.match(lostByRestart(before, books(['a', 'b'], true, 'locked', 'none'), ['Q1']), [/tag b was taken off/])
  t.match(lostByRestart(before, books(['a'], false, 'locked', 'none'), ['Q1']), [/master lock was on/])
  t.match(lostByRestart(before, books(['a'], true, 'unlocked', 'none'), ['Q1']), [/Q1 was locked and is open/])
  t.match(lostByRestart(before, books(['a'], true, 'locked', 'g'), ['Q1']), [/grant g approved is in force after/])
  t.end()
})
