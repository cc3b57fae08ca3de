import t from 'tap'
import { MAX_ANSWERED, MAX_UNANSWERED, UNANSWERED_AFTER } from '../../src/bus/limits.ts'
import { createRequestHealth } from '../../src/bus/request-health.ts'
import { keyOf } from '../../src/bus/request-key.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { read } from '../support/requests.ts'

const at = toMonotonic

t.test('a request that is left without a reply is paused for itself, longer each time, and an answer ends that', (t) => {
  const requests = createRequestHealth('ethernet')
  const key = keyOf(read(9999, 1))
  for (let i = 1; i < UNANSWERED_AFTER.never; i++) requests.unanswered(key, 600, at(0))
  t.notOk(requests.isPaused(key, at(0)))
  requests.unanswered(key, 600, at(0))
  t.ok(requests.isPaused(key, at(999)))
  t.notOk(requests.isPaused(key, at(1000)))
  t.notOk(requests.isPaused(keyOf(read(9998, 1)), at(0)), 'no other')
  requests.unanswered(key, 600, at(1000))
  t.ok(requests.isPaused(key, at(2999)))
  requests.answered(key)
  t.notOk(requests.isPaused(key, at(2999)))
  t.end()
})

t.test('a request that was answered before gets one more try', (t) => {
  const requests = createRequestHealth('serial')
  const key = keyOf(read(12_000, 2))
  t.notOk(requests.hasAnswered())
  requests.answered(key)
  t.ok(requests.hasAnswered() && requests.wasAnswered(key))
  for (let i = 1; i < UNANSWERED_AFTER.before; i++) requests.unanswered(key, 600, at(0))
  t.notOk(requests.isUnanswered(key))
  requests.unanswered(key, 600, at(0))
  t.ok(requests.isUnanswered(key))
  requests.forget()
  t.notOk(requests.isUnanswered(key), 'the unit was away as a whole')
  t.end()
})

t.test('what is remembered has a bound: a client that reads everything makes the oldest forgotten', (t) => {
  const requests = createRequestHealth('serial')
  const keys = Array.from({ length: MAX_ANSWERED + 1 }, (_, i) => keyOf(read(1 + i, 1)))
  for (const key of keys) requests.answered(key)
  t.equal(keys.filter((key) => requests.wasAnswered(key)).length, MAX_ANSWERED)
  const silent = Array.from({ length: MAX_UNANSWERED + 1 }, (_, i) => keyOf(read(1000 + i, 1)))
  for (const key of silent) for (let i = 0; i < UNANSWERED_AFTER.never; i++) requests.unanswered(key, 600, at(0))
  t.equal(silent.filter((key) => requests.isUnanswered(key)).length, MAX_UNANSWERED)
  t.end()
})

t.test('two requests have one key only when they are the same', (t) => {
  const others = [read(12_000, 3), read(12_001, 2)]
  t.equal(keyOf(read(12_000, 2)), keyOf(read(12_000, 2)))
  for (const other of others) t.not(keyOf(read(12_000, 2)), keyOf(other))
  t.not(keyOf({ kind: 'report-server-id' }), keyOf({ kind: 'read-exception-status' }))
  t.end()
})
