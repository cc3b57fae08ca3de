import t from 'tap'
import { MAX_QUEUED, UNSETTLED_MS } from '../../src/bus/limits.ts'
import { busOnAScript } from '../support/bus-on-a-script.ts'
import { commandOf, read } from '../support/requests.ts'

const open = commandOf(904, 10, 4353, 1)
const noReply = { kind: 'no-reply', cause: 'silence', why: 'no valid reply in time' } as const
const kinds = (outcomes: readonly (readonly { kind: string }[])[]): string[] => outcomes.map(([outcome]) => outcome?.kind ?? 'waiting')

t.test('reads that say the same share one transaction, whether it waits or is on the line', async (t) => {
  const { ask, pass, sent, bus } = busOnAScript()
  const first = ask(read(12_000, 10), { client: 'a' })
  const onTheLine = ask(read(12_004, 2), { client: 'b' })
  const waiting = ask(read(12_050, 10), { client: 'c' })
  const withIt = ask(read(12_050, 10), { client: 'd' })
  await pass(100)
  t.same(kinds([first, onTheLine, waiting, withIt]), ['reply', 'reply', 'reply', 'reply'])
  t.equal(sent.length, 2)
  t.equal(bus.figures().answers, 4)
})

t.test('a wider read that waits takes the narrow ones with it', async (t) => {
  const { ask, pass, sent } = busOnAScript()
  ask(read(1, 1))
  const narrow = ask(read(12_010, 2), { client: 'a' })
  const wide = ask(read(12_000, 50), { client: 'b' })
  await pass(100)
  t.same(
    sent.map(({ request }) => ('quantity' in request ? request.quantity : 0)),
    [1, 50],
  )
  t.match(narrow, [{ reply: { registers: new Uint8Array(4).fill(2) } }])
  t.equal(kinds([wide])[0], 'reply')
})

t.test('a narrow read that shared an exception is asked alone: it may be about the rest of the span', async (t) => {
  const { ask, pass, sent, answer } = busOnAScript()
  answer(({ request }) =>
    'quantity' in request && request.quantity > 10
      ? { kind: 'reply', reply: { kind: 'exception', code: 2 } }
      : { kind: 'reply', reply: { kind: 'registers', registers: new Uint8Array(20) } },
  )
  ask(read(1, 1))
  const wide = ask(read(12_000, 50), { client: 'a' })
  const narrow = ask(read(12_000, 10), { client: 'b' })
  await pass(200)
  t.match(wide, [{ reply: { kind: 'exception' } }])
  t.match(narrow, [{ reply: { kind: 'registers' } }])
  t.equal(sent.length, 3)
})

t.test('a read after an operation never gets the answer of one before it', async (t) => {
  const { ask, pass, sent } = busOnAScript({ lanes: 4 })
  ask(read(12_000, 2), { client: 'a' })
  ask(open, { client: 'b' })
  const after = ask(read(12_000, 2), { client: 'c' })
  await pass(100)
  t.equal(sent.length, 3, 'the read on the line was asked before the operation was sent')
  t.equal(kinds([after])[0], 'reply')
})

t.test('within its window a read is answered from memory; after an operation on the breaker it is not', async (t) => {
  const { ask, pass, sent } = busOnAScript()
  const refresh = [{ from: 12_016, to: 12_019, everyMs: 1000 }]
  ask(read(12_016, 4), { refresh })
  await pass(50)
  const remembered = ask(read(12_016, 2), { refresh })
  await pass(0)
  t.equal(kinds([remembered])[0], 'reply')
  t.equal(sent.length, 1)
  ask(read(12_016, 2))
  await pass(50)
  t.equal(sent.length, 2, 'a breaker without freshness is asked each time')
  ask(open)
  await pass(50)
  ask(read(12_016, 4), { refresh })
  await pass(50)
  ask(read(12_016, 4), { refresh })
  await pass(50)
  t.equal(sent.length, 5, 'while it may be moving nothing is remembered')
  await pass(UNSETTLED_MS)
  ask(read(12_016, 4), { refresh })
  await pass(50)
  ask(read(12_016, 4), { refresh })
  await pass(50)
  t.equal(sent.length, 6)
})

t.test('a control operation is next, whoever waits', async (t) => {
  const { ask, pass, sent } = busOnAScript()
  for (let i = 0; i < 20; i++) ask(read(12_000 + i, 1), { client: `c${i % 4}` })
  await pass(31)
  ask(open, { client: 'operator' })
  await pass(60)
  t.equal(
    sent.findIndex(({ request }) => request.kind === 'write-multiple-registers'),
    2,
    'after the one that was on the line',
  )
})

t.test('a read without a reply is asked once more, an operation never', async (t) => {
  const { ask, pass, sent, answer } = busOnAScript()
  answer(() => noReply)
  const operation = ask(open)
  await pass(1000)
  t.equal(sent.length, 1)
  t.equal(kinds([operation])[0], 'no-reply')
  answer((one) =>
    sent.length === 2
      ? noReply
      : {
          kind: 'reply',
          reply: { kind: 'registers', registers: new Uint8Array('quantity' in one.request ? 2 * one.request.quantity : 0) },
        },
  )
  // Another unit: the first one is on its way to being silent.
  const retried = ask(read(12_000, 2), { unit: 2 })
  await pass(2000)
  t.equal(sent.length, 3)
  t.equal(kinds([retried])[0], 'reply')
})

const registers = { kind: 'reply', reply: { kind: 'registers', registers: new Uint8Array(4) } } as const

t.test('a line of several places keeps one for control: reads that never come back do not hold it', async (t) => {
  const { ask, pass, sent, answer } = busOnAScript({ lanes: 12 })
  answer(({ request }) => (request.kind === 'write-multiple-registers' ? { kind: 'reply', reply: { kind: 'written' } } : noReply))
  for (let i = 0; i < 40; i++) ask(read(1 + i, 1), { client: `c${i % 5}`, unit: 1 + (i % 5) })
  await pass(1)
  t.equal(sent.length, 11)
  const control = ask(open, { unit: 9 })
  await pass(31)
  t.equal(kinds([control])[0], 'reply')
})

t.test('operations on one breaker go one after the other, however many places the line has; others do not wait for them', async (t) => {
  const { ask, pass, sent } = busOnAScript({ lanes: 12 })
  const close = commandOf(905, 10, 4353, 1)
  ask(close, { client: 'a' })
  ask(open, { client: 'a' })
  ask(close, { client: 'b' })
  ask(open, { client: 'a', unit: 2 })
  const codes = (): (number | string)[] =>
    sent.map(({ address, request, at }) => `${at}: ${address} ${request.kind === 'write-multiple-registers' ? request.values[0] : ''}`)
  await pass(200)
  t.same(codes(), ['0: 1 905', '0: 2 904', '30: 1 904', '60: 1 905'])
})

t.test('of what was held back for an operation, control goes before settings', async (t) => {
  const { ask, pass, sent } = busOnAScript({ lanes: 12 })
  ask(open, { client: 'a' })
  ask(commandOf(1, 10, 4353, 1), { client: 'b' })
  ask(commandOf(905, 10, 4353, 1), { client: 'c' })
  await pass(200)
  t.same(
    sent.map(({ request }) => (request.kind === 'write-multiple-registers' ? request.values[0] : '')),
    [904, 905, 1],
  )
})

t.test('an operation that its line has kept is not sent after its time is over', async (t) => {
  const { ask, pass, sent, keep } = busOnAScript({ lanes: 4, longestWaitMs: 1000 })
  keep(1500)
  const late = ask(open)
  await pass(2000)
  t.match(late, [{ kind: 'expired', why: /waited 1000 ms/ }])
  t.same(sent, [])
})

t.test('a read whose connection the interface has ended in order is asked once more; an operation never', async (t) => {
  const { ask, pass, sent, answer } = busOnAScript({ lanes: 4, readRetries: 0 })
  answer(() => (sent.length <= 2 ? { kind: 'no-reply', cause: 'ended', why: 'ended' } : registers))
  const reading = ask(read(12_000, 2))
  const operation = ask(open)
  await pass(700)
  t.same(kinds([reading, operation]), ['reply', 'no-reply'])
  t.equal(sent.length, 3)
})

t.test('a request whose client has gone is not sent, nor one that waited too long; each is told why', async (t) => {
  const { ask, pass, sent } = busOnAScript({ longestWaitMs: 100 })
  for (let i = 0; i < 8; i++) ask(read(12_000 + i, 1), { client: 'long' })
  let here = true
  const left = ask(open, { client: 'gone', wanted: () => here })
  here = false
  const late = ask(read(100, 1), { client: 'long' })
  await pass(99)
  t.match(left, [{ kind: 'expired', why: /has gone/ }])
  t.equal(kinds([late])[0], 'waiting')
  await pass(2)
  t.match(late, [{ kind: 'expired', why: /waited 100 ms/ }])
  await pass(1000)
  t.notOk(sent.some(({ request }) => request.kind === 'write-multiple-registers'))
})

t.test('a decision that no longer holds stops its own request only', async (t) => {
  const { ask, pass, sent } = busOnAScript()
  ask(read(1, 1))
  const revoked = ask(read(12_000, 2), { client: 'a', stillHolds: () => false })
  const other = ask(read(12_000, 2), { client: 'b' })
  await pass(100)
  t.same(kinds([revoked, other]), ['withdrawn', 'reply'])
  t.equal(sent.length, 2)
})

t.test('the queue takes its bound and not one more; reads alone never keep a control operation out', async (t) => {
  const { ask, pass } = busOnAScript({ longestWaitMs: 1000 })
  const all = Array.from({ length: MAX_QUEUED }, (_, i) => ask(read(1 + i, 1)))
  const oneMore = ask(read(30_000, 1))
  const operation = ask(open)
  await pass(62)
  t.equal(kinds([oneMore])[0], 'busy')
  t.equal(kinds([operation])[0], 'reply')
  await pass(2000)
  t.notOk(kinds(all).includes('waiting'))
})

t.test('what is counted of a unit is what happened to it', async (t) => {
  const { ask, pass, answer, bus, tell, addressOf } = busOnAScript({ readRetries: 0 })
  ask(read(12_000, 2))
  await pass(50)
  answer(() => ({ kind: 'reply', reply: { kind: 'exception', code: 2 } }))
  ask(read(40_000, 2))
  await pass(50)
  answer(() => noReply)
  ask(read(12_000, 2))
  await pass(700)
  const address = addressOf(1)
  for (const reason of ['crc', 'late', 'length'] as const) tell({ kind: 'discarded', address, reason, why: '' })
  t.match(bus.unitFigures(address), {
    transactions: 3,
    replies: 2,
    exceptions: 1,
    timeouts: 1,
    crcErrors: 1,
    late: 1,
    discarded: 1,
    retries: 0,
  })
  t.ok(Math.abs(bus.unitFigures(address).p50Ms - 30) < 1)
})

t.test('a "get" command only looks, and is a write all the same: never sent twice, and no answer crosses it', async (t) => {
  const { ask, pass, sent, answer } = busOnAScript({ lanes: 4 })
  const get = commandOf(768, 10, 768, 0) // read the time of an IFM
  ask(read(8020, 4), { client: 'a' })
  ask(get, { client: 'b' })
  ask(read(8020, 4), { client: 'b' })
  await pass(100)
  t.equal(sent.length, 3)
  answer(() => noReply)
  ask(get, { client: 'b' })
  await pass(2000)
  t.equal(sent.length, 4)
})
