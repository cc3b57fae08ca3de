import t from 'tap'
import { MAX_LATE_TRANSACTIONS, MAX_UNASKED_FRAMES } from '../../src/bus/limits.ts'
import { createUnaskedFrames } from '../../src/bus/unasked-frames.ts'

t.test('a connection may send so many frames that answer nobody, and one more for each request', (t) => {
  const frames = createUnaskedFrames()
  for (let i = 0; i < MAX_UNASKED_FRAMES; i++) t.equal(frames.arrived(), 'tolerated')
  t.equal(frames.arrived(), 'too-many')
  frames.opened()
  for (let i = 0; i < 10 * MAX_UNASKED_FRAMES; i++) {
    frames.requestSent()
    t.equal(frames.arrived(), 'tolerated')
  }
  t.end()
})

t.test('requests save up no more than the bound', (t) => {
  const frames = createUnaskedFrames()
  for (let i = 0; i < 1000; i++) frames.requestSent()
  for (let i = 0; i < MAX_UNASKED_FRAMES; i++) frames.arrived()
  t.equal(frames.arrived(), 'too-many')
  t.end()
})

t.test('a late reply is known once, by the id of a request that timed out on this connection', (t) => {
  const frames = createUnaskedFrames()
  frames.timedOut(7)
  t.notOk(frames.isLate(8))
  t.ok(frames.isLate(7))
  t.notOk(frames.isLate(7), 'it comes once')
  for (let i = 0; i <= MAX_LATE_TRANSACTIONS; i++) frames.timedOut(100 + i)
  t.notOk(frames.isLate(100), 'the oldest is forgotten')
  t.ok(frames.isLate(101))
  frames.opened()
  t.notOk(frames.isLate(102), 'another connection')
  t.end()
})
