import t from 'tap'
import { type SecurityEvent, event } from '../../src/events/index.ts'
import { COLLAPSE_MS, MAX_COLLAPSING, createFloods } from '../../src/gateway/floods.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

const who = { subject: 'scada-1', role: 'Operator' }
const malformed = (source: string, reason: string) =>
  event('frame-malformed', { ...who, source, unit: 1, functionCode: 3, reason, answer: 'answered 03', firstBytes: '' })
const denied = (operationClass: string) =>
  event('operation-denied', {
    ...who,
    source: '10.0.0.1:1',
    breaker: 'Q1',
    bus: 'b',
    unit: 1,
    class: operationClass,
    operation: 'x',
    functionCode: 3,
    correlation: '',
    outcome: 'denied',
    firstFromHere: 'no',
    guard: '',
    reason: 'role',
  })
function journal() {
  const clock = virtualClock()
  const written: SecurityEvent[] = []
  return { clock, written, floods: createFloods((happened) => written.push(happened), clock), ids: () => written.map(({ id }) => id) }
}

t.test('ten thousand bad frames of one source are two events, whatever port and number they come with', (t) => {
  const { clock, written, floods, ids } = journal()
  for (let i = 0; i < 10_000; i++) floods.note(malformed(`10.0.0.1:${40_000 + (i % 9)}`, `FC 16 byte count ${i % 255} for 2 registers`))
  t.same(ids(), ['frame-malformed'])
  clock.advance(COLLAPSE_MS)
  t.same(ids(), ['frame-malformed', 'events-collapsed'])
  t.match(written[1]?.fields, { event: 'frame-malformed', source: '10.0.0.1', count: 9999, seconds: 10 })
  clock.advance(COLLAPSE_MS)
  floods.note(malformed('10.0.0.1:1', 'FC 16 byte count 1 for 2 registers'))
  t.equal(written.length, 3, 'the next one is told at once again')
  t.end()
})

t.test('another source or another reason is another event; one alone has no summary', (t) => {
  const { clock, floods, ids } = journal()
  floods.note(malformed('10.0.0.1:1', 'a'))
  floods.note(malformed('10.0.0.2:1', 'a'))
  floods.note(malformed('10.0.0.1:1', 'b'))
  clock.advance(COLLAPSE_MS)
  t.same(ids(), ['frame-malformed', 'frame-malformed', 'frame-malformed'])
  t.end()
})

t.test('nothing intrusive is ever collapsed; a refused read is', (t) => {
  const { floods, ids } = journal()
  for (let i = 0; i < 5; i++) floods.note(denied('control'))
  t.equal(ids().length, 5)
  for (let i = 0; i < 5; i++) floods.note(denied('monitor'))
  t.equal(ids().length, 6)
  t.end()
})

t.test('what is counted has a bound, and a stop sums up what is left', (t) => {
  const { floods, ids } = journal()
  for (let i = 0; i <= MAX_COLLAPSING; i++) for (const again of [1, 2]) floods.note(malformed(`10.${i >> 8}.${i & 255}.1:${again}`, 'a'))
  t.equal(ids().filter((id) => id === 'events-collapsed').length, 1, 'the oldest had to make room')
  floods.close()
  t.equal(ids().filter((id) => id === 'events-collapsed').length, MAX_COLLAPSING + 1)
  t.end()
})

t.test('a summary always says where it came from: a client by its address, what a device has caused by its bus', (t) => {
  const { clock, written, floods } = journal()
  const table = [
    [event('response-invalid', { breaker: 'Q1', bus: 'line-1', unit: 3, reason: 'late' }), 'bus line-1, unit 3'],
    [event('response-invalid', { breaker: '', bus: 'line-2', unit: 0, reason: 'late' }), 'bus line-2'],
    [event('foreign-master-suspected', { bus: 'line-1', unit: 9, functionCode: 3, reason: 'another master' }), 'bus line-1, unit 9'],
    [malformed('10.0.0.1:4711', 'a'), '10.0.0.1'],
  ] as const
  for (const [happened] of table) for (let i = 0; i < 3; i++) floods.note(happened)
  clock.advance(COLLAPSE_MS)
  const summaries = written.filter(({ id }) => id === 'events-collapsed')
  t.same(
    summaries.map(({ fields }) => fields.source),
    table.map(([, source]) => source),
  )
  t.equal(summaries[0]?.text, '2 more of response-invalid from bus line-1, unit 3 within 10 s: late')
  t.end()
})
