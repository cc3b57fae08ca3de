import { Readable, Writable } from 'node:stream'
import t from 'tap'
import { virtualClock } from '../../../../hil/sim/virtual-clock.ts'
import { createExports } from '../../../../src/admin/api/routes/exports.ts'
import type { SecurityEvent } from '../../../../src/events/index.ts'
import type { ExportEnd, ExportOrder } from '../../../../src/journal/index.ts'

const order: ExportOrder = {
  path: '/nonexistent',
  format: 'csv',
  bom: false,
  first: 1,
  last: 900,
  gateway: 'g',
  madeUtc: '',
  publicPem: '',
}

/** Exports whose thread and response are the test's. */
type Desk = ReturnType<typeof desk>
function desk() {
  const clock = virtualClock()
  const noted: SecurityEvent[] = []
  const journal = { note: (told: SecurityEvent) => void noted.push(told), sign: () => Promise.resolve('') }
  let end: (how: ExportEnd) => void = () => undefined
  const ended = new Promise<ExportEnd>((resolve) => (end = resolve))
  const stream = new Readable({
    read: () => undefined,
    destroy(error, done) {
      end({ kind: 'stopped' })
      done(error)
    },
  })
  const exports = createExports({ clock, journal }, () => ({ stream, upTo: () => 420, ended }))
  const socket = { bytesWritten: 0 }
  let took: () => void = () => undefined
  const out = Object.assign(new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void (took = () => done()) }), { socket })
  out.on('error', () => undefined)
  const over = async (): Promise<void> => {
    while (exports.running() !== 'none') await new Promise(setImmediate)
  }
  return { clock, noted, exports, out, socket, stream, end, over, taken: () => took() }
}

t.test('one export has the only place until its thread and its response have ended', async (t) => {
  const { exports, noted, out, end, over, taken } = desk()
  const place = exports.reserve('ana', 'csv')
  t.match(exports.running(), { subject: 'ana', format: 'csv' })
  t.equal(exports.reserve('ben', 'csv'), undefined)
  place?.start(order, out)
  out.write('rows')
  end({ kind: 'whole' })
  out.end()
  await new Promise(setImmediate)
  t.equal(exports.reserve('ben', 'csv'), undefined, 'its last bytes have not left')
  taken()
  await over()
  t.same(noted, [], 'whole: audit-exported says all')
  const other = exports.reserve('ben', 'jsonl')
  t.ok(other)
  other?.release()
  t.equal(exports.running(), 'none', 'what could not begin gives its place back')
})

const cases: readonly [string, (at: Desk) => void, RegExp][] = [
  ['its reader leaves', ({ out }) => void out.destroy(), /broken off/],
  ['its reader takes nothing for 30 s', ({ clock, out }) => (out.write('x'), clock.advance(36_000)), /took nothing for 30 s/],
  [
    'its reader takes a little all the time, for half an hour',
    ({ clock, out, socket }) => {
      out.write('x')
      for (let s = 0; s < 1805; s += 5) {
        socket.bytesWritten += 1
        clock.advance(5000)
      }
    },
    /longer than 30 min/,
  ],
  [
    'retention was faster',
    ({ end, out }) => (end({ kind: 'removed', why: 'retention has removed event 421 before it was exported' }), out.destroy()),
    /retention has removed event 421/,
  ],
]
for (const [what, happens, reason] of cases)
  t.test(`an export that ends early because ${what} gives its place back and is on record`, async (t) => {
    const at = desk()
    at.exports.reserve('ana', 'csv')?.start(order, at.out)
    happens(at)
    await at.over()
    t.ok(at.stream.destroyed, 'its thread is stopped')
    t.ok(at.out.destroyed)
    t.match(at.noted, [{ id: 'export-incomplete', fields: { subject: 'ana', fromSeq: 1, toSeq: 900, upTo: 420, reason } }])
    t.equal(at.noted.length, 1)
  })

t.test('a thread that needs a minute for its next piece is not taken for a reader that stopped', async (t) => {
  const { clock, exports, out, noted, end, over } = desk()
  exports.reserve('ana', 'csv')?.start(order, out)
  clock.advance(60_000)
  t.notSame(exports.running(), 'none')
  end({ kind: 'whole' })
  out.end()
  await over()
  t.same(noted, [])
})

t.test('an export whose thread cannot start gives its place back, is on record, and the next one runs', (t) => {
  const noted: SecurityEvent[] = []
  const journal = { note: (told: SecurityEvent) => void noted.push(told), sign: () => Promise.resolve('') }
  const out = Object.assign(new Writable(), { socket: null })
  const exports = createExports({ clock: virtualClock(), journal }, () => {
    throw new Error('ERR_WORKER_INIT_FAILED')
  })
  t.match(exports.reserve('ana', 'csv')?.start(order, out), { kind: 'failed', why: /thread could not start.*ERR_WORKER_INIT_FAILED/ })
  t.match(noted, [{ id: 'export-incomplete', fields: { subject: 'ana', fromSeq: 1, toSeq: 900, upTo: 0, reason: /could not start/ } }])
  t.equal(exports.running(), 'none')
  t.ok(exports.reserve('ben', 'csv'))
  t.end()
})

t.test('the end of the gateway ends the export', async (t) => {
  const { exports, out, stream } = desk()
  exports.reserve('ana', 'csv')?.start(order, out)
  out.destroy()
  await exports.close()
  t.ok(stream.destroyed)
})
