import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { type Clock, realClock } from '../../src/platform/index.ts'
import { runCommand } from '../support/command.ts'
import { createWorld, commandRegisters, exceptionOf } from '../support/world.ts'

const ids = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id)

t.test(
  'a journal that was changed while nobody looked is found: operations are denied, reading goes on, and a person sets it aside [CR 3.9] [CR 3.6]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const first = await world.start()
    const cli = (...args: string[]) => runCommand(world.paths, ...args)
    t.match(await cli('verify'), { code: 0, stdout: /the chain is whole, (no checkpoint yet|signed)/ })
    const db = new Database(first.gateway.journalFile)
    db.exec(
      `UPDATE record SET body = replace(body, 'enforce', 'observe') WHERE seq = (SELECT min(seq) FROM record WHERE body LIKE '%"id":"gateway-started"%')`,
    )
    db.close()
    const found = await cli('verify')
    t.match(found, { code: 1, stderr: /event \d+ is wrong: edited: it does not match its hash/ })
    await world.heard(({ id }) => id === 'journal-tampered')
    await world.heard(({ id }) => id === 'self-test-failed')
    await world.heard(({ id }) => id === 'fail-closed-entered')
    await first.gateway.locks.unlock('Q1', 'control', {
      forMs: 60_000,
      by: 'ana',
      reason: 'to see that it does not help',
      workOrder: '',
      seen: 'any',
    })
    const scada = await world.scada(first.port)
    scada.setID(1)
    t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1, 'though it is unlocked')
    t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, 'reading goes on')
    scada.close(() => undefined)
    const status = (await cli('status')).stdout
    t.match(status, /ALARM: every operation is denied: chain: event \d+ of the journal is wrong/)
    t.match(status, /ALARM: journal verified \S+ BROKEN at event \d+: edited/)
    t.match((await cli('report')).stdout, /<td>the journal was verified<\/td><td>OPEN<\/td><td>\S+ BROKEN at event/)
    t.match(await cli('journal', 'set-aside', first.gateway.journalFile), { code: 1, stderr: /another gateway/ })
    const seq = first.gateway.journal.head().seq
    await first.stop()

    const aside = await cli('journal', 'set-aside', first.gateway.journalFile)
    t.match(aside, { code: 0, stdout: /journal-damaged-.*\.db/ })
    const second = await world.start()
    await second.gateway.journal.flush()
    const events = await second.gateway.journal.read(0, 100)
    t.equal(events[0]?.id, 'journal-replaced')
    t.ok(Number(events[0]?.fields.upTo) > seq, 'behind everything that the old one has')
    t.ok((events[0]?.seq ?? 0) > 1_000_000, 'numbers that were never used')
    t.match(events.find(({ id }) => id === 'gateway-started')?.fields, { reason: 'a damaged journal' })
    t.match(await cli('verify'), { code: 0 })
    const saved = join(world.paths.state, 'salvaged.jsonl')
    const old = /(\/\S+\.db)/.exec(aside.stdout)?.[1] ?? ''
    t.match(await cli('journal', 'salvage', old, '--write', saved), { code: 0, stdout: /events, \d+ of them as the chain has them/ })
    const lines = readFileSync(saved, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { chain: string; event: { id: string } })
    t.equal(lines.filter(({ chain }) => chain === 'differs').length, 1, 'the one that was changed')
  },
)

t.test('a journal that cannot be read at start is moved aside, and the gateway serves on with a new one [CR 7.4]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const first = await world.start()
  const { gateway } = first
  await first.stop()
  const bytes = readFileSync(gateway.journalFile)
  bytes.fill(0x7f, 100, bytes.length)
  writeFileSync(gateway.journalFile, bytes)
  const again = await world.start()
  await again.gateway.journal.flush()
  t.match(ids(await again.gateway.journal.read(0, 3)), ['journal-replaced'])
  await world.heard(({ id }) => id === 'journal-replaced')
})

t.test('without a key that signs its checkpoints, or with a clock of long ago, nothing but reading passes [CR 3.6] [S-30]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const one = await world.start()
  await one.stop()
  writeFileSync(join(world.paths.state, 'state/journal.key'), 'no key at all')
  let wallUs = Date.UTC(1970, 0, 2) * 1000
  const clock: Clock = { ...realClock, utcUs: () => (wallUs === 0 ? realClock.utcUs() : wallUs) }
  const { gateway } = await world.start(undefined, { clock })
  t.same(
    gateway.failClosed.faults().map(({ part }) => part),
    ['key store', 'clock'],
  )
  wallUs = 0
  await world.heard(({ id, data }) => id === 'self-test-failed' && data['part'] === 'clock')
  await world.heard(({ id }) => id === 'clock-jump')
})

t.test('a stalled process, a clock that nothing keeps right, and a heartbeat are events [CR 6.2] [CR 2.11]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  let synchronised = false
  // A quarter of an hour passes in half a second.
  const clock: Clock = { ...realClock, after: (ms, run) => realClock.after(ms >= 60_000 ? ms / 1800 : ms, run) }
  await world.start(undefined, { clock: { ...clock }, clockSynchronised: () => synchronised })
  await world.heard(({ id }) => id === 'clock-unsynchronised')
  t.match(await world.heard(({ id }) => id === 'heartbeat'), { priority: 13 * 8 + 6, data: { uptimeSeconds: /^\d+$/, denied: '0' } })
  synchronised = true
  await world.heard(({ id }) => id === 'clock-synchronised')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3200)
  const late = await world.heard(({ id }) => id === 'watchdog-late')
  t.ok(Number(late.data['durationMs']) > 1500, late.text)
})

t.test(
  'events are exported as a table, as lines and as a bundle, by the command line; each export is on record [S-10] [CR 6.1] [CR 6.1 RE 1]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { gateway } = await world.start()
    await gateway.locks.unlock('Q1', 'control', { forMs: 60_000, by: 'ana', reason: '=HYPERLINK("http://x")', workOrder: '', seen: 'any' })
    const cli = (...args: string[]) => runCommand(world.paths, ...args)
    const to = (name: string): string => join(world.paths.state, name)
    t.match(await cli('export', '--format', 'csv', '--bom', '--write', to('a.csv')), { code: 0, stdout: /a\.csv: \d+ events, \d+ kB/ })
    const table = parse<Record<string, string>>(readFileSync(to('a.csv'), 'utf8'), { columns: true, bom: true })
    t.match(
      table.find(({ id }) => id === 'unlocked'),
      { breaker: 'Q1', reason: `'=HYPERLINK("http://x")` },
    )
    t.same(
      table.map(({ seq }) => Number(seq)),
      table.map((_, i) => i + 1),
      'every event',
    )
    t.match(await cli('export', '--format', 'jsonl', '--write', to('a.jsonl'), '--since', '1h'), { code: 0 })
    t.match(JSON.parse(readFileSync(to('a.jsonl'), 'utf8').split('\n')[0] ?? ''), { seq: 1 })
    t.match(await cli('export', '--format', 'bundle', '--write', to('a.zip')), { code: 0 })
    t.equal(readFileSync(to('a.zip')).subarray(0, 2).toString(), 'PK')
    t.match(await cli('export', '--write', to('a.csv')), { code: 2, stderr: /cannot be written.*\n.*not there yet/ })
    t.match(await cli('export', '--write', to('b.csv'), '--since', 'yesterday'), { code: 2, stderr: /"yesterday" is not a time/ })
    const exports = await gateway.journal.query({ after: 0, limit: 10, id: 'audit-exported' })
    t.same(
      exports.map(({ fields }) => fields.format),
      ['csv', 'jsonl', 'bundle'],
    )
    t.match(exports[0]?.fields, { fromSeq: 1, subject: /./ })
  },
)

t.test(
  'events are found by breaker, subject, category, severity and time, and the story of an operation by any of its events [CR 6.1]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { gateway, port } = await world.start()
    const cli = (...args: string[]) => runCommand(world.paths, ...args)
    const scada = await world.scada(port)
    scada.setID(1)
    t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1)
    await gateway.locks.unlock('Q2', 'control', { forMs: 60_000, by: 'ana', reason: 'test', workOrder: '', seen: 'any' })
    scada.close(() => undefined)
    const lines = async (...args: string[]) =>
      (await cli('events', '--json', ...args)).stdout
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { id: string; seq: number; severity: number; fields: Record<string, string> })
    t.same(ids(await lines('--breaker', 'Q2')), ['unlocked'])
    t.same(ids(await lines('--subject', 'ana')), ['unlocked'])
    t.same(ids(await lines('--category', 'operation')), ['operation-denied', 'unlocked'])
    t.ok((await lines('--severity', 'error')).every(({ severity }) => severity <= 3))
    t.same(ids(await lines('--since', '2h', '--breaker', 'Q1')), ['operation-denied'])
    const [denied] = await lines('--id', 'operation-denied')
    t.match(denied?.fields, { firstFromHere: 'yes' }, 'this address has never asked for an operation before')
    t.same(ids(await lines('--story', String(denied?.seq))), ['operation-denied'])
    t.match(await cli('events', '--category', 'operations'), { code: 1, stderr: /category/ })
    t.match(await cli('events', '--since', 'soon'), { code: 2, stderr: /"soon" is not a time/ })
    t.match(await cli('events', '--story', '1'), { code: 2, stderr: /belongs to no operation/ })
    t.match((await cli('events', '--limit', '2')).stdout.trim().split('\n').length, 2)
    t.ok(existsSync(gateway.journalFile))
  },
)
