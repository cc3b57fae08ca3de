import type { BreakerState, Operation } from '../../breakers/index.ts'
import type { BreakerSettings } from '../../config/index.ts'
import { type EventId, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import { type Clock, type Monotonic, background } from '../../platform/index.ts'

/** A movement that is seen within this after an operation was allowed is its doing: the command's time and the slow poll's, milliseconds. */
export const EXPECTED_MS = 15_000

type Moved = 'breaker-tripped' | 'breaker-opened' | 'breaker-closed' | 'breaker-reset'
type Known = Exclude<BreakerState, 'unknown'>

/** What breakers did, as their status registers show it, and whether somebody here had asked for it. */
export interface Movements {
  /** An operation is on its way to a breaker. */
  allowed(breaker: string, operation: Operation, correlation: string): void
  saw(breaker: BreakerSettings, state: BreakerState): void
}

type Asked = { readonly words: string; readonly correlation: string; readonly at: Monotonic }

/** Starts from the states that the last run saw: a breaker that was moved while nobody watched shows too. */
export async function openMovements(
  journal: Pick<Journal, 'note' | 'states' | 'putState'>,
  clock: Clock,
  connected: () => string,
): Promise<Movements> {
  const states = new Map<string, Known>()
  for (const [key, state] of await journal.states('seen/')) states.set(key.slice('seen/'.length), state as Known)
  const asked = new Map<string, Asked>()

  /** The operation that explains a movement, if there is one: a word for another movement in it means that it does not. */
  function causeOf(breaker: string, moved: Moved): string {
    const last = asked.get(breaker)
    if (last === undefined || clock.now() - last.at > EXPECTED_MS) return ''
    const named = (Object.keys(verbs) as Moved[]).filter((one) => verbs[one].test(last.words))
    return named.length === 0 || named.includes(moved) ? last.correlation : ''
  }

  return {
    allowed: (breaker, { words }, correlation) => void asked.set(breaker, { words, correlation, at: clock.now() }),
    saw({ name, bus, unit }, state) {
      if (state === 'unknown') return
      const before = states.get(name)
      if (before === state) return
      states.set(name, state)
      const key = `seen/${name}`
      if (before === undefined) return background(journal.putState(key, state)) // where it cannot be written, it is seen again
      const moved = movementOf(before, state)
      const correlation = causeOf(name, moved)
      const expected = correlation === '' ? 'unexpected' : 'expected'
      journal.note(event(moved, { breaker: name, bus, unit, expected, correlation, connected: connected() }), { [key]: state })
    },
  }
}

const verbs: Readonly<Record<Moved, RegExp>> = {
  'breaker-tripped': /\btrip\b/i,
  'breaker-opened': /\bopen\b/i,
  'breaker-closed': /\bclose\b/i,
  'breaker-reset': /\breset\b/i,
}

function movementOf(before: Known, state: Known): Moved & EventId {
  switch (state) {
    case 'tripped':
      return 'breaker-tripped'
    case 'closed':
      return 'breaker-closed'
    case 'open':
      return before === 'tripped' ? 'breaker-reset' : 'breaker-opened'
  }
}
