import type { Operation } from '../../breakers/index.ts'
import { type Clock, type Monotonic, localTime } from '../../platform/index.ts'
import { type GuardInputs, type Guard, type Subject, isUnder, noGuardInputs, subjectName } from '../../policy/index.ts'

/** What guards have to remember of clients: what was done when, and what was asked for once. */
export interface GuardHistory {
  guardInputs(subject: Subject, operation: Operation, breaker: string, before: GuardInputs['before']): GuardInputs
  /** It was refused until it is asked for a second time. */
  selected(subject: Subject, operation: Operation, breaker: string): void
  /** It passes: it counts, and its selection is used up. */
  passed(subject: Subject, operation: Operation, breaker: string): void
}

/** Selections and counts that are kept; beyond it the oldest is forgotten: it then takes one more request, or none is counted. */
const MAX_KEPT = 1000
/** Selections of one client. */
export const MAX_SELECTIONS = 50
/** Times of one client under one guard. */
const MAX_TIMES = 1000

export function createGuardHistory(guards: () => readonly Guard[], clock: Clock): GuardHistory {
  const done = new Map<string, readonly Monotonic[]>()
  const selections = new Map<string, Monotonic>()
  const bounded = <T>(map: Map<string, T>, key: string, value: T): void => {
    map.delete(key)
    map.set(key, value)
    const [oldest] = map.keys()
    if (map.size > MAX_KEPT && oldest !== undefined) map.delete(oldest)
  }
  const countKey = (guard: string, subject: Subject): string => JSON.stringify([guard, subjectName(subject)])
  const selection = (subject: Subject, { request }: Operation, breaker: string): string =>
    JSON.stringify([subjectName(subject), breaker, request])

  return {
    guardInputs(subject, operation, breaker, before) {
      if (guards().length === 0) return noGuardInputs
      return {
        ...localTime(clock.utcUs()),
        past: (guard) => done.get(countKey(guard, subject)) ?? [],
        selectedAt: selections.get(selection(subject, operation, breaker)) ?? 'never',
        before,
      }
    },
    selected(subject, operation, breaker) {
      const own = [...selections.keys()].filter((key) => key.startsWith(`[${JSON.stringify(subjectName(subject))},`))
      if (own.length >= MAX_SELECTIONS) selections.delete(own[0] ?? '')
      bounded(selections, selection(subject, operation, breaker), clock.now())
    },
    passed(subject, operation, breaker) {
      selections.delete(selection(subject, operation, breaker))
      for (const { name, rule, ...guard } of guards()) {
        if (rule.kind !== 'rate' || !isUnder({ name, rule, ...guard }, operation, breaker)) continue
        const key = countKey(name, subject)
        const recent = (done.get(key) ?? []).filter((when) => clock.now() - when < rule.withinMs)
        bounded(done, key, [...recent, clock.now()].slice(-MAX_TIMES))
      }
    },
  }
}
