import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { type Verified, justTheChain, judgeOf, readAnchors, verifyJournal } from '../../src/journal/index.ts'
import { filled, journalFile, openJournal, something } from '../support/journals.ts'

type Test = Parameters<typeof journalFile>[0]
const keyOf = (path: string) => judgeOf(readFileSync(join(dirname(path), 'journal.pub'), 'utf8'))

/** Six events, a checkpoint, three more, and what a head was remembered by whoever got the checkpoint. */
async function signed(t: Test): Promise<{ path: string; anchor: { seq: number; hash: string } }> {
  const path = journalFile(t)
  const journal = await openJournal(path)
  for (let i = 0; i < 6; i++) await journal.append(something(i))
  const anchor = journal.head()
  await journal.finish(something(6)) // signs before its last
  await journal.close()
  await filled(path, 3, 7)
  return { path, anchor }
}

/** Makes the chain fit again from an event on, as somebody would who may write the file but has no key. */
function rechain(db: Database.Database, from: number): void {
  let previous = db.prepare<[number], { hash: Buffer }>('SELECT hash FROM record WHERE seq = ?').get(from - 1)?.hash ?? Buffer.alloc(32)
  for (const { seq, body } of db
    .prepare<[number], { seq: number; body: string }>('SELECT seq, body FROM record WHERE seq >= ? ORDER BY seq')
    .all(from)) {
    previous = createHash('sha256').update(previous).update(body).digest()
    db.prepare('UPDATE record SET hash = ? WHERE seq = ?').run(previous, seq)
  }
}

t.test('verify names the first event that is wrong and what was done to it [CR 3.9]', async (t) => {
  const tamper = async (change: (db: Database.Database) => void): Promise<Verified> => {
    const { path, anchor } = await signed(t)
    const before = verifyJournal(path, { ...justTheChain, keys: [keyOf(path)], anchors: [anchor] })
    t.match(before, { kind: 'whole', records: 11, checkpoints: 1, signedUpTo: 6, anchors: 1 })
    const db = new Database(path)
    change(db)
    db.close()
    const head = before.kind === 'whole' ? [before.head] : []
    return verifyJournal(path, { ...justTheChain, keys: [keyOf(path)], anchors: [anchor, ...head] })
  }
  const sql = (text: string) => tamper((db) => void db.exec(text))
  t.match(await sql(`UPDATE record SET body = replace(body, 'p3', 'p9') WHERE seq = 4`), { kind: 'broken', seq: 4, fault: 'edited' })
  t.match(await sql('DELETE FROM record WHERE seq = 3'), { kind: 'broken', seq: 3, fault: 'removed' })
  t.match(await sql('DELETE FROM record WHERE seq < 3'), { kind: 'broken', seq: 1, fault: 'removed' })
  t.match(await sql('UPDATE record SET hash = zeroblob(32) WHERE seq = 5'), { kind: 'broken', seq: 5, fault: 'edited' })
  t.match(
    await sql(
      'UPDATE record SET seq = 99 WHERE seq = 2; UPDATE record SET seq = 2 WHERE seq = 3; UPDATE record SET seq = 3 WHERE seq = 99',
    ),
    {
      kind: 'broken',
      seq: 2,
      fault: 'reordered',
    },
  )
  t.match(await sql('DELETE FROM record WHERE seq > 9'), {
    kind: 'broken',
    seq: 10,
    fault: 'truncated',
    what: /ends at event 9, .* knows of event 11/,
  })
  t.match(await sql(`UPDATE record SET breaker = 'Q9' WHERE seq = 4`), { kind: 'broken', seq: 4, fault: 'edited', what: /column breaker/ })
  t.match(await sql(`UPDATE record SET severity = 6 WHERE seq = 4`), { kind: 'broken', seq: 4, fault: 'edited', what: /column severity/ })
  const rewrite = (from: number, was: string) => (db: Database.Database) => {
    db.exec(`UPDATE record SET body = replace(body, '${was}', 'px') WHERE seq = ${from}`)
    db.exec(`UPDATE record SET subject = 'px' WHERE seq = ${from}`)
    rechain(db, from)
  }
  t.match(await tamper(rewrite(3, 'p2')), { kind: 'broken', fault: 'rewritten' }, 'a chain that was made to fit again')
  t.match(
    await tamper(rewrite(10, 'p8')),
    { kind: 'broken', fault: 'rewritten', seq: 11 },
    'even behind the last checkpoint, by the head that somebody remembers',
  )
})

t.test('a chain that was rewritten to its end shows by its checkpoints alone, and one that was signed anew by its key', async (t) => {
  const { path } = await signed(t)
  const db = new Database(path)
  db.exec(`UPDATE record SET body = replace(body, 'p2', 'px'), subject = 'px' WHERE seq = 3`)
  rechain(db, 3)
  db.close()
  t.match(verifyJournal(path, { ...justTheChain, keys: [keyOf(path)] }), {
    kind: 'broken',
    seq: 1,
    fault: 'rewritten',
    what: /of events 1 to 6 one was/,
  })
  const other = await signed(t)
  t.match(
    verifyJournal(other.path, { ...justTheChain, keys: [keyOf(path)] }),
    { kind: 'broken', seq: 7, fault: 'foreign-key' },
    'whole in itself, but not signed by this gateway',
  )
  t.match(
    verifyJournal(other.path, { ...justTheChain, keys: [keyOf(path), keyOf(other.path)] }),
    { kind: 'whole' },
    'an older key may be named too',
  )
})

t.test('anchors are read out of whatever the SOC gives', (t) => {
  const hash = 'ab'.repeat(32)
  const lines = [
    `<110>1 2026-11-24T10:00:00.000000Z gw breakwall 1 checkpoint [meta sequenceId="8"][breakwall@32473 seq="8" upTo="7" head="${hash}" key="k"] text`,
    `{"breakwall":{"seq":9,"upTo":8,"head":"${hash}"}}`,
    `CEF:0|Breakwall|Breakwall|1|130|checkpoint|1|bwUpTo=9 bwHead=${hash}`,
    `"2026","{""upTo"":10,""head"":""${hash}""}"`,
    'a line of something else',
  ]
  t.same(
    readAnchors(lines.join('\n')).map(({ seq }) => seq),
    [7, 8, 9, 10],
  )
  t.end()
})

t.test('a file that is damaged, none, or no journal is told apart', async (t) => {
  const path = journalFile(t)
  await filled(path, 2000)
  const bytes = readFileSync(path)
  bytes.fill(0xaa, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 20_000)
  writeFileSync(path, bytes)
  t.match(verifyJournal(path, justTheChain), { kind: 'broken', fault: /damaged|edited|removed/ })
  t.match(verifyJournal('/nowhere/journal.db', justTheChain), { kind: 'unreadable' })
  writeFileSync(path, 'this is a letter')
  t.match(verifyJournal(path, justTheChain), { kind: 'unreadable' })
})
