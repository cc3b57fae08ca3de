import t from 'tap'
import { type EndpointConflict, addressOf, createEndpoints } from '../../src/bus/endpoints.ts'

function site() {
  const reported: (EndpointConflict & { bus: string })[] = []
  const endpoints = createEndpoints()
  const claimOf = (bus: string) => endpoints.ofBus(bus, (conflict) => void reported.push({ bus, ...conflict }))()
  return { claimOf, reported }
}
const kind = (held: ReturnType<ReturnType<ReturnType<typeof site>['claimOf']>['hold']>): string => held.kind

t.test('the first bus that is connected keeps the endpoint; its own connections share it [S-31]', (t) => {
  const { claimOf, reported } = site()
  const [first, second, other] = [claimOf('a'), claimOf('a'), claimOf('b')]
  t.equal(kind(first.hold('10.0.0.1:502')), 'held')
  t.equal(kind(second.hold('10.0.0.1:502')), 'held')
  t.equal(kind(other.hold('10.0.0.1:502')), 'another-bus')
  t.equal(kind(other.hold('10.0.0.1:503')), 'held', 'another port is another interface')
  first.release()
  t.equal(kind(other.hold('10.0.0.1:502')), 'another-bus', 'one connection of the first is still there')
  second.release()
  t.equal(kind(other.hold('10.0.0.1:502')), 'held')
  t.equal(kind(first.hold('10.0.0.1:502')), 'another-bus')
  t.same(
    reported.map(({ bus, otherBus }) => [bus, otherBus]),
    [
      ['b', 'a'],
      ['b', 'a'],
      ['a', 'b'],
    ],
  )
  t.end()
})

t.test('a conflict is reported once, whatever number of connections and tries meet it', (t) => {
  const { claimOf, reported } = site()
  claimOf('a').hold('10.0.0.1:502')
  const [one, two] = [claimOf('b'), claimOf('b')]
  for (let i = 0; i < 5; i++) for (const claim of [one, two]) claim.hold('10.0.0.1:502')
  t.same(reported, [{ bus: 'b', otherBus: 'a', address: '10.0.0.1:502' }])
  t.end()
})

t.test('two buses whose addresses were exchanged do not wait for each other for ever', (t) => {
  const { claimOf } = site()
  const [a, b] = [claimOf('a'), claimOf('b')]
  a.hold('10.0.0.1:502')
  b.hold('10.0.0.2:502')
  t.equal(kind(a.hold('10.0.0.2:502')), 'another-bus')
  t.equal(kind(b.hold('10.0.0.1:502')), 'held')
  t.equal(kind(a.hold('10.0.0.2:502')), 'held')
  t.end()
})

t.test('an address has one spelling', (t) => {
  t.equal(addressOf('::ffff:10.0.0.1', 502), addressOf('10.0.0.1', 502))
  t.equal(addressOf('::FFFF:10.0.0.1', 502), '10.0.0.1:502')
  t.equal(addressOf('::1', 502), addressOf('127.0.0.1', 502))
  t.equal(addressOf('2001:DB8::1', 502), '[2001:db8::1]:502')
  t.not(addressOf('127.0.0.2', 502), addressOf('127.0.0.1', 502))
  t.end()
})
