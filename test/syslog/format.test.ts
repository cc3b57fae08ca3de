import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { type EventId, type EventRecord, catalogue, event } from '../../src/events/index.ts'
import { type Format, type Look, format, formats, zoneOf } from '../../src/syslog/index.ts'
import { sampleOf } from '../../scripts/samples.ts'
import { parse } from '../../hil/demo/receiver.ts'
import { parseRfc5424 } from '../support/rfc5424.ts'

const look = (as: Format, more: Partial<Look> = {}): Look => ({
  format: as,
  facility: 13,
  hostName: '',
  enterprise: 32473,
  byteOrderMark: false,
  pid: 42,
  version: '1.2.3',
  maxBytes: 8192,
  zone: 'UTC',
  ...more,
})

const record = (reason: string, operation = 'close circuit breaker Q1'): EventRecord => ({
  ...event('operation-denied', {
    subject: 'scada-1',
    role: 'Operator',
    source: '10.20.0.17:50000',
    breaker: 'Q1',
    bus: 'b',
    unit: 1,
    class: 'control',
    operation,
    functionCode: 16,
    correlation: 'c',
    outcome: 'denied',
    reason,
    firstFromHere: 'no',
    guard: '',
  }),
  seq: 7,
  time: '2026-11-23T20:15:00.123456Z',
  boot: 'boot',
  gateway: 'gw-1',
})

t.test('a message is RFC 5424 with structured data [S-10]', (t) => {
  const message = format(record('locked'), look('rfc5424'))
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
  const own = parseRfc5424(
    Buffer.from(format(record('x'), look('rfc5424', { hostName: 'plant-7', enterprise: 99, facility: 16, byteOrderMark: true }))),
  )
  t.equal(own.host, 'plant-7')
  t.equal(own.priority, 16 * 8 + 3)
  t.equal(own.elements.get('breakwall@99')?.get('seq'), '7')
  t.ok(own.text.startsWith('\uFEFFdenied'))
  t.end()
})

t.test('sequenceId goes from 1 to 2147483647 and begins anew; seq does not', (t) => {
  const at = (seq: number) => parseRfc5424(Buffer.from(format({ ...record('x'), seq }, look('rfc5424')))).elements
  t.equal(at(2147483647).get('meta')?.get('sequenceId'), '2147483647')
  t.equal(at(2147483648).get('meta')?.get('sequenceId'), '1')
  t.equal(at(2147483648).get('breakwall@32473')?.get('seq'), '2147483648')
  t.end()
})

/** Texts that somebody would send who wants a log to say something else. */
const hostile = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      ']',
      '[',
      '|',
      '=',
      '\n',
      '\r',
      '\u0000',
      '\u001b',
      '\u202e',
      '\u2028',
      '\u0085',
      '\ufeff',
      'é',
      ' ',
      '<',
      '1',
      '\ud800',
      '\udfff',
      '💥',
    ),
    maxLength: 80,
  }),
  fc.constantFrom(
    'x\n<107>1 2026-11-23T20:15:00Z gw breakwall 1 operation-done [x]',
    '"] [breakwall@32473 outcome="done"',
    'a|b|10|act=allowed',
    '","event":{"outcome":"success"}',
  ),
)
const anyEvent: fc.Arbitrary<EventRecord> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(catalogue) as EventId[])),
    fc.array(hostile, { minLength: 20, maxLength: 20 }),
    hostile,
    fc.integer({ min: 1, max: 2 ** 40 }),
  )
  .map(([id, texts, gateway, seq]) => {
    const sample = sampleOf(id)
    const fields = Object.fromEntries(
      Object.entries(sample.fields).map(([name, value], i) => [name, typeof value === 'string' ? texts[i % 20] : value]),
    )
    return { ...event(id, fields as never), seq, time: '2026-11-23T20:15:00.123456Z', boot: 'boot', gateway }
  })
const forbidden = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u

t.test('no text in any field of any event can forge a field, an element or a line, in any format [CR 3.9] [S-10]', (t) => {
  fc.assert(
    fc.property(anyEvent, (made) => {
      const message = format(made, look('rfc5424'))
      if (forbidden.test(message)) return false
      const parsed = parseRfc5424(Buffer.from(message))
      const own = parsed.elements.get('breakwall@32473')
      const expected = { seq: made.seq, boot: made.boot, category: made.category, ...made.fields }
      return (
        parsed.elements.size === 2 &&
        own?.size === Object.keys(expected).length &&
        Object.entries(expected).every(([name, value]) => own.get(name) === String(value)) &&
        parsed.id === made.id &&
        parsed.text === made.text
      )
    }),
    { numRuns: 1500 },
  )
  fc.assert(
    fc.property(anyEvent, (made) => {
      const parsed = parseRfc5424(Buffer.from(format(made, look('json'))))
      const said = JSON.parse(parsed.text) as {
        event: { code: string; sequence: number }
        breakwall: Record<string, unknown>
        message: string
      }
      return (
        parsed.elements.size === 1 &&
        said.event.code === made.id &&
        said.event.sequence === made.seq &&
        said.message === made.text &&
        Object.entries(made.fields).every(([name, value]) => said.breakwall[name] === value)
      )
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(anyEvent, (made) => {
      const message = format(made, look('cef'))
      if (forbidden.test(message)) return false
      const found = /^<\d+>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [!-~]+ (CEF:0(?:\|(?:[^|\\]|\\[|\\])*){6})\|(.*)$/.exec(message)
      if (found === null) return false
      // A key is where an unescaped = is; each of ours is there once, and no other.
      const keys = [...(found[2] ?? '').matchAll(/(?:^| )([A-Za-z0-9]+)(?<!\\)=/g)].map(([, key]) => key)
      return (
        found[1]?.split(/(?<!\\)\|/)[5] === made.id &&
        new Set(keys).size === keys.length &&
        keys.at(-1) === 'msg' &&
        keys.includes('externalId')
      )
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(anyEvent, (made) => {
      const message = format(made, look('rfc3164'))
      const data = Object.keys(made.fields).length + 3
      return !forbidden.test(message) && [...message.matchAll(/ [A-Za-z]+="(?:[^"\\]|\\.)*"/g)].length >= data && message.endsWith('"')
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('the old header of rfc3164 and cef has the time of the zone that it is given, also where the clock changes', (t) => {
  const at = (time: string, zone: string, as: Format = 'rfc3164'): string =>
    /^<\d+>(.{15}) gw-1 /.exec(format({ ...record('x'), time }, look(as, { zone })))?.[1] ?? 'none'
  for (const [time, zone, expected] of [
    ['2026-11-23T20:15:00.123456Z', 'UTC', 'Nov 23 20:15:00'],
    ['2026-11-23T20:15:00.123456Z', 'Europe/Berlin', 'Nov 23 21:15:00'],
    ['2026-07-01T23:15:00.123456Z', 'Europe/Berlin', 'Jul  2 01:15:00'],
    ['2026-12-31T23:30:00.000000Z', 'Europe/Berlin', 'Jan  1 00:30:00'],
    // In autumn the hour from 2 to 3 comes twice, and the header cannot tell which one it is; in spring it does not come.
    ['2026-10-25T00:30:00.000000Z', 'Europe/Berlin', 'Oct 25 02:30:00'],
    ['2026-10-25T01:30:00.000000Z', 'Europe/Berlin', 'Oct 25 02:30:00'],
    ['2027-03-28T00:59:59.999999Z', 'Europe/Berlin', 'Mar 28 01:59:59'],
    ['2027-03-28T01:00:00.000000Z', 'Europe/Berlin', 'Mar 28 03:00:00'],
    ['2026-11-23T20:15:00.123456Z', 'Asia/Kolkata', 'Nov 24 01:45:00'],
  ] as const)
    for (const as of ['rfc3164', 'cef'] as const) t.equal(at(time, zone, as), expected, `${as}, ${time} in ${zone}`)
  const berlin = format(record('x'), look('cef', { zone: 'Europe/Berlin' }))
  t.match(berlin, /rt=1795464900123 .*bwTime=2026-11-23T20:15:00\.123456Z/, 'the data of CEF have the whole time in UTC')
  for (const as of ['rfc5424', 'json'] as const)
    t.equal(format(record('x'), look(as, { zone: 'Europe/Berlin' })), format(record('x'), look(as)), `${as} carries its zone`)
  t.equal(zoneOf({ headerTime: 'local' }, 'Europe/Berlin'), 'Europe/Berlin')
  t.equal(zoneOf({ headerTime: 'utc' }, 'Europe/Berlin'), 'UTC')
  t.end()
})

t.test('the time zone of the machine is that of its process', (t) => {
  const source = `import { machineZone } from '${join(import.meta.dirname, '../../src/platform/index.ts')}'; process.stdout.write(machineZone())`
  for (const zone of ['Europe/Berlin', 'Asia/Kolkata', 'UTC']) {
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      env: { ...process.env, TZ: zone },
      encoding: 'utf8',
    })
    t.equal(child.stdout.replace('Asia/Calcutta', 'Asia/Kolkata'), zone, child.stderr)
  }
  t.end()
})

t.test('a message stays within its bytes by cutting its text, never its data, and says so', (t) => {
  const made = record('ü'.repeat(120), 'x'.repeat(120))
  const long = { ...made, text: made.text.repeat(5) }
  for (const as of formats) {
    const message = format(long, look(as, { maxBytes: 2048 }))
    t.ok(Buffer.byteLength(message) <= 2048, `${as}: ${Buffer.byteLength(message)} bytes`)
    t.match(message, /\(cut\)/, as)
    t.ok(message.includes(as === 'json' ? JSON.stringify(made.fields.reason) : String(made.fields.reason)), `${as}: its data is whole`)
    if (as === 'json') t.match(JSON.parse(parseRfc5424(Buffer.from(message)).text), { breakwall: { reason: made.fields.reason } })
  }
  t.end()
})

t.test('the formats of each event are as the last reading of them left them', (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8')
  for (const id of Object.keys(catalogue) as EventId[])
    for (const as of formats)
      t.ok(page.includes(format(sampleOf(id), look(as, { version: '0.1.0', pid: 1234 }))), `${id} ${as}: npm run generate`)
  t.end()
})
