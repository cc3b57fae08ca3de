import t from 'tap'
import { type Proof, keepOpen } from '../../src/bus/connection.ts'
import type { Notice, WireEvents } from '../../src/bus/index.ts'
import { RECONNECT_MS, REST_MS } from '../../src/bus/limits.ts'
import { chanceFrom } from '../../hil/sim/chance.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

/** A wire that opens when the test lets it. */
function kept(seed = 1, proof: Proof = 'opening') {
  const clock = virtualClock()
  const notices: Notice[] = []
  const opened: number[] = []
  let events: WireEvents | undefined
  let closed = 0
  const connection = keepOpen(
    (told) => {
      events = told
      return {
        open: () => void opened.push(clock.now()),
        write: () => undefined,
        drop: () => undefined,
        close: () => {
          closed += 1
          return Promise.resolve()
        },
      }
    },
    { clock, random: chanceFrom(seed), notice: (notice) => void notices.push(notice) },
    { served: () => true, idle: () => false, bytes: () => undefined, opened: () => undefined, lost: () => undefined },
    proof,
  )
  const wire = (): WireEvents => {
    if (events === undefined) throw new Error('no wire')
    return events
  }
  return { clock, notices, opened, connection, wire, closed: () => closed }
}

t.test('a wire that cannot be opened is tried again after growing pauses, with one event for all of them', (t) => {
  const { clock, notices, opened, wire, connection } = kept()
  for (let i = 0; i < 12; i++) {
    wire().failed('not there')
    clock.advance(RECONNECT_MS.most)
  }
  const pauses = opened.slice(1).map((at, i) => at - (i === 0 ? 0 : i * RECONNECT_MS.most))
  t.ok((pauses[0] ?? 0) <= RECONNECT_MS.first && (pauses[0] ?? 0) >= 0.7 * RECONNECT_MS.first)
  t.ok((pauses[8] ?? 0) >= 0.7 * RECONNECT_MS.most, 'as long as the most')
  t.same(notices, [{ kind: 'down', why: 'not there' }])
  t.match(connection.state(), { kind: 'down', why: 'not there' })
  t.end()
})

t.test('wires that went down together do not come back in the same instant', (t) => {
  const pauses = [1, 2, 3, 4].map((seed) => {
    const { clock, opened, wire } = kept(seed)
    wire().failed('the switch is off')
    clock.advance(1000)
    return opened[1]
  })
  t.equal(new Set(pauses).size, 4, pauses.join(' '))
  t.end()
})

t.test('its return is an event, its next loss another; the first opening is none', (t) => {
  const { clock, notices, wire } = kept()
  wire().opened()
  t.same(notices, [])
  wire().lost('pulled')
  clock.advance(RECONNECT_MS.first)
  wire().opened()
  wire().lost('pulled again')
  t.same(
    notices.map(({ kind }) => kind),
    ['down', 'up', 'down'],
  )
  t.end()
})

t.test('one that was closed while it opened does not stay open, and is not tried again', async (t) => {
  const { clock, opened, wire, connection, closed, notices } = kept()
  await connection.close()
  wire().opened()
  wire().lost('closed')
  clock.advance(60_000)
  t.equal(opened.length, 1)
  t.equal(closed(), 2)
  t.same(notices, [])
})

t.test('where an answer is the proof, opening is none: one that opens and is lost again is one outage', (t) => {
  const { clock, notices, wire, connection } = kept(1, 'answer')
  wire().opened()
  connection.works()
  for (let i = 0; i < 5; i++) {
    wire().lost('reset')
    clock.advance(RECONNECT_MS.most)
    wire().opened()
  }
  t.match(notices, [{ kind: 'down', why: 'reset' }])
  connection.works()
  t.match(notices, [{ kind: 'down' }, { kind: 'up' }])
  t.end()
})

t.test('the end in order of a connection that has answered is no news; it rests until it is needed', async (t) => {
  const { clock, notices, wire, connection, opened } = kept(1, 'answer')
  wire().opened()
  connection.works()
  wire().ended()
  t.equal(connection.state().kind, 'resting')
  t.equal(opened.length, 1)
  const settled = connection.settled()
  t.equal(opened.length, 2)
  wire().opened()
  await settled
  t.equal(connection.state().kind, 'up')
  wire().ended()
  clock.advance(REST_MS)
  t.equal(opened.length, 3, 'or after a while: whether it can be opened is worth knowing before it is needed')
  wire().failed('refused')
  t.match(notices, [{ kind: 'down', why: 'refused' }])
})
