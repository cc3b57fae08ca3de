import t from 'tap'
import { createAdmission, spend } from '../../src/upstream/admission.ts'

t.test('the limit over all connections holds at its bound and one past it', (t) => {
  const admission = createAdmission(3)
  t.same([admission.enter(), admission.enter(), admission.enter(), admission.enter()], [true, true, true, false])
  admission.leave()
  t.equal(admission.enter(), true)
  t.equal(admission.inside(), 3)
  t.end()
})

t.test('a flood of bad requests is answered at once a few times, then at its rate, and is forgiven with time', (t) => {
  const rate = { atOnce: 3, perSecond: 10 }
  let allowance = { left: 3, at: 0 }
  const waits: number[] = []
  const at = (ms: number): void => {
    const [next, { waitMs }] = spend(allowance, ms, rate)
    allowance = { ...next }
    waits.push(Math.round(waitMs))
  }
  for (let i = 0; i < 5; i++) at(0)
  t.same(waits, [0, 0, 0, 100, 200])
  at(10_000)
  t.equal(waits.at(-1), 0)
  t.equal(allowance.left, 2, 'no more than its bound was saved up')
  t.end()
})
