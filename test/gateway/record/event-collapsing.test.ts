import t from 'tap'
import { type SecurityEvent, event } from '../../../src/events/index.ts'
import {
  COLLAPSE_MS,
  GOES_ON_MS,
  MAX_KINDS_OF_ONE,
  MAX_COLLAPSING,
  createEventCollapsing,
} from '../../../src/gateway/record/event-collapsing.ts'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'

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
  return {
    clock,
    written,
    floods: createEventCollapsing((happened) => written.push(happened), clock),
    ids: () => written.map(({ id }) => id),
  }
}

t.test('ten thousand bad frames of one source are two events, whatever port and number they come with', (t) => {
  const { clock, written, floods, ids } = journal()
  for (let i = 0; i < 10_000; i++) floods.note(malformed(`10.0.0.1:${40_000 + (i % 9)}`, `FC 16 byte count ${i % 255} for 2 registers`))
  t.same(ids(), ['frame-malformed'])
  clock.advance(COLLAPSE_MS)
  t.same(ids(), ['frame-malformed', 'events-collapsed'])
  t.match(written[1]?.fields, { event: 'frame-malformed', source: '10.0.0.1', count: 9999, seconds: 10 })
  floods.note(malformed('10.0.0.1:1', 'FC 16 byte count 1 for 2 registers'))
  t.equal(written.length, 2, 'it goes on')
  clock.advance(GOES_ON_MS)
  t.match(written[2]?.fields, { event: 'frame-malformed', count: 1, seconds: 60 })
  clock.advance(GOES_ON_MS)
  floods.note(malformed('10.0.0.1:1', 'FC 16 byte count 1 for 2 registers'))
  t.equal(written.length, 4, 'it was over: the next one is told at once again')
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

/** What was noted must be the events and the counts of the summaries. */
const total = (written: readonly SecurityEvent[]): number =>
  written.reduce((sum, { id, fields }) => sum + (id === 'events-collapsed' ? Number(fields.count) : 1), 0)

t.test('of a refused operation five are events, of a refused read one; the summary keeps who, what, where and the severity', (t) => {
  const { floods, ids, written } = journal()
  for (let i = 0; i < 5000; i++) floods.note(denied('control'))
  t.equal(ids().length, 5)
  for (let i = 0; i < 5; i++) floods.note(denied('monitor'))
  t.equal(ids().length, 6)
  floods.close()
  t.equal(total(written), 5005)
  const what = { event: 'operation-denied', subject: 'scada-1', source: '10.0.0.1', breaker: 'Q1', operation: 'x', reason: 'role' }
  t.match(written[6], { severity: 3, fields: { ...what, class: 'control', count: 4995 } })
  t.match(written[7], { severity: 4, fields: { ...what, class: 'monitor', count: 4 } })
  floods.note(denied('control'))
  t.equal(ids().length, 9, 'after the end nothing is counted any more')
  t.end()
})

t.test('a denial that differs in client, address, breaker, operation, guard or reason is an event of its own', (t) => {
  const { floods, written } = journal()
  const one = denied('control')
  for (let i = 0; i < 100; i++) floods.note(one)
  const others = [
    { subject: 'scada-2' },
    { source: '10.0.0.2:1' },
    { breaker: 'Q2' },
    { operation: 'y' },
    { guard: 'g' },
    { reason: 'locked' },
    { firstFromHere: 'yes' },
  ]
  for (const other of others) floods.note({ ...one, fields: { ...one.fields, ...other } })
  t.equal(written.length, 5 + others.length)
  t.end()
})

t.test('one client that varies what it asks fills no place of another: its own are counted together, exactly', (t) => {
  const { clock, floods, written } = journal()
  const one = denied('control')
  const ask = (subject: string, operation: string): void => floods.note({ ...one, fields: { ...one.fields, subject, operation } })
  let noted = 0
  for (let minute = 0; minute < 3; minute++) {
    for (let i = 0; i < 5000; i++) ask('hostile', `write register ${i}`)
    for (let i = 0; i < 20; i++) ask(`scada-${i}`, 'close')
    noted += 5020
    clock.advance(GOES_ON_MS)
  }
  t.equal(written.filter(({ id, fields }) => id === 'operation-denied' && /^scada/.test(String(fields.subject))).length, 60)
  floods.close()
  t.equal(total(written), noted)
  t.ok(written.length < 3 * (MAX_KINDS_OF_ONE + 25), `${written.length} events for ${noted}`)
  const together = written.filter(({ fields }) => fields.reason === 'more kinds than are counted apart')
  t.match(together[0], { severity: 3, fields: { subject: 'hostile', source: '10.0.0.1', breaker: '', class: 'control' } })
  t.end()
})

t.test('a client that varies and waits so that nothing is counted writes ten events a second at most', (t) => {
  const { clock, floods, written } = journal()
  const one = denied('control')
  let noted = 0
  for (let second = 0; second < 600; second++) {
    for (let i = 0; i < 50; i++) floods.note({ ...one, fields: { ...one.fields, operation: `o${(noted++ % 500) % MAX_KINDS_OF_ONE}` } })
    clock.advance(1000)
  }
  floods.close()
  t.equal(total(written), noted)
  t.ok(written.length < 6000, `${written.length} events in 600 s`)
  t.end()
})

t.test('what is counted has a bound: who has the most is summed up early, and nothing is lost', (t) => {
  const { floods, written } = journal()
  const one = denied('control')
  let noted = 0
  for (let subject = 0; subject < MAX_COLLAPSING; subject++)
    for (let i = 0; i < (subject < 20 ? MAX_KINDS_OF_ONE : 2); i++) {
      const [who, what] = [`s${subject}`, subject < 20 ? `o${i}` : 'o']
      for (let n = 0; n < 7; n++) floods.note({ ...one, fields: { ...one.fields, subject: who, operation: what } })
      noted += 7
    }
  t.ok(
    written.some(({ id }) => id === 'events-collapsed'),
    'somebody had to make room',
  )
  floods.close()
  t.equal(total(written), noted)
  t.end()
})

t.test('a scan from many addresses is one sum, not an event for each', (t) => {
  const { floods, written } = journal()
  for (let i = 0; i < 5000; i++)
    floods.note(event('connection-refused-acl', { source: `10.${i >> 8}.${i & 255}.1:1`, listener: 'l', reason: 'not on the list' }))
  floods.close()
  t.equal(total(written), 5000)
  t.equal(written.length, MAX_KINDS_OF_ONE + 2)
  t.match(written.at(-1)?.fields, { source: 'many addresses', count: 5000 - MAX_KINDS_OF_ONE - 1 })
  t.end()
})

t.test('a summary says for how long it counted, also when a stop or a full table ends it early', (t) => {
  const { clock, written, floods } = journal()
  const secondsOf = () => written.filter(({ id }) => id === 'events-collapsed').map(({ fields }) => fields.seconds)
  const repeat = (source: string): void => {
    for (let i = 0; i < 3; i++) floods.note(malformed(source, 'a'))
  }
  repeat('10.0.0.1:1')
  clock.advance(COLLAPSE_MS + 20_000)
  repeat('10.0.0.1:1')
  clock.advance(4000)
  repeat('10.0.0.2:1')
  clock.advance(2000)
  floods.close()
  t.same(secondsOf(), [10, 26, 2])
  t.end()
})
t.test('a summary of less than a second says one second, never none', (t) => {
  const { clock, written, floods } = journal()
  for (let i = 0; i < 3; i++) floods.note(malformed('10.0.0.1:1', 'a'))
  clock.advance(400)
  floods.close()
  t.match(written.at(-1), { id: 'events-collapsed', fields: { count: 2, seconds: 1 } })
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
