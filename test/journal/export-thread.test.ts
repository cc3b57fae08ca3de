import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { MessageChannel } from 'node:worker_threads'
import Database from 'better-sqlite3'
import t from 'tap'
import { type ExportOrder, exportInThread } from '../../src/journal/index.ts'
import { openRows } from '../../src/journal/export-rows.ts'
import { type FromExport, serveExport } from '../../src/journal/export-thread.ts'
import { EXPORT_PIECE_BYTES } from '../../src/journal/limits.ts'
import { filled, journalFile } from '../support/journals.ts'

const MANY = 6000
const order = (path: string, format: ExportOrder['format'] = 'jsonl'): ExportOrder => ({
  path,
  format,
  bom: false,
  first: 1,
  last: MANY,
  gateway: 'g',
  madeUtc: '2026-11-24T10:00:00Z',
  publicPem: '',
})
const unsigned = (): Promise<string> => Promise.resolve('')

/** The thread's side without the thread. Resolves with all that it has sent, once it has closed its port. */
function served(of: ExportOrder): {
  readonly port: MessageChannel['port1']
  readonly sent: FromExport[]
  readonly closed: Promise<unknown>
} {
  const { port1, port2 } = new MessageChannel()
  const sent: FromExport[] = []
  port1.on('message', (message: FromExport) => sent.push(message))
  serveExport(port2, of)
  return { port: port1, sent, closed: once(port1, 'close') }
}

t.test('a piece is made only when it is asked for, whatever the format: a reader that stops fills no memory [S-10]', async (t) => {
  const path = journalFile(t)
  await filled(path, MANY)
  for (const format of ['csv', 'jsonl', 'bundle'] as const) {
    const { port, sent, closed } = served(order(path, format))
    for (let i = 0; i < 3; i++) {
      port.postMessage({ kind: 'next' })
      await once(port, 'message')
    }
    port.postMessage({ kind: 'stop' })
    await closed
    t.same(
      sent.map(({ kind }) => kind),
      ['piece', 'piece', 'piece'],
      `${format}: three were asked for`,
    )
    for (const message of sent) {
      t.ok(message.kind === 'piece' && message.bytes.length <= EXPORT_PIECE_BYTES, 'a piece is bounded')
      t.ok(message.kind === 'piece' && message.upTo < MANY, 'no more was read than is needed')
    }
  }
})

t.test('the main thread holds two pieces of an export whose reader takes none, and ends its thread when the reader leaves', async (t) => {
  const path = journalFile(t)
  await filled(path, MANY)
  const { stream, upTo, ended } = exportInThread(order(path), unsigned)
  await once(stream, 'readable')
  t.ok(stream.readableLength <= 2 * EXPORT_PIECE_BYTES, `${stream.readableLength} bytes wait`)
  t.ok(upTo() < MANY / 2)
  stream.destroy()
  t.same(await ended, { kind: 'stopped' })
  t.ok(upTo() < MANY / 2, 'and nothing was made behind it')
})

t.test('an export that is read to its end is whole, in order, and of the right events', async (t) => {
  const path = journalFile(t)
  await filled(path, MANY)
  const { stream, upTo, ended } = exportInThread({ ...order(path), first: 11 }, unsigned)
  const lines = (await text(stream)).trimEnd().split('\n')
  t.same(
    lines.map((line) => (JSON.parse(line) as { seq: number }).seq),
    Array.from({ length: MANY - 10 }, (_, i) => i + 11),
  )
  t.same(await ended, { kind: 'whole' })
  t.equal(upTo(), MANY)
})

t.test('a download that has stopped in the middle holds up neither the write-ahead log nor retention', async (t) => {
  const path = journalFile(t)
  await filled(path, MANY)
  const { stream, ended } = exportInThread(order(path), unsigned)
  await once(stream, 'readable')
  const db = new Database(path)
  t.teardown(() => db.close())
  db.exec("DELETE FROM record WHERE seq <= 3000; INSERT OR REPLACE INTO base VALUES (1, 3000, x'00', 'retention', 0, '', '')")
  t.match(db.pragma('wal_checkpoint(TRUNCATE)'), [{ busy: 0 }], 'nobody reads in the log')
  stream.resume()
  const [error] = (await once(stream, 'error')) as [Error]
  t.match(error.message, /retention has removed event \d+ before it was exported/)
  t.match(await ended, { kind: 'removed' })
})

t.test('a file that cannot be read ends an export with its reason; a hole that retention did not make is left to verify', async (t) => {
  const path = journalFile(t)
  await filled(path, 500)
  const db = new Database(path)
  db.exec('DELETE FROM record WHERE seq BETWEEN 100 AND 399')
  db.close()
  const rows = openRows(path)
  const seen = [...rows.portions(1, 500)].flat().map(({ seq }) => seq)
  rows.close()
  t.equal(seen.length, 200)
  const { stream, ended } = exportInThread(order(`${path}.gone`), unsigned)
  stream.resume()
  const [error] = (await once(stream, 'error')) as [Error]
  t.match(error.message, /unable to open|does not exist/)
  t.match(await ended, { kind: 'failed' })
})
