import t from 'tap'
import { type Exchanged, type Notice, type WireEvents, createTcpLine } from '../../src/bus/index.ts'
import { FEW_ANSWERS_AFTER, HALF_OPEN_AFTER, UNASKED_FRAMES } from '../../src/bus/limits.ts'
import { pooled } from '../../src/bus/pool.ts'
import { type LineAddress, toLineAddress } from '../../src/modbus/index.ts'
import { chanceFrom } from '../../hil/sim/chance.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { read } from '../support/requests.ts'

const unit = toLineAddress(4) as LineAddress
const target = { address: unit, replyTimeoutMs: 600 }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function tcp(pipelined = 12) {
  const clock = virtualClock()
  const notices: Notice[] = []
  const written: Buffer[] = []
  const dropped: string[] = []
  let opened = 0
  let events: WireEvents | undefined
  const line = createTcpLine(
    { pipelined },
    (told) => {
      events = told
      return {
        open: () => void (opened += 1),
        write: (bytes) => void written.push(Buffer.from(bytes)),
        drop(why) {
          dropped.push(why)
          told.lost(why)
        },
        close: () => Promise.resolve(),
      }
    },
    { clock, random: chanceFrom(1), notice: (notice) => void notices.push(notice) },
    { tell: 'nobody' },
  )
  const wire = (): WireEvents => {
    if (events === undefined) throw new Error('no wire')
    return events
  }
  const ask = (register: number, stillHolds = () => true): Exchanged[] => {
    const ended: Exchanged[] = []
    line.exchange(target, read(register, 1), stillHolds, (exchanged) => ended.push(exchanged))
    return ended
  }
  /** The transaction ids of all frames that were written. */
  const ids = (): number[] => {
    const all = Buffer.concat(written)
    return Array.from({ length: all.length / 12 }, (_, i) => all.readUInt16BE(12 * i))
  }
  const reply = (transaction: number, value: number, from = 4): Buffer =>
    Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, 5, from, 3, 2, value >> 8, value & 0xff])
  return { clock, line, wire, ask, ids, reply, written, notices, dropped, opened: () => opened }
}

t.test('what is asked in one moment goes out in one piece, with transaction ids that differ', async (t) => {
  const { wire, ask, ids, written } = tcp()
  wire().opened()
  for (let i = 0; i < 12; i++) ask(100 + i)
  await turn()
  t.equal(written.length, 1)
  t.equal(new Set(ids()).size, 12)
})

t.test('replies are matched by transaction id in whatever order, cut and merged', async (t) => {
  const { wire, ask, ids, reply } = tcp()
  wire().opened()
  const [first, second] = [ask(100), ask(101)]
  await turn()
  const [one = 0, two = 0] = ids()
  const bytes = Buffer.concat([reply(two, 222), reply(one, 111)])
  wire().bytes(bytes.subarray(0, 15))
  wire().bytes(bytes.subarray(15))
  t.match(first, [{ kind: 'reply', reply: { registers: Buffer.from([0, 111]) } }])
  t.match(second, [{ kind: 'reply', reply: { registers: Buffer.from([0, 222]) } }])
})

t.test('a reply under a number that nobody waits for, and one of another unit, reach no client', async (t) => {
  const { clock, wire, ask, ids, reply, notices } = tcp()
  wire().opened()
  const asked = ask(100)
  await turn()
  const [id = 0] = ids()
  wire().bytes(reply((id + 16) & 0xffff, 1))
  wire().bytes(reply(id, 1, 5))
  t.same(asked, [])
  t.match(notices, [
    { kind: 'discarded', reason: 'transaction', why: /transaction id \d+, which nobody waits for: \d+ was asked/ },
    { kind: 'discarded', reason: 'unit' },
  ])
  clock.advance(600)
  t.match(asked, [{ kind: 'no-reply', cause: 'silence' }])
  wire().bytes(reply(id, 1))
  t.match(notices[2], { reason: 'late' }, 'nor one after its time-out')
})

t.test('a decision that ended before the bytes went out stops them', async (t) => {
  const { wire, ask, written } = tcp()
  wire().opened()
  let holds = true
  const asked = ask(100, () => holds)
  holds = false
  await turn()
  t.same(asked, [{ kind: 'withdrawn' }])
  t.same(written, [])
})

t.test('a connection on which nothing comes any more is half-open: it is made anew without a word, unless that fails', async (t) => {
  const { clock, wire, ask, dropped, notices, opened } = tcp()
  wire().opened()
  for (let i = 0; i < HALF_OPEN_AFTER; i++) {
    t.same(dropped, [])
    ask(100 + i)
    await turn()
    clock.advance(600)
  }
  t.match(dropped, [/half-open/])
  t.same(notices, [])
  t.equal(opened(), 2)
  const waits = ask(200)
  wire().failed('refused')
  await turn()
  t.match(notices, [{ kind: 'down', why: 'refused' }])
  t.match(waits, [{ kind: 'unreachable' }])
})

t.test('a connection that seems half-open is not dropped under an operation that still has its time', async (t) => {
  const { clock, wire, ask, dropped, ids, reply, written } = tcp()
  wire().opened()
  for (let i = 0; i < HALF_OPEN_AFTER - 1; i++) {
    ask(100 + i)
    await turn()
    clock.advance(600)
  }
  ask(200)
  await turn()
  clock.advance(300)
  const operation = ask(300)
  await turn()
  const before = written.length
  clock.advance(300)
  t.same(dropped, [], 'the third silence, and one is on its way')
  const next = ask(400)
  await turn()
  t.equal(written.length, before, 'nothing new goes out meanwhile')
  wire().bytes(reply(ids().at(-1) ?? 0, 7))
  await turn()
  t.match(operation, [{ kind: 'reply' }])
  t.equal(written.length, before + 1, 'a byte has come: it goes on')
  t.same(next, [])
})

t.test('a control operation tries a connection that is down at once; a read waits for the pause', async (t) => {
  const { clock, wire, line, opened, written, notices } = tcp()
  wire().failed('refused')
  for (let i = 0; i < 6; i++) {
    clock.step(20_000)
    wire().failed('refused')
  }
  clock.advance(1000)
  const before = opened()
  const ended: Exchanged[] = []
  const ask = (urgent: boolean): void =>
    line.exchange(
      { ...target, urgent },
      read(100, 1),
      () => true,
      (exchanged) => ended.push(exchanged),
    )
  ask(false)
  await turn()
  t.match(ended, [{ kind: 'unreachable' }])
  t.equal(opened(), before)
  ask(true)
  await turn()
  t.equal(opened(), before + 1)
  wire().opened()
  await turn()
  t.equal(written.length, 1)
  t.equal(notices.filter(({ kind }) => kind === 'down').length, 1)
})

t.test('an interface that resets a connection which it has served is as good as one that ends it', async (t) => {
  const { wire, ask, ids, reply, notices } = tcp()
  wire().opened()
  for (let i = 0; i < 5; i++) {
    const asked = ask(100 + i)
    await turn()
    if (i > 0) wire().opened()
    await turn()
    wire().bytes(reply(ids().at(-1) ?? 0, i))
    t.match(asked, [{ kind: 'reply' }])
    wire().lost('ECONNRESET')
  }
  t.same(notices, [])
})

t.test('requests that time out together are one silence of the connection, not three', async (t) => {
  const { clock, wire, ask, dropped } = tcp()
  wire().opened()
  for (let i = 0; i < 12; i++) ask(100 + i)
  await turn()
  clock.advance(600)
  t.same(dropped, [])
})

t.test('an interface that ends an idle connection in order is opened again by the next request, and nobody is told [S-46]', async (t) => {
  const { wire, ask, ids, reply, notices, opened } = tcp()
  wire().opened()
  for (let i = 0; i < 5; i++) {
    const asked = ask(100 + i)
    await turn()
    if (i > 0) wire().opened()
    await turn()
    wire().bytes(reply(ids().at(-1) ?? 0, i))
    t.match(asked, [{ kind: 'reply' }])
    wire().ended()
  }
  t.equal(opened(), 5, 'each connection once, and none before it is needed')
  t.same(notices, [])
  const asked = ask(200)
  await turn()
  wire().failed('refused')
  await turn()
  t.match(notices, [{ kind: 'down', why: 'refused' }])
  t.match(asked, [{ kind: 'unreachable' }])
})

t.test('an interface that takes connections and ends them is down, once, and not tried in a storm', async (t) => {
  const { clock, wire, ask, notices, opened } = tcp()
  for (let i = 0; i < 200 && clock.now() < 60_000; i++) {
    wire().opened()
    ask(100)
    await turn()
    wire().ended()
    clock.step(20_000)
  }
  t.match(notices, [{ kind: 'down', why: /before it had answered/ }])
  t.ok(opened() < 20, `${opened()} tries in a minute`)
})

t.test('a request on its way when the connection ends in order is known as such', async (t) => {
  const { wire, ask, ids, reply } = tcp()
  wire().opened()
  const [first, second] = [ask(100), ask(101)]
  await turn()
  wire().bytes(reply(ids()[0] ?? 0, 1))
  wire().ended()
  t.match(first, [{ kind: 'reply' }])
  t.match(second, [{ kind: 'no-reply', cause: 'ended' }])
})

t.test('an interface that ends each connection right after its answer gets one request for each, and loses none', async (t) => {
  const { wire, line, ask, ids, reply, opened, written } = tcp()
  wire().opened()
  for (let i = 0; i < FEW_ANSWERS_AFTER; i++) {
    ask(100 + i)
    await turn()
    if (i > 0) wire().opened()
    await turn()
    wire().bytes(reply(ids().at(-1) ?? 0, i))
    wire().ended()
  }
  t.equal(line.lanes, 1, 'the schedule says who is next')
  const all = [ask(200), ask(201), ask(202)]
  const before = written.length
  for (let i = 0; i < 3; i++) {
    await turn()
    wire().opened()
    await turn()
    t.equal(written.length, before + i + 1, 'one request')
    wire().bytes(reply(ids().at(-1) ?? 0, i))
    await turn()
  }
  for (const one of all) t.match(one, [{ kind: 'reply' }])
  t.equal(opened(), FEW_ANSWERS_AFTER + 3)
})

t.test('one request at a time: when it gets no answer, the next one goes, and is not kept for whoever asks later', async (t) => {
  const { clock, wire, ask, ids, reply, written } = tcp()
  wire().opened()
  for (let i = 0; i < FEW_ANSWERS_AFTER; i++) {
    ask(100 + i)
    await turn()
    if (i > 0) wire().opened()
    await turn()
    wire().bytes(reply(ids().at(-1) ?? 0, i))
    wire().ended()
  }
  const [mute, next] = [ask(200), ask(201)]
  await turn()
  wire().opened()
  await turn()
  const before = written.length
  clock.advance(600)
  await turn()
  t.match(mute, [{ kind: 'no-reply' }])
  t.equal(written.length, before + 1)
  clock.advance(600)
  t.match(next, [{ kind: 'no-reply' }])
})

t.test('a connection that was given up from this end right after an answer says nothing of what the interface does', async (t) => {
  const { clock, line, wire, ask, ids, reply, dropped } = tcp()
  const flood = Buffer.concat(Array.from({ length: UNASKED_FRAMES.atOnce + 1 }, (_, i) => reply(0x8000 + i, i)))
  wire().opened()
  for (let round = 0; round < FEW_ANSWERS_AFTER; round++) {
    const asked = ask(100)
    await turn()
    wire().bytes(reply(ids().at(-1) ?? 0, 1))
    t.match(asked, [{ kind: 'reply' }])
    wire().bytes(flood)
    clock.step(20_000)
    wire().opened()
  }
  t.equal(dropped.length, FEW_ANSWERS_AFTER)
  t.equal(line.lanes, 12)
})

t.test('the first frame that is wrong for a request is its device’s fault, and costs nothing; more of them do', async (t) => {
  const { wire, ask, ids, reply, dropped } = tcp()
  wire().opened()
  ask(100)
  await turn()
  const [id = 0] = ids()
  for (let i = 0; i <= UNASKED_FRAMES.atOnce; i++) wire().bytes(reply(id, 1, 5))
  t.same(dropped, [], 'the first is free')
  wire().bytes(reply(id, 1, 5))
  t.equal(dropped.length, 1)
})

t.test('an interface that sends frames which answer nobody is dropped, told once, and tried after growing pauses [S-46]', (t) => {
  const { clock, wire, reply, notices, opened, dropped } = tcp()
  const flood = Buffer.concat(Array.from({ length: 5000 }, (_, i) => reply(0x8000 + i, i)))
  for (let i = 0; i < 100 && clock.now() < 60_000; i++) {
    wire().opened()
    wire().bytes(flood)
    clock.step(20_000)
  }
  t.ok(opened() < 20, `${opened()} connections in a minute`)
  t.equal(dropped.length, opened() - 1)
  t.same(notices.filter(({ kind }) => kind === 'down').length, 1)
  t.match(
    notices.find(({ kind }) => kind === 'down'),
    { why: 'it sends frames that answer nobody' },
  )
  const discarded = notices.filter(({ kind }) => kind === 'discarded').length
  t.ok(discarded <= (UNASKED_FRAMES.atOnce + 1) * opened(), `${discarded} frames were looked at, of ${5000 * opened()}`)
  t.end()
})

t.test('a converter with a transaction id of its own is refused by what it does, and not dropped for it', async (t) => {
  const { clock, wire, ask, reply, notices, dropped } = tcp()
  wire().opened()
  for (let i = 0; i < 2 * UNASKED_FRAMES.atOnce; i++) {
    const asked = ask(100)
    await turn()
    wire().bytes(reply(0xffff, 7))
    clock.advance(600)
    t.match(asked, [{ kind: 'no-reply' }])
  }
  t.same(dropped, [])
  t.match(notices[0], { kind: 'discarded', reason: 'transaction' })
})

t.test('a loss ends what is on its way as unknown and what is not as unsent', async (t) => {
  const { wire, ask } = tcp()
  wire().opened()
  const onItsWay = ask(100)
  await turn()
  wire().lost('reset')
  t.match(onItsWay, [{ kind: 'no-reply', cause: 'lost' }])
  const after = ask(101)
  await turn()
  t.match(after, [{ kind: 'unreachable', why: 'reset' }])
})

t.test('several connections are down only when all are, and one that is down is not asked', async (t) => {
  const notices: Notice[] = []
  const parts: ReturnType<typeof tcp>[] = []
  const told: ((notice: Notice) => void)[] = []
  const line = pooled(
    2,
    (notice) => void notices.push(notice),
    (tell) => {
      const part = tcp(2)
      parts.push(part)
      told.push(tell)
      return part.line
    },
  )
  const [a, b] = parts
  if (a === undefined || b === undefined) throw new Error('two parts')
  a.wire().opened()
  b.wire().opened()
  t.equal(line.lanes, 4)
  told[0]?.({ kind: 'down', why: 'reset' })
  t.same(notices, [])
  line.exchange(
    target,
    read(100, 1),
    () => true,
    () => undefined,
  )
  await turn()
  t.same([a.written.length, b.written.length], [0, 1])
  told[1]?.({ kind: 'down', why: 'reset' })
  told[0]?.({ kind: 'up' })
  told[1]?.({ kind: 'up' })
  t.same(
    notices.map(({ kind }) => kind),
    ['down', 'up'],
  )
})
