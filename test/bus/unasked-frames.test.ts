import t from 'tap'
import { MAX_LATE_TRANSACTIONS, UNASKED_FRAMES } from '../../src/bus/limits.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { createUnaskedFrames } from '../../src/bus/unasked-frames.ts'

t.test('a connection may send so many frames that answer nobody at once, and so many more each second', (t) => {
  const clock = virtualClock()
  const frames = createUnaskedFrames(clock)
  for (let i = 0; i < UNASKED_FRAMES.atOnce; i++) t.equal(frames.arrived(), 'tolerated')
  t.equal(frames.arrived(), 'too-many')
  frames.opened()
  for (let i = 0; i < 10 * UNASKED_FRAMES.atOnce; i++) {
    clock.advance(1000 / UNASKED_FRAMES.perSecond)
    t.equal(frames.arrived(), 'tolerated')
  }
  clock.advance(3_600_000)
  for (let i = 0; i < UNASKED_FRAMES.atOnce; i++) frames.arrived()
  t.equal(frames.arrived(), 'too-many', 'a quiet hour saves up no more')
  t.end()
})

t.test('a late reply is known once, by the id of a request that timed out on this connection', (t) => {
  const frames = createUnaskedFrames(virtualClock())
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
