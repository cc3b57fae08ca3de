import { type Act, type Operation, type OperationClass, actOf, settingOf, valuesOf } from '../breakers/index.ts'
import type { Monotonic } from '../platform/index.ts'

/** Days (0 is Sunday) and minutes of the day; to before from: over midnight, of the day on which it begins. */
export type Hours = readonly { readonly days: readonly number[]; readonly fromMinute: number; readonly toMinute: number }[]

/** One narrowing of what roles may do. Every guard that an operation falls under has to agree. */
export type Guard = {
  readonly name: string
  readonly classes: ReadonlySet<OperationClass>
  /** Which of them, by what they do to the contacts. */
  readonly acts: ReadonlySet<Act> | 'all'
  readonly breakers: ReadonlySet<string> | 'all'
  readonly rule: GuardRule
}
export type GuardRule =
  /** `register`: where the breaker shows the present value, for `step`; it is read before the operation is decided. */
  | {
      readonly kind: 'value'
      readonly setting: string
      readonly minimum: number
      readonly maximum: number
      readonly step: number | 'any'
      readonly register: number | 'none'
    }
  | { readonly kind: 'rate'; readonly most: number; readonly withinMs: number }
  | { readonly kind: 'hours'; readonly hours: Hours }
  | { readonly kind: 'select'; readonly withinMs: number }
  | { readonly kind: 'grant' }

/** What guards need to know beside the operation. */
export type GuardInputs = {
  readonly weekday: number
  readonly minute: number
  /** When this client did operations of this kind, by the name of the guard that counts them. */
  readonly past: (guard: string) => readonly Monotonic[]
  /** When this client asked for exactly the same before. */
  readonly selectedAt: Monotonic | 'never'
  /** The value that a setting has now, where it was read. */
  readonly before: (setting: string) => number | 'not-read'
}
export const noGuardInputs: GuardInputs = { weekday: 0, minute: 0, past: () => [], selectedAt: 'never', before: () => 'not-read' }

export type GuardRefusal = 'value-limit' | 'value-not-seen' | 'rate-limit' | 'outside-hours' | 'select-first'

/** A repetition sooner than this is a driver's retry and no second decision, milliseconds. */
export const SELECT_GAP_MS = 500

export function isUnder(guard: Guard, operation: Operation, breaker: string): boolean {
  const { classes, acts, breakers } = guard
  return classes.has(operation.class) && (acts === 'all' || acts.has(actOf(operation))) && (breakers === 'all' || breakers.has(breaker))
}

export const needsGrant = (guards: readonly Guard[], operation: Operation, breaker: string): boolean =>
  guards.some((guard) => guard.rule.kind === 'grant' && isUnder(guard, operation, breaker))

/**
 * The first guard that does not agree, by its name; `agree` when all do. With `again` set, right before sending, only what time takes
 * back is asked: a rate has counted this operation by then, and its selection is used up.
 */
export function judgeGuards(
  guards: readonly Guard[],
  { operation, breaker, now, guardInputs: guardInputs, recheck: again }: Asked,
): { readonly reason: GuardRefusal; readonly guard: string } | 'agree' {
  for (const guard of guards) {
    if (!isUnder(guard, operation, breaker)) continue
    const reason = judge(guard, operation, now, guardInputs, again)
    if (reason !== 'agree') return { reason, guard: guard.name }
  }
  return 'agree'
}
type Asked = {
  readonly operation: Operation
  readonly breaker: string
  readonly now: Monotonic
  readonly guardInputs: GuardInputs
  readonly recheck: boolean
}

function judge({ rule, name }: Guard, operation: Operation, now: Monotonic, at: GuardInputs, again: boolean): GuardRefusal | 'agree' {
  switch (rule.kind) {
    case 'grant':
      return 'agree'
    case 'hours':
      return isDuring(rule.hours, at) ? 'agree' : 'outside-hours'
    case 'value':
      return again ? 'agree' : judgeValue(rule, operation, at)
    case 'rate':
      return again || at.past(name).filter((when) => now - when < rule.withinMs).length < rule.most ? 'agree' : 'rate-limit'
    case 'select': {
      if (again) return 'agree'
      const age = at.selectedAt === 'never' ? Infinity : now - at.selectedAt
      return age >= SELECT_GAP_MS && age <= rule.withinMs ? 'agree' : 'select-first'
    }
  }
}

/** Whether a time of the week lies within the hours. The end belongs to outside; what is over midnight counts to the day of its beginning. */
export function isDuring(hours: Hours, { weekday, minute }: Pick<GuardInputs, 'weekday' | 'minute'>): boolean {
  const yesterday = (weekday + 6) % 7
  return hours.some(({ days, fromMinute, toMinute }) => {
    if (fromMinute < toMinute) return days.includes(weekday) && fromMinute <= minute && minute < toMinute
    return (days.includes(weekday) && fromMinute <= minute) || (days.includes(yesterday) && minute < toMinute)
  })
}

/**
 * What cannot be judged is refused: a step from a value that was not read is outside the limit; values that are not known in advance,
 * and bytes of a command that its profile does not describe, may be the guarded setting.
 */
function judgeValue(
  rule: Extract<GuardRule, { kind: 'value' }>,
  operation: Operation,
  { before }: GuardInputs,
): 'agree' | 'value-limit' | 'value-not-seen' {
  const values = valuesOf(operation)
  if (values === 'not-known' || values.some(({ kind }) => kind === 'undescribed')) return 'value-not-seen'
  const fits = (value: number): boolean => {
    if (!(value >= rule.minimum && value <= rule.maximum)) return false
    if (rule.step === 'any') return true
    const old = before(rule.setting)
    return old !== 'not-read' && Math.abs(value - old) <= rule.step
  }
  const guarded = values.filter((written) => settingOf(written) === rule.setting)
  return guarded.every((written) => 'value' in written && fits(written.value)) ? 'agree' : 'value-limit'
}
