import t from 'tap'
import { classify } from '../../../src/breakers/index.ts'
import { MAX_SELECTIONS, createGuardHistory } from '../../../src/gateway/request/guard-history.ts'
import { type Guard, type Subject, toConnectionId } from '../../../src/policy/index.ts'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'
import { commandOf, profileOf } from '../../support/requests.ts'
import { everywhere } from '../../support/rights.ts'

t.test('one client that selects without end makes no selection of another be forgotten', (t) => {
  const clock = virtualClock()
  const guards: readonly Guard[] = [
    { name: 'twice', classes: new Set(['control']), acts: 'all', breakers: 'all', rule: { kind: 'select', withinMs: 60_000 } },
  ]
  const memory = createGuardHistory(() => guards, clock)
  const subject = (name: string): Subject => ({
    kind: 'client',
    name,
    role: 'NULL',
    source: 'here',
    levels: everywhere('control'),
    connection: toConnectionId(1),
  })
  const profile = profileOf('nsx-bscm')
  const open = classify(commandOf(904, 10, 4353, 1), profile)
  memory.selected(subject('scada'), open, 'Q1')
  for (let i = 0; i < 3000; i++) memory.selected(subject('flood'), classify(commandOf(904, 10, 4353, 1, [i]), profile), 'Q1')
  const before = (): 'not-read' => 'not-read'
  t.not(memory.guardInputs(subject('scada'), open, 'Q1', before).selectedAt, 'never')
  const kept = (n: number): unknown =>
    memory.guardInputs(subject('flood'), classify(commandOf(904, 10, 4353, 1, [n]), profile), 'Q1', before).selectedAt
  t.not(kept(3000 - MAX_SELECTIONS), 'never')
  t.equal(kept(3000 - MAX_SELECTIONS - 1), 'never')
  t.end()
})
