import t from 'tap'
import { MAX_QUEUED } from '../../src/bus/limits.ts'
import { type Queue, dequeue, emptyQueue, enqueue } from '../../src/bus/scheduler.ts'

function filled(items: readonly (readonly ['control' | 'setting' | 'read', string])[]): Queue<string> {
  return items.reduce<Queue<string>>((queue, [priority, item]) => {
    const longer = enqueue(queue, priority, item)
    if (longer === 'full') throw new Error(`${item} found no place`)
    return longer
  }, emptyQueue)
}

t.test('control comes before settings before reads, each in the order of its coming', (t) => {
  let queue = filled([
    ['read', 'r1'],
    ['setting', 's1'],
    ['read', 'r2'],
    ['control', 'c1'],
    ['control', 'c2'],
  ])
  const order: string[] = []
  for (let next = dequeue(queue); next !== 'empty'; next = dequeue(queue)) {
    order.push(next[0])
    queue = next[1]
  }
  t.same(order, ['c1', 'c2', 's1', 'r1', 'r2'])
  t.end()
})

t.test('the queue takes its bound and not one more; reads alone never keep a control operation out', (t) => {
  const full = filled(Array.from({ length: MAX_QUEUED }, (_, i) => ['read', `r${i}`] as const))
  t.equal(enqueue(full, 'read', 'one more'), 'full')
  t.equal(enqueue(full, 'setting', 'one more'), 'full')
  t.not(enqueue(full, 'control', 'open'), 'full')
  const controls = filled(Array.from({ length: MAX_QUEUED }, (_, i) => ['control', `c${i}`] as const))
  t.equal(enqueue(controls, 'control', 'one more'), 'full')
  t.end()
})
