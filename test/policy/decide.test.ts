import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { type Operation, type OperationClass, operationClasses } from '../../src/breakers/index.ts'
import { toAddress } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import {
  type AccessLevel,
  type LevelLimit,
  type LockState,
  type Locks,
  type Question,
  clear,
  compileAcl,
  decide,
  levelsOf,
  lockScopes,
  noGuardInputs,
  noRestrictions,
  scopeOf,
  toConnectionId,
  toRole,
} from '../../src/policy/index.ts'
import { rows } from '../support/cases.ts'
import { everywhere, usualRights } from '../support/rights.ts'

const allowed = { kind: 'allow', grant: 'none', wouldDeny: 'none' } as const
const NOW = toMonotonic(1000)
const locked: LockState = { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: 0 }
const until = (ms: number): LockState => ({
  kind: 'unlocked',
  by: 'ana',
  reason: 'test',
  workOrder: '',
  until: toMonotonic(ms),
  untilUtcUs: 0,
})
const states: Readonly<Record<string, LockState>> = { locked, unlocked: until(1001), 'ends-now': until(1000), ended: until(999) }

function operation(operationClass: OperationClass): Operation {
  const address = toAddress(0)
  if (address === undefined) throw new Error('0 is an address')
  return { class: operationClass, words: 'test', command: 'none', request: { kind: 'write-single-register', address, value: 0 } }
}
function question(role: string, operationClass: OperationClass, lock: LockState, level: AccessLevel): Question {
  const locks: Locks = { control: lock, 'protection-setting': lock, 'other-setting': lock }
  const subject = {
    kind: 'client',
    name: 'x',
    role: role === 'NULL' ? 'NULL' : (toRole(role) ?? 'NULL'),
    source: 'here',
    levels: everywhere(level),
    connection: toConnectionId(1),
  } as const
  return {
    subject,
    operation: operation(operationClass),
    breaker: 'Q1',
    rights: usualRights,
    locks,
    restrictions: noRestrictions,
    guardInputs: noGuardInputs,
    recheck: false,
    trusted: true,
    now: NOW,
  }
}
const said = (q: Question): string => {
  const verdict = decide(q)
  return verdict.kind === 'deny' ? `deny ${verdict.reason}` : verdict.record === 'none' ? 'allow' : 'allow recorded'
}

t.test('the decision table [S-04] [S-31] [CR 2.1]', (t) => {
  const table = `
    role       class               lock      level    | verdict
    Viewer     monitor             locked    read     | allow
    Viewer     control             unlocked  control  | deny role
    Operator   monitor             locked    none     | deny acl-level
    Operator   control             locked    control  | deny locked
    Operator   control             unlocked  control  | allow recorded
    Operator   control             ends-now  control  | deny locked      # the end belongs to locked
    Operator   control             ended     control  | deny locked
    Operator   control             unlocked  read     | deny acl-level
    Operator   protection-setting  unlocked  control  | deny role
    Engineer   protection-setting  unlocked  control  | allow recorded
    Engineer   clock               locked    control  | deny locked
    Engineer   clock               unlocked  control  | allow recorded
    Engineer   control             unlocked  control  | deny role
    NULL       monitor             locked    control  | deny role
    Stranger   monitor             locked    control  | deny role
    Operator   unknown             unlocked  control  | deny unknown-operation
    Operator   file                unlocked  control  | deny unknown-operation
  `
  for (const { cells, expected, text } of rows(table)) {
    const [role = '', operationClass = '', lock = '', level = ''] = cells
    t.equal(said(question(role, operationClass as OperationClass, states[lock] ?? locked, level as AccessLevel)), expected, text)
  }
  t.end()
})

t.test('a client that only reads for another cause than the access control list is refused with that cause [CR 2.1]', (t) => {
  const entry = (level: AccessLevel) => ({ from: '10.0.0.1', level, breakers: 'all' as const, line: 1 })
  const refusal = (level: AccessLevel, limit: LevelLimit, operationClass: OperationClass = 'control'): string => {
    const access = compileAcl([entry(level)])('10.0.0.1')
    if (access === 'not-listed') throw new Error('it is listed')
    const asked = question('Operator', operationClass, states['unlocked'] ?? locked, level)
    if (asked.subject.kind !== 'client') throw new Error('a client asks')
    return said({ ...asked, subject: { ...asked.subject, levels: levelsOf(access, limit) } })
  }
  const noList = { kind: 'revocation-unknown', authority: 'Corp Issuing' } as const
  t.equal(refusal('control', { kind: 'none' }), 'allow recorded')
  t.equal(refusal('control', noList), 'deny revocation-unknown')
  t.equal(refusal('control', { kind: 'clear-text' }), 'deny clear-text')
  t.equal(refusal('control', noList, 'monitor'), 'allow', 'reading goes on')
  t.equal(refusal('read', noList), 'deny acl-level', 'a list would change nothing')
  t.equal(refusal('none', noList, 'monitor'), 'deny acl-level')
  t.end()
})

t.test('the rights of the shipped roles are the golden matrix', (t) => {
  const lines = ['class               role      locked                 unlocked']
  for (const operationClass of operationClasses) {
    for (const role of ['Operator', 'Engineer', 'Viewer', 'NULL']) {
      const cell = (lock: string): string => said(question(role, operationClass, states[lock] ?? locked, 'control'))
      lines.push(`${operationClass.padEnd(20)}${role.padEnd(10)}${cell('locked').padEnd(23)}${cell('unlocked')}`)
    }
  }
  const golden = readFileSync(join(import.meta.dirname, '../golden/rights.txt'), 'utf8')
  t.equal(`${lines.join('\n')}\n`, golden, 'test/golden/rights.txt; a change of policy is reviewed as its diff')
  t.end()
})

t.test('nothing intrusive passes a locked breaker, whoever asks [S-31]', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('Operator', 'Engineer', 'Viewer', 'NULL', 'x'),
      fc.constantFrom(...operationClasses),
      fc.constantFrom('none', 'read', 'control'),
      fc.integer({ min: -9, max: 1000 }),
      (role, operationClass, level, end) => {
        const verdict = decide(question(role, operationClass, until(end), level))
        return verdict.kind === 'deny' || operationClass === 'monitor'
      },
    ),
  )
  t.end()
})

t.test('while a part that judges or records cannot be trusted nothing but reading passes, whatever is unlocked [CR 3.6]', (t) => {
  for (const operationClass of operationClasses)
    for (const role of ['Operator', 'Engineer', 'Viewer']) {
      const verdict = decide({ ...question(role, operationClass, until(9999), 'control'), trusted: false })
      if (operationClass !== 'monitor') t.equal(verdict.kind, 'deny', `${role} ${operationClass}`)
    }
  t.equal(said({ ...question('Operator', 'control', until(9999), 'control'), trusted: false }), 'deny fail-closed')
  t.equal(said({ ...question('Operator', 'monitor', until(9999), 'control'), trusted: false }), 'allow')
  t.end()
})

t.test("the gateway's own polls may only look", (t) => {
  for (const operationClass of operationClasses) {
    const verdict = decide({ ...question('x', operationClass, until(9999), 'control'), subject: { kind: 'gateway' } })
    t.equal(verdict.kind, operationClass === 'monitor' ? 'allow' : 'deny', operationClass)
  }
  t.end()
})

t.test('an intrusive operation is never cleared without a record [CR 2.10]', (t) => {
  t.throws(() => clear(operation('control'), { ...allowed, record: 'write-ahead' }, 'none'))
  t.throws(() => clear(operation('control'), { ...allowed, record: 'none' }, 'none'))
  t.ok(clear(operation('monitor'), { ...allowed, record: 'none' }, 'none'))
  t.end()
})

t.test('file records pass for nobody: not unlocked, not where policy is only observed [S-44] [NDR 5.3]', (t) => {
  for (const role of usualRights.keys())
    for (const mode of ['enforce', 'observe'] as const) {
      const asked = question(role, 'file', until(9999), 'control')
      t.equal(decide({ ...asked, restrictions: { ...noRestrictions, mode } }).kind, 'deny', `${role}, ${mode}`)
    }
  t.end()
})

t.test('each class stands behind a lock, or behind one that cannot be opened', (t) => {
  for (const operationClass of operationClasses) {
    const scope = scopeOf(operationClass)
    t.ok(
      operationClass === 'monitor' ? scope === 'none' : scope === 'never' || (lockScopes as readonly string[]).includes(scope),
      operationClass,
    )
  }
  t.end()
})
