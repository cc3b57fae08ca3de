import type { OperationClass } from '../breakers/index.ts'
import type { Monotonic } from '../platform/index.ts'

/** What a lock covers. Each breaker has one lock per scope. */
export const lockScopes = ['control', 'protection-setting', 'other-setting'] as const
export type LockScope = (typeof lockScopes)[number]

/** Why a lock is shut. */
export type LockedBy =
  | { readonly kind: 'default' }
  | { readonly kind: 'person'; readonly name: string; readonly reason: string }
  | { readonly kind: 'timer' }
  | { readonly kind: 'restart' }
  /** A part that judges or records could not be trusted any more. */
  | { readonly kind: 'trust'; readonly part: string }

export type LockState =
  | { readonly kind: 'locked'; readonly by: LockedBy; readonly sinceUtcUs: number }
  /** `until` belongs to locked: at that instant nothing passes any more. */
  | {
      readonly kind: 'unlocked'
      readonly by: string
      readonly reason: string
      readonly workOrder: string
      readonly until: Monotonic
      readonly untilUtcUs: number
    }

export type Locks = Readonly<Record<LockScope, LockState>>

/** The longest that any site can let a lock stay open, milliseconds: one day. The usual longest is eight hours. */
export const LONGEST_UNLOCK_MS = 24 * 60 * 60 * 1000

/** Which lock stands before a class of operation; `never` where no lock can be opened for it. */
export function scopeOf(operationClass: OperationClass): LockScope | 'none' | 'never' {
  switch (operationClass) {
    case 'monitor':
      return 'none'
    case 'control':
      return 'control'
    case 'protection-setting':
      return 'protection-setting'
    case 'other-setting':
    case 'clock':
    case 'password':
    case 'diagnostic':
      return 'other-setting'
    case 'file':
    case 'unknown':
      return 'never'
  }
}

export const isUnlocked = (state: LockState, now: Monotonic): boolean => state.kind === 'unlocked' && now < state.until

/** The state that the time has made of it: an unlock whose end has come is locked by its timer. */
export function settle(state: LockState, now: Monotonic, utcUs: number): LockState {
  return state.kind === 'unlocked' && now >= state.until ? { kind: 'locked', by: { kind: 'timer' }, sinceUtcUs: utcUs } : state
}

/** What is left of a state after a restart: a lock stays as it was, a timed unlock is over. */
export function afterRestart(state: LockState, utcUs: number): LockState {
  return state.kind === 'unlocked' ? { kind: 'locked', by: { kind: 'restart' }, sinceUtcUs: utcUs } : state
}
