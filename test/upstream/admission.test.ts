import fc from 'fast-check'
import t from 'tap'
import { type RequestKind, clientKeyOf, createAdmission, onlyReads, spend } from '../../src/upstream/admission.ts'
import { CONTROL_IN_FLIGHT, READS_IN_FLIGHT } from '../../src/upstream/limits.ts'
import { toConnectionId } from '../../src/policy/index.ts'
import { anyRequest } from '../support/any-modbus.ts'
import { commandOf } from '../support/requests.ts'
import { everywhere } from '../support/rights.ts'

/** Lets one client enter until it is refused; how many places it got. */
function fill(admission: ReturnType<typeof createAdmission>, client: string, kind: RequestKind): number {
  for (let places = 0; ; places++) if (!admission.enter(client, kind)) return places
}

t.test('one client gets its own places and half of those that are shared; the next ones find their own [CR 7.1]', (t) => {
  const admission = createAdmission({ read: { inAll: 20, own: 2, shared: 8 }, control: { inAll: 4, own: 1, shared: 2 } })
  t.equal(fill(admission, 'a', 'read'), 2 + 4)
  t.equal(fill(admission, 'b', 'read'), 2 + 2)
  t.equal(fill(admission, 'c', 'read'), 2 + 2)
  t.equal(fill(admission, 'd', 'read'), 2, 'nothing shared is left')
  for (const client of ['e', 'f']) t.equal(fill(admission, client, 'read'), 2)
  t.equal(fill(admission, 'g', 'read'), 0, 'all are taken')
  t.equal(fill(admission, 'g', 'control'), 2, 'and none of those for control')
  t.equal(admission.inside(), 22)
  for (let i = 0; i < 6; i++) admission.leave('a', 'read')
  t.equal(fill(admission, 'g', 'read'), 2 + 2)
  t.end()
})

t.test('two or two hundred readers take nothing of what is kept for control, and one operator finds 72 places beside others', (t) => {
  for (const readers of [2, 200]) {
    const admission = createAdmission()
    for (let i = 0; i < readers; i++) fill(admission, `reader ${i}`, 'read')
    if (readers === 2) t.ok(fill(admission, 'scada', 'read') >= READS_IN_FLIGHT.own, 'another reader has its own')
    t.equal(fill(admission, 'scada', 'control'), CONTROL_IN_FLIGHT.own + CONTROL_IN_FLIGHT.shared / 2)
    t.ok(fill(admission, 'another operator', 'control') >= CONTROL_IN_FLIGHT.own)
  }
  t.end()
})

t.test('the first requests of 64 clients, and of 16 that operate, always find a place; what has left is free again', (t) => {
  const action = fc.tuple(fc.constantFrom<RequestKind>('read', 'control'), fc.nat(15), fc.boolean())
  fc.assert(
    fc.property(fc.array(action, { maxLength: 3000, minLength: 1000 }), (actions) => {
      const admission = createAdmission()
      const held = { read: new Map<number, number>(), control: new Map<number, number>() }
      for (const [kind, client, comes] of actions) {
        const has = held[kind].get(client) ?? 0
        if (!comes && has > 0) {
          admission.leave(String(client), kind)
          held[kind].set(client, has - 1)
        } else if (comes || has === 0) {
          const entered = admission.enter(String(client), kind)
          if (!entered && has < (kind === 'read' ? READS_IN_FLIGHT : CONTROL_IN_FLIGHT).own) return false
          if (entered) held[kind].set(client, has + 1)
        }
      }
      for (const kind of ['read', 'control'] as const)
        for (const [client, has] of held[kind]) for (let i = 0; i < has; i++) admission.leave(String(client), kind)
      return admission.inside() === 0
    }),
    { numRuns: 30 },
  )
  t.end()
})

t.test('all that a device can be operated with counts as control; plain reads do not', (t) => {
  t.equal(onlyReads(commandOf(904, 10, 5377, 1)), false)
  fc.assert(fc.property(anyRequest, (request) => onlyReads(request) === /^(read-(?!write)|get-|report-)/.test(request.kind)))
  t.end()
})

t.test('a client is its certificate at its address, in the clear its address, of IPv6 its network', (t) => {
  const of = (name: string, source: string): string =>
    clientKeyOf({ kind: 'client', name, role: 'NULL', source, levels: everywhere('read'), connection: toConnectionId(1) })
  t.equal(of('scada', '10.0.0.1:5000'), of('scada', '10.0.0.1:5001'))
  t.not(of('scada', '10.0.0.1:5000'), of('scada', '10.0.0.2:5000'))
  t.not(of('scada', '10.0.0.1:5000'), of('viewer', '10.0.0.1:5000'))
  t.equal(of('2001:db8::1', '2001:db8::1:5000'), of('2001:db8::2', '2001:db8::2:5000'))
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
