import { type Operation, type OperationClass, type Written, settingOf, valuesOf } from '../breakers/index.ts'
import type { Monotonic } from '../platform/index.ts'

/** One setting and its limits, by a parameter's words or as `register 3001`. */
export type SettingLimits = { readonly setting: string; readonly minimum: number; readonly maximum: number }
/** What a grant is for: a whole class, or exactly the named settings within their limits. */
export type GrantedFor =
  | { readonly kind: 'class'; readonly class: OperationClass }
  | {
      readonly kind: 'setting'
      readonly class: OperationClass
      readonly setting: string
      readonly minimum: number
      readonly maximum: number
      /** Settings that the same command writes: it passes only when each value that it writes is granted. Left out: none. */
      readonly also?: readonly SettingLimits[] | undefined
    }
  | {
      readonly kind: 'registers'
      readonly class: OperationClass
      readonly from: number
      readonly to: number
      readonly minimum: number
      readonly maximum: number
    }

/** Leave for one client to do one kind of thing on one breaker, asked for by one person and approved by another. */
export type Grant = {
  readonly id: string
  readonly version: number
  /** The name in the client's certificate. */
  readonly client: string
  readonly breaker: string
  readonly for: GrantedFor
  /** How often; what was used is counted when it is on its way. */
  readonly uses: number
  readonly used: number
  /** Its window, from the approval on; while it is only asked for, as if it were approved at once. The instants are judged on the monotonic clock; the wall clock is for people. */
  readonly window: { readonly startsMs: number; readonly lengthMs: number; readonly fromUtcUs: number; readonly untilUtcUs: number }
  readonly askedBy: string
  readonly askedUtcUs: number
  readonly reason: string
  readonly workOrder: string
  readonly state: GrantState
}
export type GrantState =
  | { readonly kind: 'requested' }
  | { readonly kind: 'approved'; readonly by: string; readonly from: Monotonic; readonly until: Monotonic }
  | { readonly kind: 'refused' | 'revoked'; readonly by: string; readonly reason: string }
  | { readonly kind: 'expired' }

export type GrantAction =
  | { readonly kind: 'approve' | 'revoke' | 'refuse'; readonly by: string; readonly reason: string; readonly version: number }
  | { readonly kind: 'use' }
  | { readonly kind: 'expire' }

export const grantRefusals = {
  'not-requested': 'it waits for nobody any more',
  'same-person': 'whoever asked for it cannot approve it',
  changed: 'somebody else has changed it in the meantime: look again',
  'not-approved': 'it is not in force',
  'used-up': 'it has been used as often as it may be',
  'not-now': 'it is outside its window',
} as const
export type GrantRefusal = keyof typeof grantRefusals
export type GrantStep = { readonly kind: 'done'; readonly grant: Grant } | { readonly kind: 'refused'; readonly why: GrantRefusal }

/** A request that nobody answered within this time is over, milliseconds: one day. */
export const REQUEST_MS = 24 * 60 * 60 * 1000
/** The longest window of a grant, milliseconds: one day. */
export const LONGEST_GRANT_MS = 24 * 60 * 60 * 1000
/** The most grants that are asked for or in force at a time. */
export const MAX_GRANTS = 200
/** The most of them that one person has asked for: the others find room. */
export const MAX_GRANTS_OF_ONE = 40

/** One action on one grant, now by both clocks. Pure: who may do it at all was asked before. */
export function stepGrant(grant: Grant, action: GrantAction, now: Monotonic, utcUs: number): GrantStep {
  const refused = (why: GrantRefusal): GrantStep => ({ kind: 'refused', why })
  const as = (change: Partial<Grant>): GrantStep => ({ kind: 'done', grant: { ...grant, ...change, version: grant.version + 1 } })
  const { state } = grant
  if ('version' in action && action.version !== grant.version) return refused('changed')
  switch (action.kind) {
    case 'approve': {
      if (state.kind !== 'requested') return refused('not-requested')
      if (action.by === grant.askedBy) return refused('same-person')
      const { startsMs, lengthMs } = grant.window
      const from = (now + startsMs) as Monotonic
      const fromUtcUs = utcUs + startsMs * 1000
      return as({
        state: { kind: 'approved', by: action.by, from, until: (from + lengthMs) as Monotonic },
        window: { startsMs, lengthMs, fromUtcUs, untilUtcUs: fromUtcUs + lengthMs * 1000 },
      })
    }
    case 'refuse':
      return state.kind === 'requested'
        ? as({ state: { kind: 'refused', by: action.by, reason: action.reason } })
        : refused('not-requested')
    case 'revoke':
      return state.kind === 'approved' ? as({ state: { kind: 'revoked', by: action.by, reason: action.reason } }) : refused('not-approved')
    case 'use':
      if (state.kind !== 'approved') return refused('not-approved')
      if (now < state.from || now >= state.until) return refused('not-now')
      return grant.used >= grant.uses ? refused('used-up') : as({ used: grant.used + 1 })
    case 'expire':
      return state.kind === 'requested' || state.kind === 'approved' ? as({ state: { kind: 'expired' } }) : refused('not-approved')
  }
}

export const isLive = ({ state }: Grant): boolean => state.kind === 'requested' || state.kind === 'approved'

/** In force now. Its last use has been counted when the operation is judged once more: `again` asks only whether it still stands. */
export function isInForce({ state, used, uses }: Grant, now: Monotonic, again: boolean): boolean {
  return state.kind === 'approved' && now >= state.from && now < state.until && (again || used < uses)
}

/** Whether a grant is for this operation of this client on this breaker: for each value that it writes, none left out. */
export function grants(grant: Grant, client: string, breaker: string, operation: Operation): boolean {
  const { for: what } = grant
  if (grant.client !== client || grant.breaker !== breaker || what.class !== operation.class) return false
  if (what.kind === 'class') return true
  const values = valuesOf(operation)
  if (values === 'not-known' || values.length === 0) return false
  return values.every((written) => covers(what, written))
}

/** A value without a name, or that its profile does not describe, is covered by no grant but one for the whole class. */
function covers(what: Exclude<GrantedFor, { kind: 'class' }>, written: Written): boolean {
  if (!('value' in written)) return false
  const within = ({ minimum, maximum }: Pick<SettingLimits, 'minimum' | 'maximum'>): boolean =>
    written.value >= minimum && written.value <= maximum
  if (what.kind === 'registers')
    return written.kind === 'register' && written.register >= what.from && written.register <= what.to && within(what)
  const name = settingOf(written)
  return [what, ...(what.also ?? [])].some((limits) => limits.setting === name && within(limits))
}
