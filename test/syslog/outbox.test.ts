import t from 'tap'
import type { SecurityEvent } from '../../src/events/index.ts'
import {
  type Link,
  type LinkFailure,
  type LinkNotices,
  type OpenLink,
  type SinkSettings,
  decodeCursor,
  startSink,
} from '../../src/syslog/index.ts'
import { type VirtualClock, virtualClock } from '../../hil/sim/virtual-clock.ts'
import { memoryJournal, turns } from '../support/memory-journal.ts'

/** Receivers that are up or down as they are told; `got` is what each has, in order. */
function receivers(...names: readonly number[]) {
  const state = new Map(
    names.map((port) => [port, { up: true, got: [] as number[], tries: [] as number[], links: new Set<() => void>(), confirms: true }]),
  )
  const openLink =
    (clock: VirtualClock): OpenLink =>
    (_transport, { port }, _clock, notices: LinkNotices): Promise<Link | LinkFailure> => {
      const receiver = state.get(port)
      if (receiver === undefined) throw new Error('there is no such receiver')
      receiver.tries.push(clock.now())
      if (!receiver.up) return Promise.resolve({ kind: 'failed', stage: 'route', why: 'nothing listens' })
      let [sent, over] = [0, false]
      const end = (): void => {
        if (over) return
        over = true
        receiver.links.delete(end)
        notices.ended({ kind: 'failed', stage: 'reply', why: 'gone' })
      }
      receiver.links.add(end)
      return Promise.resolve({
        send(message: string) {
          if (over) return Promise.resolve()
          sent += 1
          const number = sent
          receiver.got.push(Number(/ seq="(\d+)"/.exec(message)?.[1]))
          if (receiver.confirms) queueMicrotask(() => (over ? undefined : notices.delivered(number)))
          return Promise.resolve()
        },
        settle: () => Promise.resolve(over ? 'not-delivered' : 'delivered'),
        close() {
          over = true
          receiver.links.delete(end)
        },
      })
    }
  return {
    openLink,
    of(port: number) {
      const receiver = state.get(port)
      if (receiver === undefined) throw new Error('there is no such receiver')
      return receiver
    },
    down(port: number) {
      const receiver = state.get(port)
      if (receiver === undefined) return
      receiver.up = false
      for (const end of receiver.links) end()
    },
  }
}

const settings = (more: Partial<SinkSettings> = {}): SinkSettings => ({
  name: 'soc',
  receivers: [{ host: 'a', port: 1 }],
  transport: { kind: 'relp', tls: 'none' },
  format: 'rfc5424',
  facility: 13,
  mildest: 7,
  categories: 'all',
  hostName: '',
  enterprise: 32473,
  headerTime: 'local',
  byteOrderMark: false,
  behind: { events: 1000, ms: 60_000 },
  catchUpPerSecond: 2000,
  ...more,
})

async function world(head: number, more: Partial<SinkSettings> = {}, ports: readonly number[] = [1]) {
  const clock = virtualClock()
  const journal = memoryJournal(clock, head)
  const outside = receivers(...ports)
  const noted: SecurityEvent[] = []
  const start = () =>
    startSink(settings(more), {
      journal: journal as never,
      note: (told) => void noted.push(told),
      clock,
      pid: 1,
      version: '1',
      openLink: outside.openLink(clock),
      random: { bytes: () => Uint8Array.of(255), uuid: () => '' },
      zone: 'UTC',
    })
  const pass = async (ms: number, step = 50): Promise<void> => {
    for (let done = 0; done < ms; done += step) {
      clock.advance(step)
      await turns()
    }
  }
  return { clock, journal, outside, noted, start, pass, sink: await start() }
}

t.test("a week's backlog is caught up at its rate, and what happens now does not wait for it [S-39]", async (t) => {
  const BACKLOG = 20_000
  const { journal, outside, pass, sink, noted } = await world(BACKLOG)
  const receiver = outside.of(1)
  await pass(1000)
  const alarm = journal.add()
  await turns()
  t.equal(receiver.got.at(-1), alarm, 'the new event goes out at once')
  const after = receiver.got.length
  t.ok(after > 1000 && after < 2600, `${after} of the backlog in the first second`)
  await pass(3000)
  const rate = (receiver.got.length - after) / 3
  t.ok(rate > 1700 && rate < 2300, `${rate} a second`)
  t.match(decodeCursor(journal.stored.get('cursor/soc')), { live: { from: BACKLOG + 1, upTo: alarm } })
  await pass(9000)
  t.equal(sink.upTo(), alarm)
  t.same(
    [...receiver.got].sort((a, b) => a - b),
    Array.from({ length: alarm }, (_, i) => i + 1),
    'each once',
  )
  const old = receiver.got.filter((seq: number) => seq <= BACKLOG)
  t.same(
    old,
    [...old].sort((a, b) => a - b),
    'the backlog in its order',
  )
  await pass(5000)
  t.same(
    noted.map(({ id }) => id),
    ['sink-connected', 'sink-behind', 'sink-recovered'],
  )
  journal.add()
  journal.add()
  await pass(100)
  t.same(receiver.got.slice(-2), [alarm + 1, alarm + 2], 'one lane again')
  await sink.close()
})

t.test('an outage and a restart in the middle of a backlog lose nothing', async (t) => {
  const { journal, outside, pass, start, sink } = await world(12_000)
  const receiver = outside.of(1)
  await pass(1500)
  journal.add()
  await pass(50)
  outside.down(1)
  for (let i = 0; i < 10; i++) journal.add()
  await pass(2000)
  receiver.up = true
  await pass(3000)
  const closing = sink.close()
  await pass(6000)
  await closing
  const second = await start()
  await pass(12_000)
  t.equal(second.upTo(), journal.head().seq)
  const got = new Set(receiver.got)
  t.same(
    Array.from({ length: journal.head().seq }, (_, i) => i + 1).filter((seq) => !got.has(seq)),
    [],
  )
  const ending = second.close()
  await pass(100)
  await ending
})

t.test('a dead receiver is tried with pauses that double up to half a minute, and told of once', async (t) => {
  const { outside, pass, noted, sink } = await world(5)
  outside.down(1)
  const receiver = outside.of(1)
  receiver.tries.length = 0
  await pass(200_000, 250)
  const pauses = receiver.tries.slice(1).map((at: number, i: number) => Math.round((at - (receiver.tries[i] ?? 0)) / 500) * 500)
  t.same(pauses.slice(0, 6), [1000, 2000, 4000, 8000, 16_000, 30_000], 'after the first one, of half a second')
  t.ok(
    pauses.slice(6).every((pause: number) => pause === 30_000),
    pauses.slice(6).join(),
  )
  t.equal(noted.filter(({ id }) => id === 'sink-disconnected').length, 1)
  receiver.up = true
  await pass(31_000, 250)
  t.equal(sink.status().state.kind, 'delivers')
  await sink.close()
})

t.test('a receiver that takes connections and nothing else is one event, not one for each connection', async (t) => {
  const { journal, outside, pass, noted, sink } = await world(3)
  await pass(100)
  outside.of(1).confirms = false
  for (let i = 0; i < 20; i++) {
    journal.add()
    await pass(200)
    for (const end of [...outside.of(1).links]) end()
    await pass(35_000, 500)
  }
  t.same(
    noted.filter(({ id }) => id === 'sink-connected' || id === 'sink-disconnected').map(({ id }) => id),
    ['sink-connected', 'sink-disconnected'],
  )
  const ending = sink.close()
  await pass(6000)
  await ending
})

t.test('of a pair the second takes over, and gives back when the first is there again', async (t) => {
  const { journal, outside, pass, sink } = await world(
    10,
    {
      receivers: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    },
    [1, 2],
  )
  await pass(100)
  outside.down(1)
  journal.add()
  await pass(2000)
  t.same(outside.of(2).got, [11], 'only what the first has not had')
  outside.of(1).up = true
  await pass(31_000, 250)
  t.match(sink.status(), { receiver: /:1$/ })
  journal.add()
  await pass(200)
  t.equal(outside.of(1).got.at(-1), 12)
  t.same(outside.of(2).got, [11])
  await sink.close()
})

t.test('a filter sends what it wants, and what it does not want counts as done', async (t) => {
  const { journal, outside, pass, sink } = await world(4, { categories: new Set(['audit-log']) })
  await pass(2000)
  t.same(outside.of(1).got, [])
  t.equal(sink.upTo(), 4)
  t.equal(journal.stored.get('cursor/soc'), '4')
  t.equal(sink.status().owed, 0)
  await sink.close()
})

t.test('a journal that has events and gives none is asked again after a pause, not without end', async (t) => {
  for (const categories of ['all', new Set(['audit-log'])] as const) {
    const { journal, pass, sink, outside } = await world(0, { categories } as never)
    let [asked, gives] = [0, false]
    const { read } = journal
    journal.read = (after, limit) => {
      asked += 1
      return gives ? read(after, limit) : Promise.resolve([])
    }
    journal.add()
    await pass(20_000, 250)
    t.ok(asked >= 2 && asked <= 16, `asked ${asked} times in 20 s`)
    gives = true
    await pass(6000, 250)
    t.same([outside.of(1).got, sink.upTo()], [categories === 'all' ? [1] : [], 1], 'it goes on by itself')
    await sink.close()
  }
})
