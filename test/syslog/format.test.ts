import fc from 'fast-check'
import t from 'tap'
import { type EventRecord, event } from '../../src/events/index.ts'
import { formatRfc5424 } from '../../src/syslog/index.ts'
import { parse } from '../../hil/demo/receiver.ts'

const record = (reason: string, operation = 'close circuit breaker Q1'): EventRecord => ({
  ...event('operation-denied', {
    subject: 'scada-1',
    role: 'Operator',
    source: '127.0.0.1:1',
    breaker: 'Q1',
    bus: 'b',
    unit: 1,
    class: 'control',
    operation,
    functionCode: 16,
    correlation: 'c',
    outcome: 'denied',
    firstFromHere: 'no',
    reason,
  }),
  seq: 7,
  time: '2026-11-23T20:15:00.123456Z',
  boot: 'boot',
  gateway: 'gw-1',
})

t.test('a message is RFC 5424 with structured data [S-10]', (t) => {
  const message = formatRfc5424(record('locked'), 13, 42)
  t.ok(
    message.startsWith(
      '<107>1 2026-11-23T20:15:00.123456Z gw-1 breakwall 42 operation-denied [meta sequenceId="7"][breakwall@32473 seq="7" boot="boot" category="operation" ',
    ),
  )
  t.match(parse(message), {
    priority: 13 * 8 + 3,
    id: 'operation-denied',
    data: { reason: 'locked', unit: '1' },
    text: 'denied: close circuit breaker Q1: locked',
  })
  t.end()
})

t.test('no text in any field can forge a field, an element or a line [CR 3.9]', (t) => {
  const nasty = fc.string({
    unit: fc.constantFrom('"', '\\', ']', '[', '\n', '\r', '\u0000', '\u202e', 'é', ' ', '=', 'a', '\ud800'),
    maxLength: 60,
  })
  fc.assert(
    fc.property(nasty, nasty, (reason, operation) => {
      const made = record(reason, operation)
      const message = formatRfc5424(made, 13, 1)
      const parsed = parse(message)
      if (parsed === 'not-rfc5424' || /[\n\r\u0000\u202e]/.test(message)) return false
      return (
        parsed.data['reason'] === made.fields.reason &&
        parsed.data['operation'] === made.fields.operation &&
        parsed.text.startsWith('denied: ')
      )
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('a message stays within 2048 bytes by cutting its text, never its data', (t) => {
  const made = record('ü'.repeat(250), 'x'.repeat(250))
  const message = formatRfc5424({ ...made, text: made.text.repeat(5) }, 13, 1)
  t.ok(Buffer.byteLength(message) <= 2048)
  t.match(parse(message), { data: { reason: made.fields.reason }, text: / \(cut\)$/ })
  t.end()
})
