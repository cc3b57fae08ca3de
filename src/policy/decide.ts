import type { Operation } from '../breakers/index.ts'
import { type ExceptionCode, exceptionCode } from '../modbus/index.ts'
import type { Monotonic } from '../platform/index.ts'
import { type Locks, isUnlocked, scopeOf } from './locks.ts'
import type { Rights, Subject } from './subject.ts'

/** Why an operation does not pass. */
export const refusalReasons = {
  'unknown-operation': 'not in the profile of this breaker',
  'acl-level': 'the access control list gives this source no more than reading',
  role: 'its role does not have this right',
  locked: 'nobody at the switchboard has unlocked it',
  'fail-closed': 'the journal cannot be written',
} as const
export type RefusalReason = keyof typeof refusalReasons

export type Allow = { readonly kind: 'allow'; readonly record: 'none' | 'write-ahead' }
export type Deny = { readonly kind: 'deny'; readonly reason: RefusalReason; readonly exception: ExceptionCode }
export type Verdict = Allow | Deny

export type Question = {
  readonly subject: Subject
  readonly operation: Operation
  readonly rights: Rights
  readonly locks: Locks
  readonly now: Monotonic
}

/** A refusal is always exception 01, whatever its reason (MB-TCP-Security-v36, R-31). */
export const deny = (reason: RefusalReason): Deny => ({ kind: 'deny', reason, exception: exceptionCode.illegalFunction })

/** May this be done, now? Everything it needs to know comes in; default is deny. */
export function decide({ subject, operation, rights, locks, now }: Question): Verdict {
  const scope = scopeOf(operation.class)
  if (scope === 'never') return deny('unknown-operation')
  if (subject.kind === 'gateway') return scope === 'none' ? { kind: 'allow', record: 'none' } : deny('role')
  if (subject.level === 'none' || (scope !== 'none' && subject.level !== 'control')) return deny('acl-level')
  if (rights.get(subject.role)?.has(operation.class) !== true) return deny('role')
  if (scope === 'none') return { kind: 'allow', record: 'none' }
  return isUnlocked(locks[scope], now) ? { kind: 'allow', record: 'write-ahead' } : deny('locked')
}
