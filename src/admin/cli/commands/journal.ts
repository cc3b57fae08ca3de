import { closeSync, openSync, writeFileSync } from 'node:fs'
import { Option } from 'commander'
import { type AcceptedView, type VerifyView, exportFormats } from '../../contract/index.ts'
import { call } from '../client.ts'
import { toInstant } from '../text/instant.ts'
import type { Answered } from '../client.ts'
import { type Common, type Parts, type Terminal, type VerifyWords, exitCode, print, wrongWords } from '../parts.ts'
import { progressBar } from '../text/progress.ts'
import { stream } from '../stream.ts'
import { verifiedText } from '../text/show-verified.ts'

const gather = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** Commands on the journal: checking it, taking it along, and what is left of a damaged one. */
export function journal(parts: Parts): void {
  verify(parts)
  exporting(parts)
  damaged(parts)
}

function verify({ add, offline, terminal, finish }: Parts): void {
  add('verify', "walk the journal's hash chain and its signatures; names the first event that is wrong")
    .option('--db <file>', 'a journal file or a copy of one: needs no gateway')
    .option('--events <file>', 'events.jsonl of an exported bundle: needs no gateway')
    .option(
      '--key <file>',
      'the public key that checkpoints must be signed with (journal.pub); may be given again for an older one',
      gather,
      [],
    )
    .option('--anchors <file>', 'checkpoints out of the SOC, lines of syslog, CEF or JSON: the chain must go through each')
    .action(async ({ json, api, ...words }: Common & VerifyWords) => {
      if (words.db !== undefined || words.events !== undefined) {
        const bar = progressBar(terminal, 'verifying')
        const code = offline.verify(
          words,
          json,
          (done, of) => bar.show(done, of),
          () => bar.end(),
        )
        return finish(code)
      }
      if (words.key.length > 0 || words.anchors !== undefined)
        return finish(wrongWords(terminal, '--key and --anchors are for a file', 'name it with --db FILE'))
      finish(await verifyOnline(terminal, json, api))
    })
}

async function verifyOnline(terminal: Terminal, json: boolean, api: string | undefined): Promise<number> {
  const bar = progressBar(terminal, 'verifying')
  let rest = ''
  let last: VerifyView | undefined
  const answered = await stream(terminal.findSocket(api), 'POST', '/v1/journal/verify', () => (chunk) => {
    rest += chunk.toString('utf8')
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      last = JSON.parse(line) as VerifyView
      if ('done' in last) bar.show(last.done, last.of)
    }
  })
  bar.end()
  if (answered.kind === 'unreachable') {
    const hint = 'without a running gateway name its journal: breakwall verify --db FILE (the demo: .demo/state/journal.db)'
    return print({ ...answered, hint }, json, () => '', terminal)
  }
  if (answered.kind === 'busy') return print({ ...answered, kind: 'refused' }, json, () => '', terminal)
  if (answered.kind !== 'ok' || last === undefined || !('verified' in last)) return print(answered, json, () => '', terminal)
  const { verified } = last
  if (json) terminal.out(JSON.stringify(verified))
  else if (verified.kind === 'whole') terminal.out(verifiedText('the journal', verified))
  else terminal.error(verifiedText('the journal', verified))
  return verified.kind === 'whole' ? exitCode.done : exitCode.refused
}

type ExportOptions = { format: string; write: string; since?: string; until?: string; bom: boolean; api?: string }

function exporting({ add, terminal, finish }: Parts): void {
  add('export', 'take events along: a table, lines of JSON, or a signed bundle')
    .addOption(
      new Option('--format <format>', 'csv for a spreadsheet, jsonl for a program, bundle as evidence')
        .choices(exportFormats)
        .default('csv'),
    )
    .requiredOption('-w, --write <file>', 'the file to write')
    .option('--since <time>', 'from this instant on: 2h, 3d, or 2026-11-24T06:00')
    .option('--until <time>', 'up to this instant')
    .option('--bom', 'a byte order mark before a csv, for spreadsheets that need it', false)
    .action(async ({ format, write, since, until, bom, api }: ExportOptions) => {
      const query = new URLSearchParams({ format, bom: bom ? 'yes' : 'no' })
      for (const [name, text] of Object.entries({ since, until })) {
        if (text === undefined) continue
        const instant = toInstant(text, terminal.nowMs())
        if (instant === undefined) return finish(wrongWords(terminal, `"${text}" is not a time`, 'write it as 2h, 3d, or 2026-11-24T06:00'))
        query.set(name, instant)
      }
      let file: number
      try {
        file = openSync(write, 'wx', 0o600)
      } catch (error) {
        return finish(
          wrongWords(
            terminal,
            `${write} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
            'name a file that is not there yet',
          ),
        )
      }
      const bar = progressBar(terminal, 'exporting')
      let [total, done, bytes] = [0, 0, 0]
      const answered = await whenFree(terminal, () =>
        stream(terminal.findSocket(api), 'GET', `/v1/export?${query.toString()}`, (headers) => {
          total = Number(headers['x-breakwall-events'])
          return (chunk) => {
            writeFileSync(file, chunk)
            bytes += chunk.length
            // A bundle is packed: how far it is shows by its size only.
            done = format === 'bundle' ? Math.min(total - 1, Math.floor(bytes / PACKED_BYTES)) : done + count(chunk)
            bar.show(done, total)
          }
        }),
      )
      closeSync(file)
      bar.end()
      finish(print(answered, false, () => `${write}: ${total} events, ${Math.ceil(bytes / 1024)} kB`, terminal))
    })
}

/** Asks until the gateway has a place, and says once that somebody else has it. */
async function whenFree(terminal: Terminal, ask: () => ReturnType<typeof stream>): Promise<Answered<'whole'>> {
  for (let first = true; ; first = false) {
    const answered = await ask()
    if (answered.kind !== 'busy') return answered
    if (first) terminal.error(`breakwall: ${answered.error}; this one begins after it, Ctrl-C gives up`)
    await new Promise<void>((resolve) => terminal.after(answered.retryAfterS * 1000, resolve))
  }
}

/** About what one event takes in a bundle. */
const PACKED_BYTES = 160

function count(chunk: Buffer): number {
  let lines = 0
  for (const byte of chunk) if (byte === 0x0a) lines += 1
  return lines
}

function acceptedText({ tags, masterLock, faults }: AcceptedView): string {
  const hang = tags.length === 0 ? 'no tag hangs' : `tags hang: ${tags.map(({ owner, on }) => `${owner} on ${on}`).join(', ')}`
  return [
    `accepted. Every lock is locked, no grant is left, the master lock is ${masterLock ? 'ON' : 'off'}, ${hang}`,
    ...faults.map(({ part, reason }) => `ALARM: every operation is still denied: ${part}: ${reason}`),
  ].join('\n')
}

function damaged({ group, offline, terminal, finish }: Parts): void {
  const { plain, command } = group('journal', 'what to do with a journal, or with stored states, that are not as they must be')
  command('accept-states', 'accept tags, locks and cursors as they are now, after they did not fit; every lock is locked then')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async ({ json, api, reason }: Common & { reason: string }) =>
      finish(
        print(
          await call<AcceptedView>(terminal.findSocket(api), 'POST', '/v1/journal/accept-states', { reason }),
          json,
          acceptedText,
          terminal,
        ),
      ),
    )
  plain('salvage <file>', 'read what can be read of it, in order, with what the chain says of each event')
    .requiredOption('-w, --write <file>', 'where to: lines of JSON')
    .action((file: string, { write }: { write: string }) => finish(offline.salvage(file, write)))
  plain(
    'set-aside <file>',
    'move a journal that is wrong out of the way; the gateway, stopped before, begins a new chain at its next start',
  ).action((file: string) => finish(offline.setAside(file)))
}
