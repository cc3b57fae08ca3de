import t from 'tap'
import {
  CONTROL_PROBE_MS,
  FIRST_PAUSE_MS,
  PROBE_MS,
  PROBE_PAUSE_MS,
  PROBE_SHARE,
  SILENT_AFTER_UNKNOWN,
  SILENT_MS,
} from '../../src/bus/limits.ts'
import type { LineKind } from '../../src/bus/line.ts'
import { type Health, admit, answered, failed, healthy, pauseMs, probeTimeoutMs, probeNotSent, probing } from '../../src/bus/unit-health.ts'
import { toMonotonic } from '../../src/platform/index.ts'

const at = toMonotonic
type One = { key: string; sentAt: number; endedAt: number; before?: boolean; costMs?: number }
const fail = (health: Health, { key, sentAt, endedAt, before = true, costMs = 100 }: One, line: LineKind = 'serial'): Health =>
  failed(
    health,
    { key, kind: key === 'operation' ? 'control' : 'read', answeredBefore: before, sentAt: at(sentAt), costMs },
    line,
    at(endedAt),
  )
const all = (health: Health, ones: readonly One[], line: LineKind = 'serial'): Health =>
  ones.reduce((before, one) => fail(before, one, line), health)
const silent = (line: LineKind = 'serial', costMs = 100): Health =>
  all(
    answered(at(0)),
    [
      { key: 'a', sentAt: 10, endedAt: 100, costMs },
      { key: 'b', sentAt: 100, endedAt: 200, costMs },
    ],
    line,
  )
const read = { kind: 'read', mayTell: true } as const
const strange = { kind: 'read', mayTell: false } as const

t.test('two different requests in a row without a reply make a unit silent; one does not, however often it is repeated', (t) => {
  t.equal(silent().kind, 'silent')
  const again = Array.from({ length: 10 }, (_, i) => ({ key: 'a', sentAt: 10 + 100 * i, endedAt: 110 + 100 * i }))
  t.equal(all(answered(at(0)), again).kind, 'answering')
  t.equal(fail(all(answered(at(0)), again), { key: 'b', sentAt: 1010, endedAt: 1110 }).kind, 'silent')
  t.end()
})

t.test('requests that were on their way together are one silence, however many they are', (t) => {
  const together = Array.from({ length: 16 }, (_, i) => ({ key: `r${i}`, sentAt: 10 + i, endedAt: 610 + i }))
  const health = all(answered(at(0)), together, 'ethernet')
  t.equal(health.kind, 'answering')
  t.equal(fail(health, { key: 'r1', sentAt: 700, endedAt: 1300 }, 'ethernet').kind, 'silent', 'the next one tells')
  t.end()
})

t.test('the silence of a request that was sent before the last answer is its own', (t) => {
  const health = all(answered(at(500)), [
    { key: 'a', sentAt: 10, endedAt: 610 },
    { key: 'b', sentAt: 20, endedAt: 620 },
    { key: 'c', sentAt: 30, endedAt: 630 },
  ])
  t.same(health, answered(at(500)))
  t.end()
})

t.test('requests that were never answered silence no unit on Ethernet; on a serial line they let a known one ask at once', (t) => {
  const scan = Array.from({ length: 6 }, (_, i) => ({ key: `x${i}`, sentAt: 10 + 600 * i, endedAt: 610 + 600 * i, before: false }))
  t.equal(all(answered(at(0)), scan, 'ethernet').kind, 'answering')
  const few = all(answered(at(0)), scan.slice(0, SILENT_AFTER_UNKNOWN - 1))
  t.equal(few.kind, 'answering')
  const health = all(answered(at(0)), scan.slice(0, SILENT_AFTER_UNKNOWN))
  t.equal(health.kind, 'silent')
  const now = at(610 + 600 * (SILENT_AFTER_UNKNOWN - 1))
  t.equal(admit(health, read, now), 'probe')
  t.equal(admit(health, strange, now), 'refuse')
  t.end()
})

t.test('a unit that has never answered is judged by whatever is asked; one request alone tells after a long time', (t) => {
  const both = [
    { key: 'a', sentAt: 0, endedAt: 600, before: false },
    { key: 'b', sentAt: 600, endedAt: 1200, before: false },
  ]
  t.equal(all(healthy, both, 'ethernet').kind, 'silent')
  const alone = Array.from({ length: 40 }, (_, i) => ({ key: 'a', sentAt: 1000 * i, endedAt: 1000 * i + 600, before: false }))
  let health: Health = answered(at(0))
  for (const one of alone) {
    health = fail(health, { ...one, sentAt: one.sentAt + 1 }, 'ethernet')
    t.equal(health.kind, one.endedAt >= SILENT_MS + 1 ? 'silent' : 'answering', `after ${one.endedAt} ms`)
  }
  t.end()
})

t.test('a silent unit is asked again by one read at a time, first by one that it used to answer; a setting is never the question', (t) => {
  const health = silent('serial', 10)
  const due = 200 + 10 * (1 / PROBE_SHARE - 1)
  t.equal(admit(health, read, at(due - 1)), 'refuse')
  t.equal(admit(health, read, at(due)), 'probe')
  t.equal(admit(health, strange, at(due)), 'refuse')
  t.equal(admit(health, strange, at(due + (due - 200))), 'probe', 'after twice the pause nobody else has asked')
  t.equal(admit(health, { kind: 'setting', mayTell: true }, at(due)), 'refuse')
  t.equal(admit(probing(health, 'read', at(due)), read, at(due)), 'refuse', 'one at a time')
  t.equal(
    admit(probeNotSent(probing(health, 'read', at(due)), 'read'), read, at(due)),
    'probe',
    'a question that never went out is no question',
  )
  t.equal(admit(answered(at(due)), read, at(due)), 'send', 'the first answer brings it back')
  t.end()
})

t.test('one control operation is let through at once, while a read is on its way too, and another only after a while', (t) => {
  const health = probing(silent(), 'read', at(200))
  const control = { kind: 'control', mayTell: false } as const
  t.equal(admit(health, control, at(200)), 'probe')
  const tried = fail(probing(health, 'control', at(200)), { key: 'operation', sentAt: 200, endedAt: 800 })
  t.equal(admit(tried, control, at(800)), 'refuse')
  t.equal(admit(tried, read, at(1_000_000)), 'refuse', 'the read is still on its way')
  t.equal(admit(tried, control, at(200 + CONTROL_PROBE_MS)), 'probe')
  t.equal(
    admit(probeNotSent(probing(health, 'control', at(200)), 'control'), control, at(201)),
    'probe',
    'one that never went out was no try',
  )
  t.end()
})

t.test('on a serial line the questions keep their share of its time, the first pause its limit', (t) => {
  t.equal(pauseMs('serial', 600, 0), FIRST_PAUSE_MS)
  t.equal(pauseMs('serial', 600, 1), 600 / PROBE_SHARE - 600)
  let health = silent()
  let now = 0
  let spent = 0
  for (let i = 0; i < 50; i++) {
    if (health.kind !== 'silent') throw new Error('it is silent')
    now = health.probeAt
    const cost = probeTimeoutMs(health, 12, 600)
    spent += cost
    health = fail(probing(health, 'read', at(now)), { key: 'a', sentAt: now, endedAt: now + cost, costMs: cost })
    now += cost
  }
  t.ok(spent / now <= PROBE_SHARE + 0.001, `${((100 * spent) / now).toFixed(2)} %`)
  t.end()
})

t.test('on Ethernet no line is held: the pauses grow from one second to ten, whatever the time-out costs', (t) => {
  const pauses = [0, 1, 2, 3, 4, 5, 40].map((tries) => pauseMs('ethernet', 5000, tries))
  t.same(pauses, [1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
  t.same([pauses[0], pauses[6]], [PROBE_PAUSE_MS.first, PROBE_PAUSE_MS.most])
  t.end()
})

t.test('the time-out of a question grows from what the unit used to need up to its own', (t) => {
  let health = silent()
  const times: number[] = []
  for (let i = 0; i < 6; i++) {
    times.push(probeTimeoutMs(health, 20, 600))
    health = fail(health, { key: 'a', sentAt: 300, endedAt: 400 })
  }
  t.same(times, [80, 160, 320, 600, 600, 600])
  t.equal(probeTimeoutMs(silent(), 1, 600), PROBE_MS)
  t.equal(probeTimeoutMs(silent(), 0, 600), 600, 'one that never answered gets its whole time')
  t.end()
})
