import t from 'tap'
import { PROBE_MS, PROBE_SHARE, SILENT_AFTER } from '../../src/bus/limits.ts'
import { type Health, admit, answered, failed, healthy, probeTimeoutMs, probing, unasked } from '../../src/bus/unit-health.ts'
import { toMonotonic } from '../../src/platform/index.ts'

const at = toMonotonic
const silent = (costMs = 100): Health =>
  Array.from({ length: SILENT_AFTER }).reduce<Health>((health) => failed(health, costMs, at(0)), healthy)

t.test('one request without a reply is no news; as many in a row as the limit make a unit silent', (t) => {
  let health = healthy
  for (let i = 1; i < SILENT_AFTER; i++) health = failed(health, 100, at(0))
  t.equal(health.kind, 'answering')
  t.equal(failed(health, 100, at(0)).kind, 'silent')
  t.equal(failed(answered, 100, at(0)).kind, 'answering', 'an answer in between starts the count anew')
  t.end()
})

t.test('a silent unit is asked again only when its share of the bus allows it, by one read at a time, never by an operation', (t) => {
  const health = silent(100)
  const due = 100 / PROBE_SHARE - 100
  t.equal(admit(health, false, at(due - 1)), 'refuse')
  t.equal(admit(health, false, at(due)), 'probe')
  t.equal(admit(health, true, at(due)), 'refuse', 'an operation is never the question')
  t.equal(admit(probing(health), false, at(due)), 'refuse', 'one at a time')
  t.equal(admit(unasked(probing(health)), false, at(due)), 'probe', 'a question that never went out is no question')
  t.equal(admit(answered, true, at(due)), 'send', 'the first answer brings it back')
  t.end()
})

t.test('over any time the questions take no more than their share of the bus', (t) => {
  let health = silent(100)
  let now = 0
  let spent = 0
  for (let i = 0; i < 50; i++) {
    if (health.kind !== 'silent') throw new Error('it is silent')
    now = health.probeAt
    const cost = probeTimeoutMs(health, 12, 600)
    spent += cost
    now += cost
    health = failed(probing(health), cost, at(now))
  }
  t.ok(spent / now <= PROBE_SHARE + 0.001, `${((100 * spent) / now).toFixed(2)} %`)
  t.end()
})

t.test('the time-out of a question grows from what the unit used to need up to its own', (t) => {
  let health = silent()
  const times: number[] = []
  for (let i = 0; i < 6; i++) {
    times.push(probeTimeoutMs(health, 20, 600))
    health = failed(health, 100, at(0))
  }
  t.same(times, [80, 160, 320, 600, 600, 600])
  t.equal(probeTimeoutMs(silent(), 1, 600), PROBE_MS)
  t.equal(probeTimeoutMs(silent(), 0, 600), 600, 'one that never answered gets its whole time')
  t.end()
})
