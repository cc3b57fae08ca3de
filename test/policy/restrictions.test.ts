import fc from 'fast-check'
import t from 'tap'
import { type Operation, actOf, classify } from '../../src/breakers/index.ts'
import type { Request } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { judgeGuards } from '../../src/policy/guards.ts'
import {
  type GuardInputs,
  type Guard,
  type GuardRule,
  type Locks,
  type Question,
  type Restrictions,
  decide,
  noGuardInputs,
  noRestrictions,
  toConnectionId,
  toRole,
} from '../../src/policy/index.ts'
import { rows } from '../support/cases.ts'
import { commandOf, many, pdu, profileOf } from '../support/requests.ts'
import { everywhere, usualRights } from '../support/rights.ts'

const profile = profileOf('nsx-bscm')
const operations: Readonly<Record<string, Operation>> = {
  open: classify(commandOf(904, 10, 4353, 1), profile),
  close: classify(commandOf(905, 10, 4353, 1), profile),
  reset: classify(commandOf(906, 10, 4353, 1), profile),
  'set-ir-200': classify(commandOf(45192, 18, 5121, 1, [200, 16000, 5, 1]), profile),
  'set-ir-500': classify(commandOf(45192, 18, 5121, 1, [500, 16000, 5, 1]), profile),
}
const unlocked = { kind: 'unlocked', by: 'ana', reason: 'r', workOrder: '', until: toMonotonic(9_999_999), untilUtcUs: 0 } as const
const locked = { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: 0 } as const
const locksOf = (open: boolean): Locks => {
  const state = open ? unlocked : locked
  return { control: state, 'protection-setting': state, 'other-setting': state }
}
function bug(name: string): never {
  throw new Error(`no operation ${name}`)
}
const operationOf = (name: string): Operation => operations[name] ?? bug(name)

type Asked = { who?: string; what: string; open?: boolean; standing?: Partial<Restrictions>; at?: Partial<GuardInputs>; again?: boolean }
function question({ who = 'Operator', what, open = true, standing = {}, at = {}, again = false }: Asked): Question {
  const connection = toConnectionId(1)
  return {
    subject:
      who === 'emergency'
        ? { kind: 'emergency', name: 'ana', source: 'here', connection }
        : { kind: 'client', name: 'x', role: toRole(who) ?? 'NULL', source: 'here', levels: everywhere('control'), connection },
    operation: operationOf(what),
    breaker: 'Q1',
    rights: usualRights,
    locks: locksOf(open),
    trusted: true,
    recheck: again,
    restrictions: { ...noRestrictions, ...standing },
    guardInputs: { ...noGuardInputs, ...at },
    now: toMonotonic(100_000),
  }
}
const said = (asked: Asked): string => {
  const verdict = decide(question(asked))
  if (verdict.kind === 'deny') return `deny ${verdict.reason}`
  return verdict.wouldDeny === 'none' ? 'allow' : `allow, would deny ${verdict.wouldDeny}`
}

t.test('what stands before a breaker beside its lock [S-27] [S-31]', (t) => {
  const table = `
    who        what   lock      stands                    | verdict
    Operator   close  unlocked  -                         | allow
    Operator   close  unlocked  tagged                    | deny tagged
    Operator   open   unlocked  tagged                    | deny tagged
    Operator   close  unlocked  masterLock                | deny master-lock
    Operator   close  unlocked  keySwitch                 | deny key-switch
    Operator   close  locked    tagged                    | deny tagged
    Operator   close  locked    observe                   | allow, would deny locked
    Operator   close  unlocked  observe                   | allow
    Viewer     close  unlocked  observe                   | allow, would deny role
    Operator   close  unlocked  observe tagged            | deny tagged       # people at work are never only observed
    Operator   close  unlocked  observe masterLock        | deny master-lock
    Operator   close  unlocked  observe keySwitch         | deny key-switch
    emergency  open   locked    -                         | deny role         # a site has to ask for it
    emergency  open   locked    emergencyOpen             | allow
    emergency  open   locked    emergencyOpen tagged      | allow
    emergency  open   locked    emergencyOpen masterLock  | allow
    emergency  close  unlocked  emergencyOpen             | deny role
    emergency  reset  unlocked  emergencyOpen             | deny role
  `
  for (const { cells, expected, text } of rows(table)) {
    const [who = '', what = '', lock = '', stands = ''] = cells
    const standing: Partial<Restrictions> = Object.fromEntries<boolean | string>(
      stands.split(' ').map((one) => (one === 'observe' ? ['mode', 'observe'] : [one, true])),
    )
    t.equal(said({ who, what, open: lock === 'unlocked', standing }), expected, text)
  }
  t.end()
})

const guard = (rule: GuardRule, acts: Guard['acts'] = 'all'): Guard => ({
  name: 'g',
  classes: new Set(['control', 'protection-setting']),
  acts,
  breakers: 'all',
  rule,
})
const value = { kind: 'value', setting: 'pick-up Ir', minimum: 160, maximum: 400, step: 'any', register: 'none' } as const

t.test('value guards: minimum, maximum and the largest step; what cannot be judged is denied', (t) => {
  const of = (what: string, rule: GuardRule, at: Partial<GuardInputs> = {}): string =>
    said({ who: 'Engineer', what, standing: { guards: [guard(rule)] }, at })
  t.equal(of('set-ir-200', value), 'allow')
  t.equal(of('set-ir-500', value), 'deny value-limit')
  t.equal(of('set-ir-200', { ...value, minimum: 201 }), 'deny value-limit')
  const stepped = { ...value, step: 20, register: 8754 } as const
  t.equal(of('set-ir-200', stepped), 'deny value-limit', 'the present value was not read')
  t.equal(of('set-ir-200', stepped, { before: () => 180 }), 'allow')
  t.equal(of('set-ir-200', stepped, { before: () => 179 }), 'deny value-limit')
  t.end()
})

t.test('what a value guard cannot see is refused: undescribed bytes, values that are not known before', (t) => {
  const [nsx, mtz] = [profileOf('nsx-bscm'), profileOf('mtz-micrologic-x')]
  const judged = (request: Request, profile = nsx, setting: string = value.setting): string => {
    const operation = { ...classify(request, profile), class: 'protection-setting' } as const
    const guards = [guard({ ...value, setting })]
    const verdict = judgeGuards(guards, { operation, breaker: 'Q1', now: toMonotonic(0), guardInputs: noGuardInputs, recheck: false })
    return verdict === 'agree' ? verdict : verdict.reason
  }
  const setIr = (...rest: number[]): Request => commandOf(45192, 18, 5121, 1, [200, 16_000, 5, 1, ...rest])
  t.equal(judged(setIr()), 'agree')
  t.equal(judged(setIr(7)), 'value-not-seen', 'a byte beyond the length is written as well')
  t.equal(judged(commandOf(45193, 16, 5121, 1, [20])), 'value-not-seen', 'its profile describes one of three registers')
  t.equal(judged(commandOf(51_593, 26, 5377, 1, [0, 1, 1, 500, 500]), mtz), 'value-not-seen', 'settings of a session, not described')
  t.equal(judged(commandOf(51_593, 26, 5377, 1), mtz), 'value-not-seen', 'zeros that are not described are values too')
  t.equal(judged(commandOf(45704, 12, 5377, 1, [1]), mtz), 'agree', 'the words of the command say what its one value is')
  t.equal(judged(many(807, [1, 2])), 'agree', 'plain registers are seen by their numbers')
  t.equal(judged(many(807, [1, 2]), nsx, 'register 808'), 'value-limit')
  t.equal(judged(many(807, [1, 200]), nsx, 'register 808'), 'agree')
  t.equal(judged(pdu('16 0327 ffff 0000')), 'value-not-seen', 'a masked write')
  t.equal(judged(pdu('17 0000 0001 0327 0001 02 00c8')), 'value-not-seen', 'a write and a read in one')
  t.equal(judged(pdu('05 0001 ff00')), 'value-not-seen', 'a coil')
  t.equal(judged(commandOf(769, 18, 768, 0, [0x0102, 0x1e03, 0x0405, 6])), 'value-not-seen', 'a date is no number')
  t.end()
})

t.test('rates, hours and selections', (t) => {
  const of = (rule: GuardRule, at: Partial<GuardInputs>, again = false): string =>
    said({ what: 'close', standing: { guards: [guard(rule)] }, at, again })
  const rate = { kind: 'rate', most: 2, withinMs: 1000 } as const
  t.equal(of(rate, { past: () => [toMonotonic(99_500)] }), 'allow')
  t.equal(of(rate, { past: () => [toMonotonic(99_500), toMonotonic(99_900)] }), 'deny rate-limit')
  t.equal(of(rate, { past: () => [toMonotonic(99_000), toMonotonic(99_900)] }), 'allow', 'the first is a second old')
  const hours = { kind: 'hours', hours: [{ days: [1], fromMinute: 360, toMinute: 1080 }] } as const
  t.equal(of(hours, { weekday: 1, minute: 360 }), 'allow')
  t.equal(of(hours, { weekday: 1, minute: 1080 }), 'deny outside-hours')
  t.equal(of(hours, { weekday: 0, minute: 600 }), 'deny outside-hours')
  t.equal(of(hours, { weekday: 0, minute: 600 }, true), 'deny outside-hours', 'also right before sending')
  const nights = { kind: 'hours', hours: [{ days: [1], fromMinute: 1320, toMinute: 360 }] } as const
  t.equal(of(nights, { weekday: 1, minute: 1320 }), 'allow')
  t.equal(of(nights, { weekday: 2, minute: 359 }), 'allow', 'over midnight')
  t.equal(of(nights, { weekday: 1, minute: 359 }), 'deny outside-hours', 'the morning before')
  t.equal(of(nights, { weekday: 2, minute: 1320 }), 'deny outside-hours', 'the evening after')
  const select = { kind: 'select', withinMs: 10_000 } as const
  t.equal(of(select, {}), 'deny select-first')
  t.equal(of(select, { selectedAt: toMonotonic(95_000) }), 'allow')
  t.equal(of(select, { selectedAt: toMonotonic(99_900) }), 'deny select-first', "a driver's own retry is no second decision")
  t.equal(of(select, { selectedAt: toMonotonic(89_000) }), 'deny select-first', 'too late')
  const notClose = said({ what: 'open', standing: { guards: [guard(hours, new Set(['close']))] }, at: { weekday: 0 } })
  t.equal(notClose, 'allow', 'opening is not under a guard for closing')
  t.equal(said({ what: 'close', standing: { guards: [guard({ kind: 'grant' })] } }), 'deny no-grant')
  t.end()
})

t.test('whatever is unlocked and granted: nothing operates while tagged, and no emergency closes [S-27] [S-31]', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('Operator', 'Engineer', 'Viewer', 'emergency'),
      fc.constantFrom(...Object.keys(operations)),
      fc.boolean(),
      fc.record({
        mode: fc.constantFrom('enforce' as const, 'observe' as const),
        tagged: fc.boolean(),
        masterLock: fc.boolean(),
        keySwitch: fc.boolean(),
        emergencyOpen: fc.boolean(),
      }),
      fc.boolean(),
      (who, what, open, standing, again) => {
        const passes = decide(question({ who, what, open, standing, again })).kind === 'allow'
        if (who === 'emergency') return !passes || (standing.emergencyOpen && actOf(operationOf(what)) === 'open')
        return !passes || !(standing.tagged || standing.masterLock || standing.keySwitch)
      },
    ),
    { numRuns: 1000 },
  )
  t.end()
})
