import t from 'tap'
import { type Notice } from '../../src/bus/index.ts'
import { pooled } from '../../src/bus/pool.ts'
import { read } from '../support/requests.ts'

import { target, tcp, turn } from '../support/tcp-line.ts'

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
