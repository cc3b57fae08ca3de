import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { event } from '../../src/events/index.ts'
import { acceptStates, failOnStates } from '../../src/gateway/record/accept-states.ts'
import { createJournal, createLateWriter, isOfTheDisk } from '../../src/journal/index.ts'
import { OPEN_AGAIN_MS } from '../../src/journal/limits.ts'
import { readStoredStates } from '../../src/journal/read-states.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { filled, journalFile, openJournal, origin, quiet, something } from '../support/journals.ts'

const readOnly = Object.assign(new Error('attempt to write a readonly database'), { code: 'SQLITE_READONLY' })
const entry = (i: number) => ({ event: something(i), utcUs: 1, monotonicMs: 1, state: { [`k${i}`]: String(i) } })
const fileAt = (path: string) => ({ path, origin, keyCredential: undefined, utcUs: 1 })

t.test('stored states are read from a journal that ended in order, that was killed, and that is not there', async (t) => {
  const path = journalFile(t)
  t.same(readStoredStates(path), { head: { seq: 0, hash: '' }, states: [], last: [], openOperations: [] })
  const journal = await openJournal(path)
  await journal.append(something(1), { 'tag/a': 'hangs' })
  const killed = join(dirname(path), 'killed.db')
  for (const suffix of ['', '-wal', '-shm']) copyFileSync(path + suffix, killed + suffix)
  await journal.close()
  for (const one of [path, killed]) {
    const stored = readStoredStates(one)
    t.match(
      stored.states.filter(({ key }) => key === 'tag/a'),
      [{ value: 'hangs' }],
    )
    t.ok(stored.head.seq >= 1)
    t.equal(stored.last.length, 1)
  }
})

t.test('a damaged journal is not read as one without states', (t) => {
  const path = journalFile(t)
  writeFileSync(path, 'no database at all, and longer than its header would be'.repeat(50))
  t.throws(() => readStoredStates(path), /not a database/)
  t.throws(() => createLateWriter(fileAt(path), readOnly, virtualClock(), () => undefined))
  t.end()
})

t.test('what a later try may mend is told from what it will not', (t) => {
  for (const code of ['SQLITE_FULL', 'SQLITE_READONLY_DIRECTORY', 'SQLITE_CANTOPEN', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EROFS', 'EACCES'])
    t.ok(isOfTheDisk(Object.assign(new Error(code), { code })), code)
  for (const code of ['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_BUSY'])
    t.notOk(isOfTheDisk(Object.assign(new Error(code), { code })), code)
  t.notOk(isOfTheDisk(new Error('another gateway is writing')))
  t.end()
})

t.test('a late journal refuses in the words of its disk, tries again after a pause, and is opened once for two who wait', async (t) => {
  const path = journalFile(t)
  const clock = virtualClock()
  rmSync(dirname(path), { recursive: true })
  let opened = 0
  const late = createLateWriter(fileAt(path), readOnly, clock, () => (opened += 1))
  await t.rejects(late.write([entry(1)]), /readonly/, 'no thread is started before the pause is over')
  clock.advance(OPEN_AGAIN_MS)
  await t.rejects(late.write([entry(1)]), /cannot be made: ENOENT/, 'tried, and its folder is not there')
  mkdirSync(dirname(path))
  await t.rejects(late.putState('k', 'v'), /cannot be made: ENOENT/, 'not tried again at once')
  t.same(await late.states(''), [])
  t.equal(await late.release(), false)
  clock.advance(OPEN_AGAIN_MS)
  await Promise.all([late.write([entry(1)]), late.write([entry(2)])])
  t.equal(opened, 1)
  t.match(
    (await late.states('k')).map(({ key }) => key),
    ['k1', 'k2'],
  )
  t.equal((await late.read(0, 10)).length, 2)
  await late.close()
})

t.test('a late journal does not say that there is nothing where it cannot read what there is', async (t) => {
  const path = journalFile(t)
  await filled(path, 5)
  const late = createLateWriter(fileAt(path), readOnly, virtualClock(), () => undefined)
  const { seq } = late.head
  t.ok(seq >= 5)
  await t.rejects(late.read(0, 10), /readonly/)
  t.equal((await late.read(seq - 1, 1)).length, 1, 'the last one is known')
  t.same(await late.read(seq, 10), [])
  await late.close()
})

t.test(
  'states that do not fit when the journal is opened late are a failed self-test, and are accepted after a restart only',
  async (t) => {
    const said: string[] = []
    const works: string[] = []
    const failed = { fails: (part: string, why: string) => said.push(`${part}: ${why}`) }
    failOnStates({ stateCheck: () => ({ kind: 'fits' }) }, failed as never)
    t.same(said, [])
    failOnStates(
      { stateCheck: () => ({ kind: 'does-not-fit', fault: { kind: 'not-authenticated' }, unfit: [] }) as never },
      failed as never,
    )
    t.match(said, [/^states: the stored states do not fit/])
    const journal = createJournal(
      createLateWriter(fileAt(journalFile(t)), readOnly, virtualClock(), () => undefined),
      virtualClock(),
      quiet,
    )
    const ports = { journal, failClosed: { faults: () => [{ part: 'states' }], works: (part: string) => works.push(part) } }
    const others = { locks: { lockAll: () => undefined }, tags: { tags: () => ({ tags: [] }) } }
    t.match(await acceptStates({ ...ports, ...others, openedLate: true } as never, 'ana', 'r'), {
      kind: 'refused',
      why: /after a restart only/,
    })
    t.match(await acceptStates({ ...ports, ...others, openedLate: false } as never, 'ana', 'r'), { kind: 'refused', why: /readonly/ })
    t.same(works, [])
    t.equal(await journal.append(event('gateway-stopped', { reason: 'x' })), 'unavailable')
  },
)
