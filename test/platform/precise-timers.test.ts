import t from 'tap'
import { realClock } from '../../src/platform/index.ts'

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
  const order: string[] = []
  const last = new Promise<void>((resolve) => {
    realClock.exactly(6, () => {
      order.push('last')
      resolve()
    })
    realClock.exactly(1.5, () => order.push('first'))
    realClock.exactly(3, () => order.push('second'))
    const cancel = realClock.exactly(2, () => order.push('cancelled'))
    cancel()
  })
  await last
  t.same(order, ['first', 'second', 'last'])
})
