import { type OperationClass, operationClasses } from '../breakers/index.ts'
import { toAddress } from '../modbus/index.ts'
import { type AccessLevel, accessLevels } from './acl.ts'
import { type Verdict, decide } from './decide.ts'
import type { LockState } from './locks.ts'
import { noGuardInputs } from './guards.ts'
import type { Rights } from './rights.ts'
import { type Mode, modes, noRestrictions } from './restrictions.ts'
import { toConnectionId, toRole } from './subject.ts'
import type { Monotonic } from '../platform/index.ts'

/** One cell of all that can be asked of a breaker. */
export type MatrixRow = {
  readonly role: string
  readonly class: OperationClass
  readonly level: AccessLevel
  readonly lock: 'locked' | 'unlocked'
  readonly mode: Mode
  /** `allow`, `allow recorded`, or `deny` with the reason. */
  readonly verdict: string
}

const NOW = 0 as Monotonic
const locked: LockState = { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: 0 }
const unlocked: LockState = { kind: 'unlocked', by: '', reason: '', workOrder: '', until: 1 as Monotonic, untilUtcUs: 0 }

const states = [
  ['locked', locked],
  ['unlocked', unlocked],
] as const
const places = modes.flatMap((mode) => states.map(([lock, state]) => [lock, state, mode] as const))

/** What `decide` says of every role, class, level and lock, for one breaker: nothing here decides. NULL is a certificate without a role. */
export function accessMatrix(rights: Rights, breaker: string): readonly MatrixRow[] {
  const address = toAddress(0)
  if (address === undefined) throw new Error('0 is an address')
  const request = { kind: 'write-single-register', address, value: 0 } as const
  const rows: MatrixRow[] = []
  for (const role of [...rights.keys(), 'NULL'])
    for (const operationClass of operationClasses)
      for (const level of accessLevels)
        for (const [lock, state, mode] of places) {
          const verdict = decide({
            subject: {
              kind: 'client',
              name: '',
              source: '',
              connection: toConnectionId(0),
              role: role === 'NULL' ? 'NULL' : (toRole(role) ?? 'NULL'),
              levels: { usual: level, of: new Map(), limit: { kind: 'none' } },
            },
            operation: { class: operationClass, words: '', request, command: 'none' },
            breaker,
            rights,
            locks: { control: state, 'protection-setting': state, 'other-setting': state },
            restrictions: { ...noRestrictions, mode },
            guardInputs: noGuardInputs,
            recheck: false,
            trusted: true,
            now: NOW,
          })
          rows.push({ role, class: operationClass, level, lock, mode, verdict: wordsOf(verdict, rights, role, operationClass) })
        }
  return rows
}

function wordsOf(verdict: Verdict, rights: Rights, role: string, asked: OperationClass): string {
  if (verdict.kind === 'deny') {
    const needs = verdict.reason === 'no-grant' && rights.get(role)?.grant.has(asked) === true
    return needs ? 'allow with a grant' : `deny ${verdict.reason}`
  }
  const recorded = verdict.record === 'none' ? 'allow' : 'allow recorded'
  return verdict.wouldDeny === 'none' ? recorded : `${recorded}, would deny ${verdict.wouldDeny}`
}
