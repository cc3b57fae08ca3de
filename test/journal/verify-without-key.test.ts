import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { type Verified, justTheChain, judgeOf, verifyJournal, verifyLines } from '../../src/journal/index.ts'
import { filled, journalFile, openJournal, openWriter, something } from '../support/journals.ts'

type Test = Parameters<typeof journalFile>[0]
type Stored = { readonly seq: number; readonly body: string }

/** Two runs, each with a checkpoint before its last event: 6 events, checkpoint 7, 8, then 9 to 14, checkpoint 15, 16. */
async function twoCheckpoints(t: Test): Promise<string> {
  const path = journalFile(t)
  for (let run = 0; run < 2; run++) {
    const journal = await openJournal(path)
    for (let i = 0; i < 6; i++) await journal.append(something(i))
    await journal.finish(something(6))
    await journal.close()
  }
  return path
}

/** A journal whose first events went by retention, with checkpoints behind its signed base. */
async function retained(t: Test): Promise<string> {
  const path = journalFile(t)
  const journal = await openJournal(path, virtualClock())
  for (let i = 0; i < 3000; i++) journal.note(something(i))
  await journal.flush()
  await journal.retain({ beforeUs: 0, bytes: 0, mostBytes: 0, delivered: [] })
  await journal.finish(something(0))
  await journal.close()
  return path
}

const keyOf = (path: string) => judgeOf(readFileSync(join(dirname(path), 'journal.pub'), 'utf8'))

/** Makes the chain fit again from an event on, with what checkpoints say of it, as somebody who may write the file but has no key. */
function rechain(db: Database.Database, from: number, change: (body: Record<string, unknown>) => void): void {
  const base = db.prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM base').get()
  const hashOf = db.prepare<[number], { hash: Buffer }>('SELECT hash FROM record WHERE seq = ?')
  let previous = hashOf.get(from - 1)?.hash ?? (base?.seq === from - 1 ? base.hash : Buffer.alloc(32))
  for (const { seq, body } of db.prepare<[number], Stored>('SELECT seq, body FROM record WHERE seq >= ? ORDER BY seq').all(from)) {
    const changed = JSON.parse(body) as Record<string, unknown> & { id: string; fields: Record<string, unknown> }
    if (changed.id === 'checkpoint') changed.fields['head'] = previous.toString('hex')
    change(changed)
    const text = JSON.stringify(changed)
    previous = createHash('sha256').update(previous).update(text).digest()
    db.prepare('UPDATE record SET body = ?, hash = ? WHERE seq = ?').run(text, previous, seq)
  }
}

const unsign = (body: Record<string, unknown>): void => {
  if (body['id'] === 'checkpoint') Object.assign(body['fields'] as object, { key: '', signature: '' })
}
const otherReason = (seq: number) => (body: Record<string, unknown>) => {
  if (body['seq'] === seq) Object.assign(body['fields'] as object, { reason: 'another one' })
}

type Attack = {
  readonly name: string
  readonly of: (t: Test) => Promise<string>
  readonly run: (db: Database.Database) => void
  /** With the key that was handed over earlier. */
  readonly withKey: object
  /** With nothing but the file. */
  readonly alone: object
}
const attacks: readonly Attack[] = [
  {
    name: 'events rewritten to the end, all checkpoints without a signature',
    of: twoCheckpoints,
    run: (db) => rechain(db, 3, (body) => [otherReason(3)(body), unsign(body)]),
    withKey: { kind: 'broken', fault: 'unsigned', seq: 1, what: /no signature covers events 1 to 16/ },
    alone: { kind: 'whole', signedUpTo: 0 },
  },
  {
    name: 'events rewritten behind the first checkpoint, the last one without a signature',
    of: twoCheckpoints,
    run: (db) => rechain(db, 9, (body) => [otherReason(9)(body), unsign(body)]),
    withKey: { kind: 'broken', fault: 'unsigned', seq: 15 },
    alone: { kind: 'broken', fault: 'unsigned', seq: 15 },
  },
  {
    name: 'the signature of the last checkpoint dropped, its key still named',
    of: twoCheckpoints,
    run: (db) => rechain(db, 15, (body) => body['seq'] === 15 && Object.assign(body['fields'] as object, { signature: '' })),
    withKey: { kind: 'broken', fault: 'unsigned', seq: 15 },
    alone: { kind: 'broken', fault: 'unsigned', seq: 15 },
  },
  {
    name: 'the oldest removed and an unsigned beginning written where there was none',
    of: twoCheckpoints,
    run: (db) =>
      void db.exec(`INSERT INTO base (one, seq, hash, why, utc_us, key, signature) SELECT 1, 4, hash, 'retention', 0, '', '' FROM record
        WHERE seq = 4; DELETE FROM record WHERE seq <= 4`),
    withKey: { kind: 'broken', fault: 'unsigned', seq: 5, what: /taken away without a signature/ },
    alone: { kind: 'broken', fault: 'unsigned', what: /taken away without a signature/ },
  },
  {
    name: 'more removed than retention did, and the beginning without a signature',
    of: retained,
    run: (db) =>
      void db.exec(`UPDATE base SET seq = 2600, hash = (SELECT hash FROM record WHERE seq = 2600), key = '', signature = '';
        DELETE FROM record WHERE seq <= 2600`),
    withKey: { kind: 'broken', fault: 'unsigned', seq: 2601 },
    alone: { kind: 'broken', fault: 'unsigned' },
  },
  {
    name: 'the signature of the beginning dropped, nothing else',
    of: retained,
    run: (db) => void db.exec(`UPDATE base SET signature = ''`),
    withKey: { kind: 'broken', fault: 'unsigned' },
    alone: { kind: 'broken', fault: 'unsigned' },
  },
]

t.test('who has no key cannot leave signatures out: from the first one on, the next one without is a fault [CR 3.9]', async (t) => {
  for (const { name, of, run, withKey, alone } of attacks) {
    const path = await of(t)
    t.match(verifyJournal(path, { ...justTheChain, keys: [keyOf(path)] }), { kind: 'whole' }, `${name}: before`)
    const db = new Database(path)
    run(db)
    db.close()
    t.match(verifyJournal(path, { ...justTheChain, keys: [keyOf(path)] }), withKey, `${name}: with the key`)
    t.match(verifyJournal(path, justTheChain), alone, `${name}: alone`)
    const young = { ...justTheChain, keys: [keyOf(path)], nothingSigned: 'may-be-young' } as const
    if (!name.startsWith('events rewritten to the end')) t.match(verifyJournal(path, young), withKey, `${name}: by the gateway itself`)
  }
})

t.test('with a key, nothing signed is a failure, of an export too; only a running gateway may be younger than a checkpoint', async (t) => {
  const path = journalFile(t)
  await filled(path, 3)
  const keys = [keyOf(path)]
  t.match(verifyJournal(path, { ...justTheChain, keys }), { kind: 'broken', fault: 'unsigned', seq: 1 })
  t.match(verifyJournal(path, { ...justTheChain, keys, nothingSigned: 'may-be-young' }), { kind: 'whole', signedUpTo: 0 })
  const lines = linesOf(path)
  t.match(verifyLines(lines, { ...justTheChain, keys }), { kind: 'broken', fault: 'unsigned' })
  t.match(verifyLines(lines, justTheChain), { kind: 'whole', records: 3 })
})

t.test('an exported checkpoint without its signature is a fault like one in the journal', async (t) => {
  const path = await twoCheckpoints(t)
  const db = new Database(path)
  rechain(db, 15, unsign)
  db.close()
  t.match(verifyLines(linesOf(path), { ...justTheChain, keys: [keyOf(path)] }), { kind: 'broken', fault: 'unsigned', seq: 15 })
  t.match(verifyLines(linesOf(path), justTheChain), { kind: 'broken', fault: 'unsigned', seq: 15 })
})

t.test('anchors below the first event that is kept are counted; the one that the signed beginning names is compared', async (t) => {
  const path = await retained(t)
  const db = new Database(path)
  const base = db.prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM base').get()
  db.close()
  if (base === undefined) throw new Error('retention leaves a base')
  const using = (...anchors: { seq: number; hash: string }[]): Verified =>
    verifyJournal(path, { ...justTheChain, keys: [keyOf(path)], anchors })
  const at = { seq: base.seq, hash: base.hash.toString('hex') }
  t.match(using(at), { kind: 'whole', anchors: 1, anchorsBelow: 0 })
  t.match(using({ ...at, hash: 'ab'.repeat(32) }), { kind: 'broken', fault: 'rewritten', seq: base.seq })
  t.match(using({ seq: 17, hash: 'ab'.repeat(32) }, at), { kind: 'whole', anchors: 1, anchorsBelow: 1 })
  t.match(using(at, { ...at, hash: 'ab'.repeat(32) }), { kind: 'broken', fault: 'rewritten' }, 'of two with one number both count')
})

t.test('a gateway without its key leaves no unsigned checkpoints and takes nothing away: both would look like forgery', async (t) => {
  const path = await twoCheckpoints(t)
  const pub = keyOf(path)
  writeFileSync(join(dirname(path), 'journal.key'), 'no key at all')
  const writer = await openWriter(path)
  t.not(writer.keyFault, '')
  t.match(await writer.retain({ beforeUs: 0, bytes: 0, mostBytes: 0, delivered: [] }, 0, 0), { kind: 'nothing' })
  await writer.close()
  const journal = await openJournal(path)
  await journal.append(something(1))
  await journal.finish(something(2))
  await journal.close()
  t.match(verifyJournal(path, { ...justTheChain, keys: [pub] }), { kind: 'whole', checkpoints: 2, records: 18 })
})

/** What an export of all has: each record with its hash. */
function linesOf(path: string): string {
  const db = new Database(path, { readonly: true })
  const rows = db.prepare<[], Stored & { hash: Buffer }>('SELECT seq, body, hash FROM record ORDER BY seq').all()
  db.close()
  const file = `${path}.jsonl`
  writeFileSync(file, rows.map(({ body, hash }) => `{"hash":"${hash.toString('hex')}","body":${body}}\n`).join(''))
  return file
}
