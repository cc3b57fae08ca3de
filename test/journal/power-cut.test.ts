import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { justTheChain, verifyJournal } from '../../src/journal/index.ts'
import { filled, journalFile, openJournal, openWriter, something } from '../support/journals.ts'

const child = join(import.meta.dirname, '../support/journal-child.ts')
const CUTS = 12

/** Lets a process write until it has said some number of things, then kills it without a word. Returns what it had said was on disk. */
function writeUntilKilled(path: string, after: number): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    running.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.split('\n').length > after) running.kill('SIGKILL')
    })
    running.on('error', reject)
    // The last line may be cut in the middle.
    running.on('close', () => resolve(said.split('\n').slice(0, -1).map(Number)))
  })
}

t.test(
  'killed at any point of the write path: nothing that was confirmed is gone, the chain is whole, no number comes twice [CR 7.4] [CR 2.8]',
  async (t) => {
    const path = journalFile(t)
    let known = new Map<number, string>()
    for (let cut = 0; cut < CUTS; cut++) {
      const confirmed = await writeUntilKilled(path, 1 + cut * 17)
      const db = new Database(path, { readonly: true })
      const rows = new Map(
        db
          .prepare<[], { seq: number; body: string }>('SELECT seq, body FROM record')
          .all()
          .map(({ seq, body }) => [seq, body]),
      )
      const open = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM open_operation').get()?.count
      db.close()
      t.match(verifyJournal(path, justTheChain), { kind: 'whole' }, `cut ${cut}`)
      t.same(
        confirmed.filter((seq) => !rows.has(seq)),
        [],
        `cut ${cut}: all ${confirmed.length} that were confirmed are there`,
      )
      t.same(
        [...known].filter(([seq, body]) => rows.get(seq) !== body).map(([seq]) => seq),
        [],
        `cut ${cut}: what was there before is as it was`,
      )
      const unfinished = [...rows.values()].map((body) => JSON.parse(body) as { id: string; fields: { correlation?: string } })
      const ends = new Set(unfinished.filter(({ id }) => id === 'operation-done').map(({ fields }) => fields.correlation))
      const without = unfinished.filter(({ id, fields }) => id === 'operation-allowed' && !ends.has(fields.correlation)).length
      t.equal(open, without, `cut ${cut}: exactly the operations without an outcome are open`)
      known = rows
    }
  },
)

t.test('a torn write at the end of the log costs at most what was in it, and never the chain [CR 7.4]', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-torn-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = journalFile(t)
  await filled(path, 200)
  const journal = await openJournal(path) // the log has something as long as it is open
  for (let i = 0; i < 40; i++) await journal.append(something(i))
  const copy = (suffix: string, to: string): void => {
    if (existsSync(path + suffix)) copyFileSync(path + suffix, to + suffix)
  }
  const size = statSync(`${path}-wal`).size
  t.ok(size > 40 * 4096, `a log of ${size} bytes`)
  for (let i = 0; i < 24; i++) {
    const torn = join(folder, `${i}.db`)
    for (const suffix of ['', '-wal']) copy(suffix, torn)
    const at = Math.floor((size * (i + 0.37)) / 24)
    if (i % 2 === 0) truncateSync(`${torn}-wal`, at)
    else {
      const bytes = readFileSync(`${torn}-wal`)
      bytes.fill(0x5a, at, Math.min(at + 512, size)) // a sector that was written with something else
      writeFileSync(`${torn}-wal`, bytes)
    }
    const writer = await openWriter(torn)
    t.equal(writer.replaced, 'no', `cut at ${at}`)
    t.ok(writer.head.seq >= 200 && writer.head.seq <= 240, `cut at ${at}: up to ${writer.head.seq}`)
    const after = await writer.write([])
    t.equal(after.first, writer.head.seq + 1, 'goes on behind the last durable event')
    await writer.close()
    t.match(verifyJournal(torn, justTheChain), { kind: 'whole', records: writer.head.seq })
  }
  await journal.close()
})
