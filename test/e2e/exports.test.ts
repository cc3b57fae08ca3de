import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, get } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { event } from '../../src/events/index.ts'
import { call } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

/** More than what sockets and streams hold: a reader that stops keeps an export running. */
const EVENTS = 12_000

t.test('ten exports at once: one runs, nine are refused with words, a bus is read meanwhile; a broken one is on record', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway, port } = await world.start()
  for (let i = 0; i < EVENTS; i++) {
    gateway.journal.note(event('locked', { subject: `p${i}`, breaker: 'Q1', scope: 'control', reason: 'x'.repeat(150) }))
    if (i % 1000 === 999) await gateway.journal.flush() // more would wait for the disk than there is room for
  }

  const ask = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get({ socketPath: world.paths.api, path: '/v1/export?format=jsonl', agent: false }, resolve).on('error', reject)
    })
  const answers = await Promise.all(Array.from({ length: 10 }, ask))
  const [running, ...others] = answers.toSorted((a, b) => (a.statusCode ?? 0) - (b.statusCode ?? 0))
  t.equal(running?.statusCode, 200)
  for (const refused of others) {
    t.match(refused, { statusCode: 503, headers: { 'retry-after': /^\d+$/ } })
    t.match(JSON.parse(await text(refused)), { error: /another export is running \(.+, jsonl, for \d+ s\)/, hint: /one runs at a time/ })
  }
  t.match((await call(world.paths.api, '/v1/export/running')).value, { kind: 'running', format: 'jsonl', subject: /./ })

  const scada = await world.scada(port)
  scada.setID(1)
  t.equal((await scada.readHoldingRegisters(12000, 1)).data.length, 1, 'a bus is read while its reader has stopped')
  scada.close(() => undefined)

  const file = join(world.paths.state, 'after.jsonl')
  const waiting = spawn(process.execPath, [breakwall, 'export', '--format', 'jsonl', '-w', file, '--api', world.paths.api])
  let said = ''
  await new Promise<void>((resolve) => {
    waiting.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('this one begins after it')) resolve()
    })
  })
  running?.destroy()
  const broken = await world.heard(({ id }) => id === 'export-incomplete')
  t.match(broken.data, { format: 'jsonl', fromSeq: '1', reason: /broken off/ })
  t.ok(Number(broken.data['upTo']) < EVENTS, 'it says how far it can have got')
  const [code] = (await once(waiting, 'close')) as [number]
  t.equal(code, 0, said)
  t.ok(readFileSync(file, 'utf8').split('\n').length > EVENTS, 'the one that waited is whole')
  t.same((await call(world.paths.api, '/v1/export/running')).value, { kind: 'free' })
})
