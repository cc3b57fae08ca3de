import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { justTheChain, judgeOf, salvage, setJournalAside, verifyJournal } from '../../src/journal/index.ts'
import { filled, journalFile, openJournal, openWriter, something } from '../support/journals.ts'

const NOW_US = Date.UTC(2026, 10, 24, 10, 0, 0) * 1000

t.test(
  'a journal whose last event is not what was written is moved aside, and a new chain begins at numbers never used [CR 3.9] [CR 7.4]',
  async (t) => {
    const path = journalFile(t)
    await filled(path, 3)
    const db = new Database(path)
    db.exec(`UPDATE record SET body = replace(body, 'p2', 'p9') WHERE seq = 3`)
    db.close()
    const writer = await openWriter(path, NOW_US)
    const file = join(dirname(path), 'journal-damaged-20261124T100000.db')
    t.match(writer.replaced, { file, upTo: 3, reason: /event 3, the last one, does not match/ })
    t.equal(writer.head.seq, 1_000_000)
    await writer.close()
    t.match(verifyJournal(file, justTheChain), { kind: 'broken', seq: 3 }, 'the old one is as it was')
    await filled(path, 2)
    t.match(
      verifyJournal(path, { ...justTheChain, keys: [judgeOf(readFileSync(join(dirname(path), 'journal.pub'), 'utf8'))] }),
      { kind: 'whole', first: 1_000_001, records: 2 },
      'the beginning of the new one is signed',
    )
  },
)

t.test('a file that is no database any more is moved aside too; the last checkpoint tells where numbers go on', async (t) => {
  const path = journalFile(t)
  const journal = await openJournal(path)
  for (let i = 0; i < 5; i++) await journal.append(something(i))
  await journal.finish(something(5))
  await journal.close()
  writeFileSync(path, Buffer.alloc(50_000, 0x11))
  const writer = await openWriter(path, NOW_US)
  t.match(writer.replaced, { upTo: 7, reason: /not a database/ })
  t.equal(writer.head.seq, 1_000_000)
  await writer.close()
})

t.test('a journal that was deleted shows at the next start', async (t) => {
  const path = journalFile(t)
  const journal = await openJournal(path)
  await journal.append(something(1))
  await journal.finish(something(2))
  await journal.close()
  rmSync(path)
  const writer = await openWriter(path, NOW_US)
  t.match(writer.replaced, { reason: /set aside or is lost/, upTo: 3 })
  t.equal(writer.head.seq, 1_000_000)
  await writer.close()
})

t.test('a person can set a journal aside, but not while a gateway writes to it', async (t) => {
  const path = journalFile(t)
  const journal = await openJournal(path)
  await journal.append(something(1))
  t.match(setJournalAside(path, NOW_US), { kind: 'refused', why: /another gateway/ })
  await journal.close()
  t.match(setJournalAside(path, NOW_US), { kind: 'moved' })
  const writer = await openWriter(path, NOW_US)
  t.match(writer.replaced, { upTo: 1 })
  await writer.close()
})

t.test('a second gateway, or a file of a newer version, is no damage: nothing is moved', async (t) => {
  const path = journalFile(t)
  const first = await openWriter(path)
  await t.rejects(openWriter(path), /another gateway/)
  await first.close()
  const db = new Database(path)
  db.pragma('user_version = 99')
  db.close()
  await t.rejects(openWriter(path), /newer version/)
  t.same(
    readdirSync(dirname(path)).filter((name) => name.includes('damaged')),
    [],
  )
})

t.test('what can be read of a damaged journal is read: rows with what the chain says of them, and text in the file', async (t) => {
  const path = journalFile(t)
  await filled(path, 3000)
  const whole = salvage(path)
  t.ok(whole.length >= 3000)
  t.ok(
    whole.slice(1).every(({ chain, how }) => chain === 'fits' && how === 'row'),
    'of a whole one everything fits',
  )
  const bytes = readFileSync(path)
  bytes.fill(0, 0, 8192) // the first page: SQLite opens it no more
  writeFileSync(path, bytes)
  const carved = salvage(path)
  t.ok(carved.length > 2800, `${carved.length} of 3000 by their text alone`)
  t.ok(carved.every(({ how }) => how === 'carved'))
  t.match(carved[1500]?.event, { id: 'locked', fields: { scope: 'control' } })
})

t.test('a journal of the first version is brought up to this one, event by event', async (t) => {
  const path = journalFile(t)
  const writer = await openWriter(path)
  await writer.close()
  await filled(path, 20)
  const db = new Database(path)
  db.exec(`CREATE TABLE old AS SELECT seq, body, hash FROM record; DROP TABLE record; DROP TABLE base;
    CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL) STRICT; INSERT INTO record SELECT * FROM old; DROP TABLE old`)
  db.pragma('user_version = 0')
  db.close()
  await filled(path, 5, 20)
  t.match(verifyJournal(path, justTheChain), { kind: 'whole', records: 25 })
  const journal = await openJournal(path)
  t.equal((await journal.query({ after: 0, limit: 100, breaker: 'Q1' })).length, 5)
  await journal.close()
})
