import t from 'tap'
import { toMonotonic } from '../../src/platform/index.ts'
import { createConnectionLimits, sourceOf } from '../../src/upstream/connection-limits.ts'
import { MAX_CLIENT_ADDRESSES, OWN_CONNECTIONS } from '../../src/upstream/limits.ts'

const limits = { connections: 5, connectionsPerAddress: 3, handshakesPerSecond: 2, idleMs: 1000 }
const at = toMonotonic

t.test('an address is one source however it is written; of IPv6 its network is', (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:20:0:1:2:3:4', '2001:db8:20:0::/64'],
    ['2001:db8:20::7', '2001:db8:20:0::/64'],
    ['2001:0DB8:0020:0000::9', '2001:db8:20:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ]
  for (const [address, source] of table) t.equal(sourceOf(address), source, address)
  t.end()
})

t.test('one address has its share and no more, and leaves the others theirs [CR 7.1]', (t) => {
  const guests = createConnectionLimits(() => limits)
  for (let i = 0; i < 3; i++) t.equal(guests.enter('10.0.0.1', 'control', at(0)), 'welcome')
  t.match(guests.enter('10.0.0.1', 'control', at(0)), /2 connections a second/, 'no leave left')
  t.match(guests.enter('10.0.0.1', 'control', at(2000)), /3 connections from this address/)
  t.equal(guests.enter('10.0.0.2', 'control', at(2000)), 'welcome', 'another address')
  t.equal(guests.enter('10.0.0.3', 'control', at(2000)), 'welcome')
  t.match(guests.enter('10.0.0.4', 'control', at(2000)), /5 connections are open/)
  guests.leave('10.0.0.1')
  t.equal(guests.enter('10.0.0.1', 'control', at(4000)), 'welcome', 'what has left makes room')
  t.equal(guests.inside(), 5)
  t.end()
})

t.test('the addresses that are counted are bounded, and those without a connection are forgotten first', (t) => {
  const guests = createConnectionLimits(() => ({ ...limits, connections: 1_000_000 }))
  for (let i = 0; i < MAX_CLIENT_ADDRESSES; i++) {
    const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
    guests.enter(address, 'control', at(0))
    guests.leave(address)
  }
  t.equal(guests.enter('192.0.2.1', 'control', at(0)), 'welcome', 'nobody is refused because many others were here')
  t.end()
})

t.test('four addresses that take all they may keep no other from connecting, and readers none that may control [CR 7.1]', (t) => {
  const door = { connections: 256, connectionsPerAddress: 64, handshakesPerSecond: 20, idleMs: 1000 }
  const guests = createConnectionLimits(() => door)
  const fill = (address: string, level: 'read' | 'control'): number => {
    for (let open = 0; ; open++) if (guests.enter(address, level, at(0)) !== 'welcome') return open
  }
  for (let i = 0; i < 3; i++) t.equal(fill(`10.0.0.${i}`, 'read'), 64)
  t.equal(fill('10.0.0.3', 'read'), OWN_CONNECTIONS, 'the last quarter is for those with fewer')
  for (let i = 0; i < 20; i++) fill(`10.0.1.${i}`, 'read')
  t.match(guests.enter('10.0.2.1', 'read', at(0)), /kept for addresses that may control/)
  t.equal(fill('10.0.9.1', 'control'), OWN_CONNECTIONS)
  t.match(guests.enter('10.0.9.1', 'control', at(0)), /kept for addresses with fewer than 4/)
  t.end()
})
