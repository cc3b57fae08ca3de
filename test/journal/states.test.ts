import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { createHash } from 'node:crypto'
import t from 'tap'
import { event } from '../../src/events/index.ts'
import { realClock } from '../../src/platform/index.ts'
import { type StateCheck, type Writer, createJournal } from '../../src/journal/index.ts'
import { journalFile, openJournal, openWriter, quiet, something } from '../support/journals.ts'

type Test = Parameters<typeof journalFile>[0]
type Journal = Awaited<ReturnType<typeof openJournal>>

/** A run that hangs a tag, opens a lock, moves a cursor and takes a second tag off again. `stop` ends it in order. */
async function run(path: string, stop = true): Promise<void> {
  const journal = await openJournal(path)
  await journal.append(something(1), { 'tag/a': 'hangs' })
  await journal.append(something(2), { 'tag/b': 'hangs', 'lock/Q1/control': 'locked' })
  await journal.putState('cursor/soc', '2')
  await journal.append(something(3), { 'tag/b': '' })
  await journal.append(something(4), { 'lock/Q1/control': 'unlocked' })
  await journal.append(something(5), { 'lock/Q1/control': 'locked' })
  if (stop) await journal.finish(event('gateway-stopped', { reason: 'test' }))
  await journal.close()
}

const copyTo = (from: string, to: string): void => {
  for (const suffix of ['', '-wal', '-shm', '.anchor'])
    if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
    else rmSync(to + suffix, { force: true })
}
const sql = (path: string, text: string): void => {
  const db = new Database(path)
  db.exec(text)
  db.close()
}

async function opened(path: string): Promise<Pick<Writer, 'stateCheck' | 'replaced' | 'carried' | 'head'>> {
  const writer = await openWriter(path)
  await writer.close()
  return writer
}

type Attack = {
  readonly name: string
  /** With the journal closed; `old` is a copy of an earlier time, with its anchor. */
  readonly run: (path: string, old: string) => void
  readonly found: object
}
const changed = { stateCheck: { kind: 'does-not-fit', fault: { kind: 'changed' } } }
const attacks: readonly Attack[] = [
  { name: 'a tag removed', run: (path) => sql(path, `DELETE FROM state WHERE key = 'tag/a'`), found: changed },
  { name: 'a tag emptied', run: (path) => sql(path, `UPDATE state SET value = '' WHERE key = 'tag/a'`), found: changed },
  { name: 'a lock opened', run: (path) => sql(path, `UPDATE state SET value = 'unlocked' WHERE key LIKE 'lock/%'`), found: changed },
  { name: 'a cursor moved', run: (path) => sql(path, `UPDATE state SET value = '999' WHERE key = 'cursor/soc'`), found: changed },
  { name: 'a grant added', run: (path) => sql(path, `INSERT INTO state (key, value) VALUES ('grant/x', '{}')`), found: changed },
  {
    name: 'two rows exchange their names',
    run: (path) =>
      sql(
        path,
        `UPDATE state SET key = 'x' WHERE key = 'tag/a'; UPDATE state SET key = 'tag/a' WHERE key = 'tag/b';
        UPDATE state SET key = 'tag/b' WHERE key = 'x'`,
      ),
    found: changed,
  },
  {
    name: 'an older row put back, with its MAC',
    run(path, old) {
      sql(
        path,
        `ATTACH '${old}' AS old; UPDATE state SET (value, seq, mac) = (SELECT value, seq, mac FROM old.state WHERE key = 'lock/Q1/control')
        WHERE key = 'lock/Q1/control'`,
      )
    },
    found: changed,
  },
  {
    name: 'all older states put back, with their root',
    run: (path, old) =>
      sql(
        path,
        `ATTACH '${old}' AS old; DELETE FROM state; DELETE FROM state_root;
        INSERT INTO state SELECT * FROM old.state; INSERT INTO state_root SELECT * FROM old.state_root`,
      ),
    found: { stateCheck: { kind: 'does-not-fit', fault: { kind: 'behind' } } },
  },
  {
    name: 'the root removed, as if an older version had written the file',
    run: (path) => sql(path, `DELETE FROM state_root; UPDATE state SET seq = NULL, mac = NULL; DELETE FROM state WHERE key = 'tag/a'`),
    found: { stateCheck: { kind: 'does-not-fit', fault: { kind: 'not-authenticated' } } },
  },
  {
    name: 'the root and the anchor removed, as if an older version had written both',
    run(path) {
      sql(path, `DELETE FROM state_root; UPDATE state SET seq = NULL, mac = NULL`)
      rmSync(`${path}.anchor`)
    },
    found: {
      stateCheck: {
        kind: 'does-not-fit',
        fault: { kind: 'not-authenticated' },
        unfit: ['tag/a', 'tag/b', 'lock/Q1/control', 'cursor/soc'],
      },
    },
  },
  {
    name: 'an open operation removed',
    run: (path) => sql(path, `INSERT INTO open_operation VALUES ('c', 1)`),
    found: changed,
  },
  {
    name: 'an event added without the key',
    run: (path) => addEvent(path),
    found: { stateCheck: { fault: { kind: 'behind', seq: 7 }, vouchedUpTo: 7, complete: true } },
  },
  {
    name: 'an event added without the key, and the root removed',
    run(path) {
      addEvent(path)
      sql(path, 'DELETE FROM state_root')
    },
    found: { stateCheck: { fault: { kind: 'not-authenticated' }, vouchedUpTo: 7 } },
  },
  {
    name: 'an event added without the key, the anchor made unreadable',
    run(path) {
      addEvent(path)
      writeFileSync(`${path}.anchor`, 'x')
    },
    found: { stateCheck: { fault: { kind: 'behind', seq: 7 }, vouchedUpTo: 7 } },
  },
  {
    name: 'the last event cut off, the anchor too',
    run(path) {
      sql(path, `DELETE FROM record WHERE seq = 7`)
      rmSync(`${path}.anchor`)
    },
    found: { stateCheck: { fault: { kind: 'replaced' } }, replaced: { reason: /ends at event 6, but its states were written at event 7/ } },
  },
  {
    name: 'the last event rewritten, the chain made to fit',
    run(path) {
      sql(path, `DELETE FROM record WHERE seq = 7`)
      rmSync(`${path}.anchor`)
      addEvent(path)
    },
    found: { stateCheck: { fault: { kind: 'replaced' } }, replaced: { reason: /event 7 is another one than that at which/ } },
  },
  {
    name: 'an older copy of the file, the anchor left',
    run(path, old) {
      const anchor = readFileSync(`${path}.anchor`)
      copyTo(old, path)
      writeFileSync(`${path}.anchor`, anchor)
    },
    found: {
      stateCheck: { fault: { kind: 'replaced' } },
      replaced: { reason: /but its anchor knows of event 7/ },
      head: { seq: 1_000_000 },
    },
  },
  {
    name: 'an older copy of the file, the anchor removed',
    run(path, old) {
      copyTo(old, path)
      rmSync(`${path}.anchor`)
    },
    found: { stateCheck: { fault: { kind: 'anchor-gone' } }, replaced: 'no' },
  },
  {
    name: 'an older copy of the file, with an anchor made up for it',
    run(path, old) {
      copyTo(old, path)
      const db = new Database(path)
      const last = db.prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM record ORDER BY seq DESC').get()
      db.close()
      writeFileSync(`${path}.anchor`, JSON.stringify({ upTo: last?.seq, head: last?.hash.toString('hex') }))
    },
    found: { stateCheck: { fault: { kind: 'anchor-forged' } }, replaced: 'no' },
  },
  {
    name: 'the key file gone',
    run: (path) => rmSync(join(dirname(path), 'journal.key')),
    found: { stateCheck: { fault: { kind: 'other-key' } } },
  },
  {
    name: 'everything gone but the key',
    run(path) {
      rmSync(path)
      rmSync(`${path}.anchor`)
    },
    found: { stateCheck: { fault: { kind: 'journal-gone' } } },
  },
]

/** An event at the end, as somebody would write it who may write the file but has no key. */
function addEvent(path: string): void {
  const db = new Database(path)
  const last = db.prepare<[], { seq: number; hash: Buffer; body: string }>('SELECT seq, hash, body FROM record ORDER BY seq DESC').get()
  if (last === undefined) throw new Error('there are events')
  const seq = last.seq + 1
  const body = JSON.stringify({ ...(JSON.parse(last.body) as object), seq })
  const hash = createHash('sha256').update(last.hash).update(body).digest()
  db.prepare(
    `INSERT INTO record (seq, body, hash, latest_us, severity, category) SELECT ?, ?, ?, latest_us, severity, category FROM record
    WHERE seq = ?`,
  ).run(seq, body, hash, last.seq)
  db.close()
}

/** A journal of one run, and a copy of it with its anchor from before the last two events. */
async function withOldCopy(t: Test): Promise<{ path: string; old: string }> {
  const [path, old] = [journalFile(t), journalFile(t)]
  const journal = await openJournal(path)
  await journal.append(something(1), { 'tag/a': 'hangs' })
  await journal.append(something(2), { 'tag/b': 'hangs', 'lock/Q1/control': 'unlocked' })
  await journal.putState('cursor/soc', '2')
  await journal.append(something(3), { 'tag/b': '' })
  await journal.append(something(4))
  await journal.close()
  copyTo(path, old)
  const later = await openJournal(path)
  await later.append(something(5), { 'lock/Q1/control': 'locked' })
  await later.append(something(6))
  await later.append(something(7))
  await later.close()
  return { path, old }
}

t.test('a state, an event, or a whole file that is not what the gateway wrote last does not fit at the next start [CR 3.9]', async (t) => {
  const whole = await withOldCopy(t)
  for (const { name, run: attack, found } of attacks) {
    const [path, old] = [journalFile(t), journalFile(t)]
    cpSync(dirname(whole.path), dirname(path), { recursive: true })
    cpSync(dirname(whole.old), dirname(old), { recursive: true })
    attack(path, old)
    t.match(await opened(path), found, name)
  }
  t.match((await opened(whole.path)).stateCheck, { kind: 'fits' }, 'what nobody has touched fits')
})

t.test('an older copy with its own anchor fits: only what the SOC keeps shows it', async (t) => {
  const { path, old } = await withOldCopy(t)
  copyTo(old, path)
  t.match(await opened(path), { stateCheck: { kind: 'fits' }, replaced: 'no' })
})

t.test(
  'states that were changed in the file while the gateway runs do not fit at the next start, and cannot be accepted meanwhile',
  async (t) => {
    const path = journalFile(t)
    const writer = await openWriter(path)
    const journal: Journal = createJournal(writer, realClock, quiet)
    await journal.append(something(1), { 'tag/a': 'hangs', 'tag/b': 'hangs' })
    sql(path, `DELETE FROM state WHERE key = 'tag/a'`)
    await journal.append(something(2), { 'lock/Q1/control': 'locked' })
    t.match(await journal.acceptStates(something(3)), { kind: 'refused', why: /changed the states in the file while/ })
    await journal.append(something(4), { 'tag/b': '' })
    await journal.close()
    t.match((await opened(path)).stateCheck, { kind: 'does-not-fit', fault: { kind: 'changed' } })
  },
)

t.test('what does not fit stays so over restarts until it is accepted, and fits from then on', async (t) => {
  const path = journalFile(t)
  await run(path)
  sql(path, `DELETE FROM state WHERE key = 'tag/a'`)
  for (let start = 0; start < 2; start++) {
    const journal = await openJournal(path)
    t.match(journal.stateCheck(), { kind: 'does-not-fit' }, `start ${start}`)
    await journal.append(something(1), { 'tag/c': 'hangs' })
    await journal.close()
  }
  const journal = await openJournal(path)
  t.same(await journal.acceptStates(event('states-accepted', { subject: 'ana', reason: 'test', count: 1 })), { kind: 'accepted' })
  await journal.append(something(1), { 'tag/d': 'hangs' })
  const [last] = await journal.query({ after: 0, limit: 1, id: 'states-accepted' })
  t.match(last?.fields, { subject: 'ana' })
  await journal.close()
  t.same((await opened(path)).stateCheck, { kind: 'fits' })
})

t.test('a start that is killed before it writes leaves a fault as it was', async (t) => {
  const { path, old } = await withOldCopy(t)
  copyTo(old, path)
  rmSync(`${path}.anchor`)
  t.match((await opened(path)).stateCheck, { kind: 'does-not-fit' })
  t.match((await opened(path)).stateCheck, { kind: 'does-not-fit' }, 'nothing was written in between')
})

t.test('a transaction that fails leaves the states as they fit before it', async (t) => {
  const path = journalFile(t)
  const writer = await openWriter(path)
  const entry = (i: number, state: Record<string, string>) => ({ event: something(i), utcUs: 1, monotonicMs: 1, state })
  await writer.write([entry(1, { 'tag/a': 'hangs' })])
  sql(path, `CREATE TRIGGER full BEFORE UPDATE ON state WHEN NEW.value = 'refuse' BEGIN SELECT RAISE(ABORT, 'no'); END`)
  await t.rejects(writer.write([entry(2, { 'tag/b': 'hangs' }), entry(3, { 'tag/a': 'refuse' })]))
  await writer.write([entry(4, { 'tag/a': '' })])
  await writer.close()
  t.same((await opened(path)).stateCheck, { kind: 'fits' })
})

t.test('an acceptance that does not reach the disk accepts nothing', async (t) => {
  const path = journalFile(t)
  await run(path)
  sql(
    path,
    `DELETE FROM state WHERE key = 'tag/a'; CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.body LIKE '%states-accepted%'
    BEGIN SELECT RAISE(ABORT, 'no room'); END`,
  )
  const journal = await openJournal(path)
  t.match(await journal.acceptStates(event('states-accepted', { subject: 'ana', reason: 'test', count: 1 })), {
    kind: 'refused',
    why: 'no room',
  })
  await journal.append(something(1), { 'tag/c': 'hangs' })
  await journal.close()
  t.match((await opened(path)).stateCheck, { kind: 'does-not-fit' })
})

t.test('a journal of the version before has to be accepted once; without a key nothing is said, and later states do not fit', async (t) => {
  const path = journalFile(t)
  await run(path)
  sql(
    path,
    `CREATE TABLE plain AS SELECT key, value FROM state; DROP TABLE state; DROP TABLE state_root;
    CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT; INSERT INTO state SELECT * FROM plain; DROP TABLE plain`,
  )
  const db = new Database(path)
  const last = db.prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM record ORDER BY seq DESC').get()
  db.pragma('user_version = 2')
  db.close()
  writeFileSync(`${path}.anchor`, JSON.stringify({ upTo: last?.seq, head: last?.hash.toString('hex') }))
  t.match((await opened(path)).stateCheck, { kind: 'does-not-fit', fault: { kind: 'not-authenticated' } })
  const journal = await openJournal(path)
  t.match([...(await journal.states('tag/'))], [['tag/a', 'hangs']], 'all that was stored is there')
  t.same(await journal.acceptStates(something(1)), { kind: 'accepted' })
  await journal.close()
  t.same((await opened(path)).stateCheck, { kind: 'fits' } satisfies StateCheck)

  const key = readFileSync(join(dirname(path), 'journal.key'))
  writeFileSync(join(dirname(path), 'journal.key'), 'no key')
  const without = await openJournal(path)
  t.same(without.stateCheck(), { kind: 'no-key' })
  await without.append(something(2), { 'tag/a': '' })
  t.match(await without.acceptStates(something(3)), { kind: 'refused', why: /no key/ })
  await without.close()
  writeFileSync(join(dirname(path), 'journal.key'), key)
  t.match((await opened(path)).stateCheck, { kind: 'does-not-fit', fault: { kind: 'behind' }, unfit: ['tag/a'] })
})

t.test('what hung in a journal that was replaced or set aside is carried over to be looked at', async (t) => {
  const { path, old } = await withOldCopy(t)
  const anchor = readFileSync(`${path}.anchor`)
  copyTo(old, path)
  writeFileSync(`${path}.anchor`, anchor)
  t.match((await opened(path)).carried, [{ key: 'tag/a', value: 'hangs' }, { key: 'tag/b' }])
})
