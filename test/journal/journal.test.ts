import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { event } from '../../src/events/index.ts'
import { type Writer, createJournal, startWriter, verifyJournal } from '../../src/journal/index.ts'
import { realClock } from '../../src/platform/index.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

const origin = { boot: 'b', gateway: 'g' }
const quiet = { info: () => undefined, warn: () => undefined }
const something = (i: number) => event('locked', { subject: `p${i}`, breaker: 'Q1', scope: 'control', reason: 'test' })

function folder(t: { teardown(run: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'breakwall-journal-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return join(path, 'journal.db')
}
async function filled(path: string, count: number): Promise<void> {
  const journal = createJournal(await startWriter(path, origin), realClock, quiet)
  await Promise.all(Array.from({ length: count }, (_, i) => journal.append(something(i))))
  await journal.close()
}

t.test('numbers are gapless over a restart and the chain goes on [CR 2.8]', async (t) => {
  const path = folder(t)
  await filled(path, 5)
  await filled(path, 5)
  t.match(verifyJournal(path, 'none'), { kind: 'whole', records: 10 })
})

t.test('verify names the first event that is wrong and what was done to it [CR 3.9]', async (t) => {
  const tamper = async (sql: string) => {
    const path = folder(t)
    await filled(path, 6)
    const anchor = verifyJournal(path, 'none')
    const db = new Database(path)
    db.exec(sql)
    db.close()
    return verifyJournal(path, anchor.kind === 'whole' ? anchor.head : 'none')
  }
  t.match(await tamper(`UPDATE record SET body = replace(body, 'p3', 'p9')`), { kind: 'broken', seq: 4, what: /^edited/ })
  t.match(await tamper('DELETE FROM record WHERE seq = 3'), { kind: 'broken', seq: 3, what: /^removed/ })
  t.match(await tamper(`UPDATE record SET hash = zeroblob(32) WHERE seq = 5`), { kind: 'broken', seq: 5 })
  t.match(await tamper('UPDATE record SET seq = 99 WHERE seq = 2; UPDATE record SET seq = 2 WHERE seq = 3'), { kind: 'broken', seq: 2 })
  t.match(await tamper('DELETE FROM record WHERE seq = 6'), { kind: 'broken', seq: 6, what: /^removed: the gateway has written up to 6/ })
  t.match(verifyJournal('/nowhere/journal.db', 'none'), { kind: 'unreadable' })
})

t.test('a last record that does not match its hash stops the start instead of being buried', async (t) => {
  const path = folder(t)
  await filled(path, 3)
  const db = new Database(path)
  db.exec(`UPDATE record SET body = replace(body, 'p2', 'p9') WHERE seq = 3`)
  db.close()
  await t.rejects(startWriter(path, origin), /record 3 of the journal does not match its hash/)
})

t.test('events that come together are one commit; a permit waits for it', async (t) => {
  const path = folder(t)
  const writer = await startWriter(path, origin)
  let commits = 0
  const counted: Writer = { ...writer, write: (entries) => ((commits += 1), writer.write(entries)) }
  const journal = createJournal(counted, realClock, quiet)
  const ids = await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append(something(i))))
  t.same(
    ids,
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
  t.ok(commits <= 3, `${commits} commits for 500 events`)
  await journal.close()
})

t.test('a full disk refuses who waits, keeps the notes, and recovers by itself [CR 2.10] [CR 2.9]', async (t) => {
  const clock = virtualClock()
  let full = true
  const written: string[] = []
  const writer = {
    head: { seq: 0, hash: '' },
    write: (entries: readonly { event: { fields: { subject?: unknown } } }[]) => {
      if (full) return Promise.reject(new Error('database or disk is full'))
      const first = written.length + 1
      written.push(...entries.map((entry) => String(entry.event.fields.subject)))
      return Promise.resolve({ first, head: { seq: written.length, hash: '' } })
    },
    close: () => Promise.resolve(),
  } as unknown as Writer
  const journal = createJournal(writer, clock, quiet)
  journal.note(something(1))
  t.equal(await journal.append(something(2)), 'unavailable')
  t.equal(await journal.append(something(3)), 'unavailable', 'at once, without waiting for the disk')
  full = false
  const committed = new Promise<void>((resolve) => journal.onCommitted(resolve))
  clock.advance(1000)
  await committed
  t.same(written, ['p1'], 'the note is there, what was refused never appears')
  t.equal(await journal.append(something(4)), 2)
})

t.test('after the last event of a run nothing is written any more', async (t) => {
  const path = folder(t)
  const journal = createJournal(await startWriter(path, origin), realClock, quiet)
  const last = journal.finish(event('gateway-stopped', { reason: 'test' }))
  journal.note(something(1))
  t.equal(await journal.append(something(2)), 'unavailable')
  t.equal(await last, 1)
  t.match(await journal.read(0, 10), [{ id: 'gateway-stopped' }])
  await journal.close()
  t.match(verifyJournal(path, 'none'), { kind: 'whole', records: 1 })
})

t.test('whoever asks what happened sees all of it, though events that nobody waits for gather', async (t) => {
  const journal = createJournal(await startWriter(folder(t), origin), realClock, quiet)
  for (let i = 1; i <= 3; i++) {
    journal.note(something(i))
    await journal.flush()
    t.equal(journal.head().seq, i)
  }
  for (let i = 0; i < 50; i++) journal.note(something(i))
  t.equal(journal.head().seq, 3, 'they gather')
  t.equal(await journal.append(something(99)), 54, 'what somebody waits for takes them along')
  await journal.close()
})
