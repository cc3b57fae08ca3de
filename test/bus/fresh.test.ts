import t from 'tap'
import { createFresh, windowOf } from '../../src/bus/fresh.ts'
import { MAX_FRESH } from '../../src/bus/limits.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { read } from '../support/requests.ts'

const at = toMonotonic
const refresh = [
  { from: 12_016, to: 12_019, everyMs: 1000 },
  { from: 12_020, to: 12_022, everyMs: 5000 },
]
const registers = (count: number) => ({ kind: 'registers', registers: new Uint8Array(2 * count).fill(7) }) as const

t.test('a read is as fresh as its fastest register; one register without a window has none at all', (t) => {
  t.equal(windowOf(read(12_016, 4), refresh), 1000)
  t.equal(windowOf(read(12_020, 3), refresh), 5000)
  t.equal(windowOf(read(12_018, 4), refresh), 1000)
  t.equal(windowOf(read(12_022, 2), refresh), 0)
  t.equal(windowOf(read(12_015, 2), refresh), 0)
  t.equal(windowOf(read(12_016, 4), []), 0, 'off by default')
  t.end()
})

t.test('an answer is found within its window, a part of it too, and not at its end', (t) => {
  const fresh = createFresh()
  fresh.keep(read(12_016, 4), registers(4), at(100))
  t.match(fresh.find(read(12_017, 2), 1000, at(1099)), { kind: 'registers' })
  t.equal(fresh.find(read(12_017, 2), 1000, at(1100)), 'none')
  t.equal(fresh.find(read(12_017, 4), 1000, at(200)), 'none')
  t.end()
})

t.test('after an operation nothing older is found, nor what was asked before it', (t) => {
  const fresh = createFresh()
  fresh.keep(read(12_016, 4), registers(4), at(100))
  fresh.forget(at(500))
  t.equal(fresh.find(read(12_016, 4), 1000, at(501)), 'none')
  fresh.keep(read(12_016, 4), registers(4), at(400))
  t.equal(fresh.find(read(12_016, 4), 1000, at(501)), 'none', 'asked before, answered after')
  fresh.keep(read(12_016, 4), registers(4), at(600))
  t.not(fresh.find(read(12_016, 4), 1000, at(601)), 'none')
  t.end()
})

t.test('exceptions are not kept, and no more answers than the bound', (t) => {
  const fresh = createFresh()
  fresh.keep(read(1, 1), { kind: 'exception', code: 2 }, at(0))
  t.equal(fresh.find(read(1, 1), 1000, at(1)), 'none')
  for (let i = 0; i <= MAX_FRESH; i++) fresh.keep(read(100 + 2 * i, 1), registers(1), at(0))
  t.equal(fresh.find(read(100, 1), 1000, at(1)), 'none', 'the oldest had to go')
  t.not(fresh.find(read(102, 1), 1000, at(1)), 'none')
  t.end()
})
