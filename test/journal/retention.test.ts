import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { type RetentionLimits, justTheChain, judgeOf, verifyJournal } from '../../src/journal/index.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { journalFile, openJournal, something } from '../support/journals.ts'

const DAY_US = 86_400_000_000
const unlimited: RetentionLimits = { beforeUs: 0, bytes: Infinity, mostBytes: Infinity, delivered: [] }

/** A journal with 3000 events of one day and 3000 of the next. */
async function twoDays(path: string) {
  const clock = virtualClock()
  const journal = await openJournal(path, clock)
  const day = async (): Promise<number> => {
    for (let i = 0; i < 3000; i++) journal.note(something(i))
    await journal.flush()
    return journal.head().seq
  }
  const first = await day()
  clock.advance(DAY_US / 1000)
  await day()
  const all = async (limits: Partial<RetentionLimits>) => {
    const removed: { from: number; to: number }[] = []
    for (;;) {
      const done = await journal.retain({ ...unlimited, ...limits })
      if (done.kind === 'nothing') return removed
      removed.push({ from: done.from, to: done.to })
      if (!done.more) return removed
    }
  }
  return { clock, journal, first, all }
}

t.test(
  'events that are old enough go in ranges, each leaves a signed stub and an event, and the rest still verifies [CR 2.9]',
  async (t) => {
    const path = journalFile(t)
    const { clock, journal, first, all } = await twoDays(path)
    const removed = await all({ beforeUs: clock.utcUs() - DAY_US / 2 })
    t.equal(removed[0]?.from, 1)
    t.ok(Math.abs((removed.at(-1)?.to ?? 0) - first) < 600, 'the first day is gone, to less than the smallest range')
    t.match(await journal.range(0, Infinity), { first: (removed.at(-1)?.to ?? 0) + 1 })
    const told = await journal.query({ after: 0, limit: 100, id: 'journal-truncated' })
    t.equal(told.length, removed.length)
    t.match(told.at(-1)?.fields, { fromSeq: removed.at(-1)?.from, toSeq: removed.at(-1)?.to, root: /^[0-9a-f]{64}$/ })
    await journal.close()
    const key = judgeOf(readFileSync(join(dirname(path), 'journal.pub'), 'utf8'))
    t.match(verifyJournal(path, { ...justTheChain, keys: [key] }), { kind: 'whole', first: (removed.at(-1)?.to ?? 0) + 1 })
    const db = new Database(path)
    db.exec('DELETE FROM record WHERE seq < 4000; UPDATE base SET seq = 3999, hash = (SELECT hash FROM record WHERE seq = 4000)')
    db.close()
    t.match(
      verifyJournal(path, { ...justTheChain, keys: [key] }),
      { kind: 'broken', fault: /removed|edited/ },
      'who takes more away cannot sign for it',
    )
  },
)

t.test('what a sink still owes stays, however old; beyond the disk limit it goes, and the exact range is told [S-39]', async (t) => {
  const path = journalFile(t)
  const { clock, journal, all } = await twoDays(path)
  const old = { beforeUs: clock.utcUs() - DAY_US / 2 }
  const removed = await all({
    ...old,
    delivered: [
      { sink: 'soc', upTo: 700 },
      { sink: 'local', upTo: 5000 },
    ],
  })
  t.same(removed, [{ from: 1, to: 700 }], 'only what the slowest has had')
  t.same(await all({ ...old, delivered: [{ sink: 'soc', upTo: 700 }] }), [], 'and no more, ever')
  const { journalBytes } = await journal.space()
  const forced = await all({
    bytes: journalBytes - 1,
    mostBytes: journalBytes - 1,
    delivered: [
      { sink: 'soc', upTo: 1500 },
      { sink: 'local', upTo: 5000 },
    ],
  })
  t.equal(forced[0]?.from, 701)
  const [dropped] = await journal.query({ after: 0, limit: 10, id: 'events-dropped' })
  const to = forced[0]?.to ?? 0
  t.match(dropped, { severity: 1, fields: { sink: 'soc', fromSeq: 1501, toSeq: to, count: to - 1500 } })
  t.equal((await journal.query({ after: 0, limit: 10, id: 'events-dropped' })).length, 1, 'local has lost nothing')
  await journal.close()
})

t.test('size alone removes the oldest first and keeps the newest, and an operation without an outcome is never removed', async (t) => {
  const path = journalFile(t)
  const { journal, all } = await twoDays(path)
  const removed = await all({ bytes: 0, mostBytes: 0 })
  const { first, last } = await journal.range(0, Infinity)
  t.ok(removed.length > 1 && last - first >= 499, `events ${first} to ${last} are left`)
  await journal.close()
})
