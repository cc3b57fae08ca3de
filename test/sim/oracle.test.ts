import t from 'tap'
import { createOracle } from '../../hil/sim/oracle.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

const closing = Buffer.alloc(46)
closing.writeUInt16BE(905, 6)
const permit = {
  seq: 1,
  id: 'operation-allowed',
  fields: { breaker: 'Q1', operation: 'close circuit breaker Q1', role: 'Operator', correlation: 'a' },
}

function judged(
  stored: readonly (typeof permit)[],
  run: (oracle: ReturnType<typeof createOracle>, clock: ReturnType<typeof virtualClock>) => void,
): string[] {
  const broken: string[] = []
  const clock = virtualClock()
  run(createOracle({ clock, stored, broken: (rule) => void broken.push(rule) }), clock)
  return broken
}

t.test('the simulation sees what must not be: each rule of its second opinion', (t) => {
  t.same(
    judged([permit], (oracle) => (oracle.unlocking('Q1', 1000), oracle.operated('line', 1, closing))),
    [],
  )
  t.match(
    judged([permit], (oracle) => oracle.operated('line', 1, closing)),
    [/while it was locked/],
  )
  t.match(
    judged([permit], (oracle, clock) => {
      oracle.unlocking('Q1', 1000)
      clock.advance(1000)
      oracle.operated('line', 1, closing)
    }),
    [/while it was locked/],
    'the end belongs to locked',
  )
  t.match(
    judged([], (oracle) => (oracle.unlocking('Q1', 1000), oracle.operated('line', 1, closing))),
    [/the disk holds 0 permits/],
  )
  t.match(
    judged([permit], (oracle) => {
      oracle.unlocking('Q1', 1000)
      oracle.operated('line', 1, closing)
      oracle.operated('line', 1, closing)
    }),
    [/reached Q1 2 times/],
  )
  t.match(
    judged([permit], (oracle) => oracle.operated('line', 1, Buffer.from('0600010001', 'hex'))),
    [/nobody may do that/],
  )
  t.match(
    judged([permit], (oracle) => oracle.finish()),
    [/has 0 ends on the record/],
  )
  t.end()
})
