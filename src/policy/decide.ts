import type { Operation } from '../breakers/index.ts'
import { type ExceptionCode, exceptionCode } from '../modbus/index.ts'
import type { Monotonic } from '../platform/index.ts'
import { levelAt } from './acl.ts'
import { type Locks, isUnlocked, scopeOf } from './locks.ts'
import { type Rights, mayAsk } from './rights.ts'
import type { Subject } from './subject.ts'

/** Why an operation does not pass, in words and in its number for the gateway's own unit (docs/own-unit.md): never reused. */
export const refusalReasons = {
  'unknown-operation': { number: 1, text: 'not in the profile of this breaker' },
  'acl-level': { number: 2, text: 'the access control list gives this source no more than reading' },
  role: { number: 3, text: 'its role does not have this right' },
  locked: { number: 4, text: 'nobody at the switchboard has unlocked it' },
  'fail-closed': { number: 5, text: 'what judges or records it cannot be trusted now: breakwall status' },
  'no-password': { number: 6, text: 'the vault has no password for it: breakwall vault set' },
  'command-of-another': { number: 7, text: 'a command of another client runs on this breaker, or its result has not been read' },
} as const satisfies Record<string, { readonly number: number; readonly text: string }>
export type RefusalReason = keyof typeof refusalReasons

export type Allow = { readonly kind: 'allow'; readonly record: 'none' | 'write-ahead' }
export type Deny = { readonly kind: 'deny'; readonly reason: RefusalReason; readonly exception: ExceptionCode }
export type Verdict = Allow | Deny

export type Question = {
  readonly subject: Subject
  readonly operation: Operation
  /** The name of the breaker; empty for the gateway's own unit. */
  readonly breaker: string
  readonly rights: Rights
  /** Those of the breaker; `none` where there is nothing that a lock could stand before. */
  readonly locks: Locks | 'none'
  /** False while journal, keys, clock or policy are not as they must be: nothing but reading passes then. */
  readonly trusted: boolean
  readonly now: Monotonic
}

/**
 * A refusal is exception 01, whatever its reason (MB-TCP-Security-v36, R-31); what passes by itself in a moment is 06: a client may
 * ask again (V1.1b3, 7).
 */
export const deny = (reason: RefusalReason): Deny => ({
  kind: 'deny',
  reason,
  exception: reason === 'command-of-another' ? exceptionCode.busy : exceptionCode.illegalFunction,
})

/** May this be done, now? Everything it needs to know comes in; default is deny. */
export function decide({ subject, operation, breaker, rights, locks, trusted, now }: Question): Verdict {
  const scope = scopeOf(operation.class)
  if (scope === 'never') return deny('unknown-operation')
  if (subject.kind === 'gateway') return scope === 'none' ? { kind: 'allow', record: 'none' } : deny('role')
  const level = levelAt(subject.levels, breaker)
  if (level === 'none' || (scope !== 'none' && level !== 'control')) return deny('acl-level')
  if (!mayAsk(rights, subject.role, operation.class, breaker)) return deny('role')
  if (scope === 'none') return { kind: 'allow', record: 'none' }
  if (!trusted) return deny('fail-closed')
  return locks !== 'none' && isUnlocked(locks[scope], now) ? { kind: 'allow', record: 'write-ahead' } : deny('locked')
}
