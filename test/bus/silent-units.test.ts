import t from 'tap'
import { CONTROL_PROBE_MS, FIRST_PAUSE_MS } from '../../src/bus/limits.ts'
import { busOnAScript } from '../support/bus-on-a-script.ts'
import { commandOf, read } from '../support/requests.ts'

const open = commandOf(904, 10, 4353, 1)
const noReply = { kind: 'no-reply', cause: 'silence', why: 'no valid reply in time' } as const
const kinds = (outcomes: readonly (readonly { kind: string }[])[]): string[] => outcomes.map(([outcome]) => outcome?.kind ?? 'waiting')
const registers = { kind: 'reply', reply: { kind: 'registers', registers: new Uint8Array(4) } } as const

t.test('a unit that does not answer is left alone, and the first answer brings it back', async (t) => {
  const { ask, pass, sent, answer, bus, addressOf } = busOnAScript({ readRetries: 0 })
  answer(() => noReply)
  const died = ask(read(12_000, 2))
  const second = ask(read(12_050, 3))
  const queued = ask(read(12_060, 4))
  await pass(1900)
  t.same(kinds([died, second, queued]), ['no-reply', 'no-reply', 'backed-off'], 'the one that waited for it is answered at once')
  t.equal(bus.unitFigures(addressOf(1)).state, 'silent')
  const before = sent.length
  const refused = ask(read(12_000, 2))
  await pass(1)
  t.match(refused, [{ kind: 'backed-off', silence: { of: 'unit', sinceUtcUs: Date.UTC(2026, 0, 1) * 1000 } }])
  t.equal(sent.length, before, 'not one byte')
  answer(() => registers)
  await pass(FIRST_PAUSE_MS)
  const probe = ask(read(12_000, 2))
  await pass(700)
  t.equal(kinds([probe])[0], 'reply')
  t.equal(bus.unitFigures(addressOf(1)).state, 'answering')
})

for (const kind of ['serial', 'ethernet'] as const)
  t.test(`${kind}: a register that a device never answers costs the reads of it, and neither other reads nor an open [S-46]`, async (t) => {
    const { ask, pass, sent, answer, bus, addressOf } = busOnAScript({ kind, lanes: kind === 'serial' ? 1 : 12 })
    const silent = 9999
    answer(({ request }) => ('address' in request && request.address === silent - 1 ? noReply : registers))
    const viewer: { kind: string }[][] = []
    const operator: { kind: string }[][] = []
    const opens: { kind: string }[][] = []
    for (let second = 0; second < 75; second++) {
      viewer.push(ask(read(silent, 2), { client: 'viewer' }))
      operator.push(ask(read(12_000, 2), { client: 'operator' }))
      if (second % 5 === 4) opens.push(ask(open, { client: 'operator' }))
      await pass(1000)
      t.equal(bus.unitFigures(addressOf(1)).state, 'answering')
    }
    await pass(3000)
    t.same(new Set(kinds(operator)), new Set(['reply']))
    t.same(new Set(kinds(opens)), new Set(['reply']))
    t.equal(sent.filter(({ request }) => request.kind === 'write-multiple-registers').length, opens.length)
    t.same(viewer.at(-1), [{ kind: 'backed-off', silence: { of: 'request' } }])
  })

t.test('requests that are lost together on Ethernet silence no unit: the next is asked at once', async (t) => {
  const { ask, pass, answer, bus, addressOf } = busOnAScript({ lanes: 12, readRetries: 0 })
  ask(read(12_000, 2))
  await pass(50)
  answer(() => noReply)
  for (let i = 0; i < 11; i++) ask(read(12_000 + i, 2), { client: `c${i % 4}` })
  await pass(600)
  answer(() => registers)
  const next = ask(open)
  await pass(50)
  t.equal(kinds([next])[0], 'reply')
  t.equal(bus.unitFigures(addressOf(1)).state, 'answering')
})

t.test(
  'an open goes out to a silent unit as the question, once and never again by itself; the next is refused with since when',
  async (t) => {
    const { ask, pass, sent, answer } = busOnAScript({ readRetries: 0 })
    answer(() => noReply)
    ask(read(12_000, 2))
    ask(read(12_050, 3))
    await pass(2000)
    const operations = (): number => sent.filter(({ request }) => request.kind === 'write-multiple-registers').length
    const tried = ask(open)
    await pass(599)
    t.equal(operations(), 1)
    t.equal(kinds([tried])[0], 'waiting', 'it has the whole time of the device')
    await pass(2)
    t.equal(kinds([tried])[0], 'no-reply')
    const refused = ask(open)
    await pass(1)
    t.match(refused, [{ kind: 'backed-off', silence: { of: 'unit', sinceUtcUs: Date.UTC(2026, 0, 1) * 1000 } }])
    await pass(CONTROL_PROBE_MS)
    answer(() => ({ kind: 'reply', reply: { kind: 'written' } }))
    const again = ask(open)
    await pass(100)
    t.equal(kinds([again])[0], 'reply')
    t.equal(operations(), 2)
  },
)

t.test(
  'a mute device is no busy bus: where the time for a turn is over after the first try, the answer is that nothing came [S-46]',
  async (t) => {
    const { ask, pass, answer, sent } = busOnAScript({ longestWaitMs: 600 })
    answer(() => noReply)
    const only = ask(read(12_000, 2))
    await pass(650)
    t.match(only, [{ kind: 'no-reply' }])
    t.equal(sent.length, 1)
    const { ask: askOther, pass: passOther, answer: script } = busOnAScript({ longestWaitMs: 900 })
    script(() => noReply)
    const first = askOther(read(12_000, 2), { unit: 1 })
    // The retry waits behind others until its time is over.
    for (let i = 0; i < 4; i++) askOther(read(1 + i, 1), { unit: 2 + i, client: `c${i}` })
    await passOther(901)
    t.match(first, [{ kind: 'no-reply', why: /no time to ask again/ }])
  },
)

for (const kind of ['serial', 'ethernet'] as const)
  t.test(
    `${kind}: a wide read that covers a register which is never answered takes nothing from the narrow reads that joined it`,
    async (t) => {
      const { ask, pass, answer } = busOnAScript({ kind, lanes: kind === 'serial' ? 1 : 12 })
      answer(({ request }) => {
        if (!('quantity' in request) || request.quantity > 20) return noReply
        return { kind: 'reply', reply: { kind: 'registers', registers: new Uint8Array(2 * request.quantity) } }
      })
      const narrow: { kind: string }[][] = []
      for (let i = 0; i < 20; i++) {
        // Something is on the line already, so that the two meet in the queue.
        if (kind === 'serial') ask(read(31_000 + i, 1), { unit: 2, client: 'other' })
        ask(read(12_000, 92 + i), { client: 'viewer' })
        narrow.push(ask(read(12_010, 2), { client: 'scada' }))
        await pass(4000)
      }
      t.same(new Set(kinds(narrow)), new Set(['reply']))
    },
  )

t.test('commands that a device never answers do not put off the reads that find out that it is back', async (t) => {
  const { ask, pass, answer, bus, addressOf } = busOnAScript({ readRetries: 0 })
  answer(() => noReply)
  ask(read(12_000, 2))
  ask(read(12_050, 3))
  await pass(2000)
  answer(({ request }) => (request.kind === 'write-multiple-registers' ? noReply : registers))
  ask(open, { client: 'other' })
  await pass(1000)
  ask(open, { client: 'other' })
  await pass(FIRST_PAUSE_MS)
  const poll = ask(read(12_000, 2), { client: 'scada' })
  await pass(1000)
  t.equal(kinds([poll])[0], 'reply')
  t.equal(bus.unitFigures(addressOf(1)).state, 'answering')
})

t.test(
  'a "get" that a device never answers keeps no open waiting, however often it is repeated and however long its time-out is',
  async (t) => {
    const { ask, pass, sent, answer } = busOnAScript({ longestWaitMs: 500, readRetries: 0 })
    const get = commandOf(768, 10, 768, 0)
    answer(({ request }) =>
      request.kind === 'write-multiple-registers' && request.values[0] === 768 ? noReply : { kind: 'reply', reply: { kind: 'written' } },
    )
    ask(get, { client: 'viewer' })
    await pass(601)
    const opened = ask(open, { client: 'operator' })
    for (let i = 0; i < 10; i++) {
      ask(get, { client: 'viewer' })
      await pass(100)
    }
    t.equal(kinds([opened])[0], 'reply')
    t.equal(sent.filter(({ request }) => request.kind === 'write-multiple-registers' && request.values[0] === 904).length, 1)
  },
)

t.test('no read of the same function goes out while a late exception may come: it would answer any of them', async (t) => {
  const { ask, pass, sent, answer } = busOnAScript({ readRetries: 0 })
  answer(() => (sent.length === 1 ? noReply : registers))
  ask(read(12_000, 10))
  await pass(601)
  ask(read(12_050, 2))
  await pass(500)
  t.equal(sent.length, 1)
  await pass(700)
  t.equal(sent.length, 2)
})

t.test('after a time-out nothing goes out that the late reply could be taken for', async (t) => {
  const { ask, pass, sent, answer } = busOnAScript({ readRetries: 0 })
  answer(() => (sent.length === 1 ? noReply : { kind: 'reply', reply: { kind: 'registers', registers: new Uint8Array(4) } }))
  ask(read(12_000, 2))
  await pass(601)
  ask(read(12_050, 2))
  ask(read(12_000, 2))
  await pass(300)
  t.same(
    sent.map(({ request, at }) => ('address' in request ? [request.address, at] : [])),
    [
      [11_999, 0],
      [11_999, 601],
    ],
    'the same read may go: whichever reply comes, it is its answer',
  )
  await pass(1300)
  t.match(sent[2], { request: { address: 12_049 }, at: 601 + 30 + 2 * 600 }, 'once the last reply that may come has had its time')
})

t.test('a port that is lost under a question to a silent unit does not leave it silent for good', async (t) => {
  const { ask, pass, answer, bus, addressOf } = busOnAScript()
  answer(() => noReply)
  ask(read(12_000, 2))
  ask(read(12_050, 3))
  await pass(3000)
  t.equal(bus.unitFigures(addressOf(1)).state, 'silent')
  await pass(60_000)
  answer(() => ({ kind: 'no-reply', cause: 'lost', why: 'pulled' }))
  ask(read(12_000, 2))
  await pass(1000)
  t.equal(bus.unitFigures(addressOf(1)).state, 'silent')
  answer(() => ({ kind: 'reply', reply: { kind: 'registers', registers: new Uint8Array(4) } }))
  const probe = ask(read(12_000, 2))
  await pass(1000)
  t.equal(kinds([probe])[0], 'reply')
})
