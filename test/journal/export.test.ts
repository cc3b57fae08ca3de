import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { fromBufferPromise } from 'yauzl'
import { event } from '../../src/events/index.ts'
import { csvHeader, csvLine, exportBundle, judgeOf, justTheChain, verifyLines } from '../../src/journal/index.ts'
import { openRows } from '../../src/journal/export-rows.ts'
import { journalFile, openJournal, something } from '../support/journals.ts'

t.test('a table that another program reads has every field as it was, and no cell that a spreadsheet would run [S-10] [CR 6.1]', (t) => {
  const nasty = fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '"', ',', ';', '\n', '\r', '\t', 'a', 'é', '|', "'"), maxLength: 20 })
  fc.assert(
    fc.property(nasty, nasty, (subject, reason) => {
      const record = {
        ...event('locked', { subject, breaker: 'Q1', scope: 'control', reason }),
        seq: 7,
        time: '2026-11-24T10:00:00.000000Z',
        boot: 'b',
        gateway: 'g',
      }
      const [row] = parse<Record<string, string>>(csvHeader() + csvLine(record), { columns: true, record_delimiter: '\r\n' })
      const shown = (text: unknown): string => (/^[=+\-@\t\r]/.test(String(text)) ? `'${String(text)}` : String(text))
      return (
        row !== undefined &&
        row['seq'] === '7' &&
        row['subject'] === shown(record.fields.subject) &&
        row['reason'] === shown(record.fields.reason) &&
        Object.values(row).every((value) => !/^[=+\-@\t\r]/.test(value))
      )
    }),
    { numRuns: 500 },
  )
  t.end()
})

/** The files of a ZIP, by a reader of its own. */
async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  const zip = await fromBufferPromise(bytes)
  for await (const entry of zip.eachEntry()) files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)))
  return files
}

t.test('a bundle proves itself with openssl and sha256sum alone, and shows one changed byte [CR 3.9]', async (t) => {
  const path = journalFile(t)
  const journal = await openJournal(path)
  for (let i = 0; i < 1500; i++) journal.note(something(i))
  await journal.flush()
  await journal.flush()
  const { last } = await journal.range(0, Infinity)
  const rows = openRows(path)
  const publicPem = readFileSync(join(dirname(path), 'journal.pub'), 'utf8')
  const bytes = await buffer(
    exportBundle({
      gateway: 'g',
      from: 101,
      to: last,
      madeUtc: '2026-11-24T10:00:00Z',
      publicPem,
      rows: () => rows.portions(101, last),
      sign: (text) => journal.sign(text),
    }),
  )
  rows.close()
  await journal.close()
  const folder = join(dirname(path), 'bundle')
  mkdirSync(folder)
  const files = await unzip(bytes)
  t.same([...files.keys()].sort(), ['MANIFEST', 'MANIFEST.sig', 'VERIFY.md', 'checkpoints.jsonl', 'events.jsonl', 'journal.pub'])
  for (const [name, content] of files) writeFileSync(join(folder, name), content)
  const openssl = (): string =>
    execFileSync(
      'openssl',
      ['pkeyutl', '-verify', '-pubin', '-inkey', 'journal.pub', '-rawin', '-in', 'MANIFEST', '-sigfile', 'MANIFEST.sig'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
  t.match(openssl(), /Verified Successfully/)
  const sums = (): string => execFileSync('sh', ['-c', "grep '  ' MANIFEST | sha256sum --check"], { cwd: folder, encoding: 'utf8' })
  t.match(sums(), /events.jsonl: OK\ncheckpoints.jsonl: OK/)
  t.match(files.get('checkpoints.jsonl')?.toString(), /"id":"checkpoint"/)
  const keys = [judgeOf(publicPem)]
  t.match(verifyLines(join(folder, 'events.jsonl'), { ...justTheChain, keys }), {
    kind: 'whole',
    first: 101,
    records: last - 100,
    checkpoints: 1,
  })
  const events = files.get('events.jsonl')?.toString() ?? ''
  writeFileSync(join(folder, 'events.jsonl'), events.replace('p500"', 'p501"'))
  t.match(verifyLines(join(folder, 'events.jsonl'), { ...justTheChain, keys }), { kind: 'broken', seq: 501, fault: 'edited' })
  t.throws(sums)
})
