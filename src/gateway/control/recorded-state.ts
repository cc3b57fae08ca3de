import { type SecurityEvent, event } from '../../events/index.ts'
import type { Journal, States } from '../../journal/index.ts'

/**
 * What one action makes of a state, with the event that says so; or why not. A step is pure and is asked again when others have
 * changed the state meanwhile: clocks and random ids are read before, not in it.
 */
export type Step<S, W> =
  { readonly kind: 'done'; readonly next: S; readonly event: SecurityEvent } | { readonly kind: 'refused'; readonly why: W }

/** Whether what holds already is on disk too. `not-yet`: the disk refuses; it is written as soon as the disk has room again. */
export type Recorded = 'recorded' | 'not-yet'

export type Restricted<W> = { readonly kind: 'done'; readonly recorded: Promise<Recorded> } | { readonly kind: 'refused'; readonly why: W }

/** `overtaken`: a restriction came while the record was on its way to the disk; the restriction holds and the journal says so. */
export type Permitted<W> =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly why: W }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'overtaken' }

/** The parts of a state that are stored, each under its key. A part that is unchanged keeps its identity. */
export type Rows = ReadonlyMap<string, object>

/** A state in memory and in the journal (decision 0035). */
export interface RecordedState<S> {
  now(): S
  /** Something permissive is on its way to the disk or waits for its turn. */
  busy(): boolean
  /** Holds at once, and wins over what is on its way to the disk. */
  restrict<W>(step: (state: S) => Step<S, W>): Restricted<W>
  /** One after the other; holds from the moment that it is on disk, unless a restriction has come in between. */
  permit<W>(step: (state: S) => Step<S, W>): Promise<Permitted<W>>
}

/** `rows`: what it writes, key by key. `refusedOn`: its step would be refused on another state. */
type Flight<S> = {
  readonly event: SecurityEvent
  readonly keys: readonly string[]
  readonly refusedOn: (state: S) => boolean
  overtaken: boolean
}

/**
 * Keeps memory and journal the same. The journal writes in the order in which it is asked, so that only a permissive record that fails
 * or is overtaken could make them differ: a restriction therefore first writes back each row of what it overtakes, as memory has it.
 */
export function createRecordedState<S>(start: S, rowsOf: (state: S) => Rows, journal: Pick<Journal, 'append' | 'keep'>): RecordedState<S> {
  let state = start
  let flight: Flight<S> | 'none' = 'none'
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  function inForce(keys: readonly string[]): States {
    const held = rowsOf(state)
    return Object.fromEntries(keys.map((key) => [key, textOf(held.get(key))]))
  }

  /** What is on its way is overtaken if it shares a row with what is written, or is refused by now. Its rows are written back. */
  function overtake(written: States, next: S, by: SecurityEvent): readonly ReturnType<Journal['keep']>[] {
    if (flight === 'none' || flight.overtaken) return []
    if (!flight.keys.some((key) => key in written) && !flight.refusedOn(next)) return []
    flight.overtaken = true
    return [journal.keep(overtakenEvent(flight.event, by), inForce(flight.keys))]
  }

  async function permitNow<W>(step: (state: S) => Step<S, W>): Promise<Permitted<W>> {
    const made = step(state)
    if (made.kind === 'refused') return made
    const rows = changedRows(rowsOf(state), rowsOf(made.next))
    const mine: Flight<S> = {
      event: made.event,
      keys: Object.keys(rows),
      overtaken: false,
      refusedOn: (other) => step(other).kind === 'refused',
    }
    flight = mine
    const id = await journal.append(made.event, rows, () => inForce(mine.keys))
    flight = 'none'
    if (id === 'unavailable') return { kind: 'unavailable' }
    if (mine.overtaken) return { kind: 'overtaken' }
    const now = step(state) // with what others have changed meanwhile, none of it in a row of this one
    if (now.kind === 'refused') throw new Error(`not overtaken, and refused all the same: ${made.event.text}`)
    state = now.next
    return { kind: 'done' }
  }

  return {
    now: () => state,
    busy: () => waiting > 0,
    restrict(step) {
      const made = step(state)
      if (made.kind === 'refused') return made
      const rows = changedRows(rowsOf(state), rowsOf(made.next))
      const overtaken = overtake(rows, made.next, made.event)
      state = made.next
      const kept = [...overtaken, journal.keep(made.event, rows)]
      return { kind: 'done', recorded: Promise.all(kept).then((ids) => (ids.includes('not-yet') ? 'not-yet' : 'recorded')) }
    },
    async permit(step) {
      waiting += 1
      const done = last.then(() => permitNow(step)).finally(() => void (waiting -= 1))
      last = done.then(nothing, nothing) // what one does wrong is its caller's to hear; the next has its turn
      return done
    },
  }
}

const nothing = (): void => undefined
/** What is gone is empty. */
const textOf = (row: object | undefined): string => (row === undefined ? '' : JSON.stringify(row))

function changedRows(before: Rows, after: Rows): States {
  const rows: Record<string, string> = {}
  for (const [key, row] of after) if (before.get(key) !== row) rows[key] = textOf(row)
  for (const key of before.keys()) if (!after.has(key)) rows[key] = ''
  return rows
}

function overtakenEvent({ fields, text }: SecurityEvent, by: SecurityEvent): SecurityEvent {
  const { subject, breaker } = fields
  return event('change-overtaken', { subject: String(subject), breaker: String(breaker ?? ''), operation: text, reason: by.text })
}
