import t from 'tap'
import { realClock } from '../../src/platform/index.ts'
import { createPreciseTimers } from '../../src/platform/precise-timers.ts'

t.test('a timer of a fraction of a millisecond is never early', async (t) => {
  for (const ms of [0.2, 0.75, 1.75, 2.005]) {
    const early: number[] = []
    for (let i = 0; i < 30; i++) {
      const due = realClock.now() + ms
      await new Promise<void>((resolve) => void realClock.exactly(ms, resolve))
      if (realClock.now() < due) early.push(due - realClock.now())
    }
    t.same(early, [], `${ms} ms`)
  }
})

t.test('timers come in the order of their times, and one that was cancelled does not', async (t) => {
  const start = realClock.now()
  // Time stands still while they are set: a machine that is busy between two of them must not change which is due first.
  let standing = true
  const exactly = createPreciseTimers(() => (standing ? start : realClock.now()))
  const order: string[] = []
  await new Promise<void>((resolve) => {
    exactly(6, () => {
      order.push('last')
      resolve()
    })
    exactly(1.5, () => order.push('first'))
    exactly(3, () => order.push('second'))
    exactly(2, () => order.push('cancelled'))()
    standing = false
  })
  t.same(order, ['first', 'second', 'last'])
})
