import fc from 'fast-check'
import t from 'tap'
import { classify } from '../../src/breakers/index.ts'
import { type Request, toAddress } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { type Grant, type GrantAction, type GrantedFor, grants, isInForce, stepGrant } from '../../src/policy/index.ts'
import { rows } from '../support/cases.ts'
import { profileOf } from '../support/requests.ts'

const asked: Grant = {
  id: 'g',
  version: 0,
  client: 'engineer-1',
  breaker: 'Q1',
  for: { kind: 'class', class: 'protection-setting' },
  uses: 2,
  used: 0,
  askedBy: 'ana',
  askedUtcUs: 0,
  reason: 'why',
  workOrder: '',
  state: { kind: 'requested' },
  window: { startsMs: 10, lengthMs: 100, fromUtcUs: 0, untilUtcUs: 0 },
}
const by = (kind: 'approve' | 'refuse' | 'revoke', name: string, version: number): GrantAction => ({ kind, by: name, reason: 'r', version })

t.test('the table of a grant from its asking to its end [CR 2.1 RE 4]', (t) => {
  const table = `
    actions                                              | outcome
    approve bob 0                                        | approved
    approve ana 0                                        | same-person     # four eyes
    approve bob 1                                        | changed         # it was looked at before somebody changed it
    approve bob 0, use 5                                 | not-now         # its window begins later
    approve bob 0, use 10                                | approved
    approve bob 0, use 110                               | not-now         # the end belongs to over
    approve bob 0, use 20, use 30                        | approved
    approve bob 0, use 20, use 30, use 40                | used-up
    approve bob 0, revoke cem 1                          | revoked
    approve bob 0, revoke cem 1, use 20                  | not-approved
    refuse bob 0                                         | refused
    refuse bob 0, approve bob 1                          | not-requested
    use 20                                               | not-approved
    approve bob 0, expire, use 20                        | not-approved
    expire, approve bob 1                                | not-requested
  `
  for (const { cells, expected, text } of rows(table)) {
    let grant = asked
    let outcome = ''
    for (const said of (cells[0] ?? '').split(', ')) {
      const [kind = '', who = '', version = '0'] = said.split(' ')
      const action: GrantAction = kind === 'use' || kind === 'expire' ? { kind } : by(kind as 'approve', who, Number(version))
      const step = stepGrant(grant, action, toMonotonic(kind === 'use' ? Number(who) : 0), 0)
      outcome = step.kind === 'done' ? step.grant.state.kind : step.why
      if (step.kind === 'done') grant = step.grant
    }
    t.equal(outcome, expected, text)
  }
  t.end()
})

t.test('no sequence makes a grant of one person alone, nor more uses than were approved', (t) => {
  const action = fc.oneof(
    fc.record({
      kind: fc.constantFrom('approve' as const, 'refuse' as const, 'revoke' as const),
      by: fc.constantFrom('ana', 'bob'),
      reason: fc.constant(''),
      version: fc.integer({ min: 0, max: 6 }),
    }),
    fc.constant({ kind: 'use' as const }),
    fc.constant({ kind: 'expire' as const }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(action, fc.integer({ min: 0, max: 200 })), { maxLength: 20 }), (actions) => {
      let grant = asked
      let now = 0
      for (const [one, later] of actions) {
        now += later
        const step = stepGrant(grant, one, toMonotonic(now), now * 1000)
        if (step.kind === 'refused') continue
        if (one.kind === 'use' && !isInForce(grant, toMonotonic(now), false)) return false
        grant = step.grant
        if (grant.state.kind === 'approved' && grant.state.by === grant.askedBy) return false
        if (grant.used > grant.uses) return false
      }
      return true
    }),
  )
  t.end()
})

const address = (register: number) => {
  const found = toAddress(register - 1)
  if (found === undefined) throw new Error('no address')
  return found
}
/** Pick-up Ir of a ComPacT NSX by its command (DOCA0091EN). */
const setIr = (amps: number): Request => ({
  kind: 'write-multiple-registers',
  address: address(8000),
  values: [45192, 18, 5121, 1, 0, 0, amps, 16000, 5, 1, 0, 0, 0, 0, 0, 0, 0, 8019, 8020, 8021],
})

t.test('a grant is for one client, one breaker, one class, and the values that it names', (t) => {
  const operation = classify(setIr(200), profileOf('nsx-bscm'))
  t.equal(operation.class, 'protection-setting')
  const is = (what: GrantedFor, client = 'engineer-1', breaker = 'Q1', one = operation): boolean =>
    grants({ ...asked, for: what }, client, breaker, one)
  const limits = { kind: 'setting', class: 'protection-setting', setting: 'pick-up Ir', minimum: 160, maximum: 400 } as const
  t.ok(is({ kind: 'class', class: 'protection-setting' }))
  t.notOk(is({ kind: 'class', class: 'control' }))
  t.notOk(is({ kind: 'class', class: 'protection-setting' }, 'engineer-2'))
  t.notOk(is({ kind: 'class', class: 'protection-setting' }, 'engineer-1', 'Q2'))
  t.notOk(is(limits), 'the command writes three other settings')
  const also = [
    { setting: 'delay tr', minimum: 8000, maximum: 16_000 },
    { setting: 'motor class', minimum: 5, maximum: 5 },
    { setting: 'cool fan', minimum: 1, maximum: 2 },
  ]
  t.ok(is({ ...limits, also }))
  t.notOk(is({ ...limits, also: also.slice(1) }))
  t.notOk(is({ ...limits, also, maximum: 199 }))
  t.notOk(is({ ...limits, setting: 'another' }))
  const write: Request = { kind: 'write-multiple-registers', address: address(14_601), values: [1, 2] }
  const plain = { ...classify(write, profileOf('io-module')), class: 'control' } as const
  const span = { kind: 'registers', class: 'control', from: 14_601, to: 14_602, minimum: 0, maximum: 2 } as const
  t.ok(is(span, 'engineer-1', 'Q1', plain))
  t.notOk(is({ ...span, to: 14_601 }, 'engineer-1', 'Q1', plain), 'a write that leaves the range')
  t.notOk(is({ ...span, maximum: 1 }, 'engineer-1', 'Q1', plain))
  t.notOk(is(span), 'a command is no plain write')
  t.end()
})
