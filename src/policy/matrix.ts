import { type OperationClass, operationClasses } from '../breakers/index.ts'
import { toAddress } from '../modbus/index.ts'
import { type AccessLevel, accessLevels } from './acl.ts'
import { decide } from './decide.ts'
import type { LockState } from './locks.ts'
import type { Rights } from './rights.ts'
import { toConnectionId, toRole } from './subject.ts'
import type { Monotonic } from '../platform/index.ts'

/** One cell of all that can be asked of a breaker. There is one mode until a breaker can be observed only. */
export type MatrixRow = {
  readonly role: string
  readonly class: OperationClass
  readonly level: AccessLevel
  readonly lock: 'locked' | 'unlocked'
  readonly mode: 'enforce'
  /** `allow`, `allow recorded`, or `deny` with the reason. */
  readonly verdict: string
}

const NOW = 0 as Monotonic
const locked: LockState = { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: 0 }
const unlocked: LockState = { kind: 'unlocked', by: '', reason: '', until: 1 as Monotonic, untilUtcUs: 0 }

/** What `decide` says of every role, class, level and lock, for one breaker: nothing here decides. NULL is a certificate without a role. */
export function accessMatrix(rights: Rights, breaker: string): readonly MatrixRow[] {
  const address = toAddress(0)
  if (address === undefined) throw new Error('0 is an address')
  const request = { kind: 'write-single-register', address, value: 0 } as const
  const rows: MatrixRow[] = []
  for (const role of [...rights.keys(), 'NULL'])
    for (const operationClass of operationClasses)
      for (const level of accessLevels)
        for (const [lock, state] of [['locked', locked] as const, ['unlocked', unlocked] as const]) {
          const verdict = decide({
            subject: {
              ...{ kind: 'client', name: '', source: '', connection: toConnectionId(0) },
              role: role === 'NULL' ? 'NULL' : (toRole(role) ?? 'NULL'),
              levels: { usual: level, of: new Map() },
            },
            operation: { class: operationClass, words: '', request, command: 'none' },
            breaker,
            rights,
            locks: { control: state, 'protection-setting': state, 'other-setting': state },
            trusted: true,
            now: NOW,
          })
          const words = verdict.kind === 'deny' ? `deny ${verdict.reason}` : verdict.record === 'none' ? 'allow' : 'allow recorded'
          rows.push({ role, class: operationClass, level, lock, mode: 'enforce', verdict: words })
        }
  return rows
}
