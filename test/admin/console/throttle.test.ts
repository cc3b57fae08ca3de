import t from 'tap'
import { CONNECTIONS_PER_ADDRESS, createConnectionShare, createThrottle } from '../../../src/admin/console/throttle.ts'

t.test('one address has its share of the gateway, and leaves the others theirs; what waits is bounded [CR 7.1]', (t) => {
  let now = 0
  const throttle = createThrottle(() => now)
  const ask = (address: string, count: number): number => {
    let passed = 0
    for (let i = 0; i < count; i++) {
      const done = throttle.begin(address)
      if (done === 'too-many') continue
      passed += 1
      done()
    }
    return passed
  }
  t.equal(ask('10.0.0.1', 10_000), 60, 'a burst')
  t.equal(ask('10.0.0.2', 5), 5, 'another one is served')
  now = 10
  t.equal(ask('10.0.0.1', 10_000), 60)
  now = 11
  t.equal(ask('10.0.0.1', 10_000), 20, 'then so many a second')
  now = 100
  const passed = Array.from({ length: 50 }, (_, i) => ask(`10.0.1.${i}`, 100)).reduce((sum, one) => sum + one, 0)
  t.equal(passed, 160, 'all together have a share too')
  now = 200
  const open = Array.from({ length: 20 }, (_, i) => throttle.begin(`10.0.2.${i}`))
  t.equal(open.filter((one) => one === 'too-many').length, 4, 'at most sixteen wait')
  for (const one of open) if (one !== 'too-many') one()
  t.not(throttle.begin('10.0.2.99'), 'too-many')
  t.end()
})

t.test('one address has its share of the connections to the pages, and leaves the others theirs [CR 7.1]', (t) => {
  const share = createConnectionShare()
  for (let i = 0; i < CONNECTIONS_PER_ADDRESS; i++) t.equal(share.enter('10.0.0.1'), true)
  t.equal(share.enter('10.0.0.1'), false)
  t.equal(share.enter('10.0.0.2'), true)
  share.leave('10.0.0.1')
  t.equal(share.enter('10.0.0.1'), true)
  t.end()
})
