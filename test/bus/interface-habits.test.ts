import t from 'tap'
import { type Exchanged } from '../../src/bus/index.ts'
import { FEW_ANSWERS_AFTER, HALF_OPEN_AFTER, UNASKED_FRAMES } from '../../src/bus/limits.ts'
import { read } from '../support/requests.ts'

import { target, tcp, turn } from '../support/tcp-line.ts'

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

/** The interface answers once on each connection and ends it, so often that the line knows it by that. */
async function endsAfterEachAnswer({ wire, ask, ids, reply }: ReturnType<typeof tcp>): Promise<void> {
  wire().opened()
  for (let i = 0; i < FEW_ANSWERS_AFTER; i++) {
    ask(100 + i)
    await turn()
    if (i > 0) wire().opened()
    await turn()
    wire().bytes(reply(ids().at(-1) ?? 0, i))
    wire().ended()
  }
}

t.test('an interface that ends each connection right after its answer gets one request for each, and loses none', async (t) => {
  const made = tcp()
  const { wire, line, ask, ids, reply, opened, written } = made
  await endsAfterEachAnswer(made)
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
  const made = tcp()
  const { clock, wire, ask, written } = made
  await endsAfterEachAnswer(made)
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
