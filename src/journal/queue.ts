import { type SecurityEvent, event } from '../events/index.ts'
import { type Clock, isoUs } from '../platform/index.ts'
import { WAITING_EVENTS } from './limits.ts'
import type { Entry } from './entry.ts'
import { type Waiter, isRefused, refuse } from './waiter.ts'

/** One event that waits for the disk. */
export type Queued = { readonly entry: Entry; readonly waiter: Waiter }
type Place = Queued | Losses

/** What found no room since the last such event was written. It keeps a place in the queue and grows until its turn. */
type Losses = {
  readonly waiter: { readonly kind: 'losses' }
  readonly utcUs: number
  readonly monotonicMs: number
  untilUs: number
  count: number
  readonly byId: Map<string, number>
  /** The last state of each key whose event was lost: the states themselves are never lost. */
  readonly states: Map<string, string>
}

/** Kinds of lost events that one `events-lost` names; the rest is one number. */
const NAMED_KINDS = 6

/**
 * Events in the order in which they came. Each kind of waiter has room of its own, so a flood of one takes none of another's.
 * What finds no room is counted exactly, in an event `events-lost` that is written with the others.
 */
export interface Queue {
  readonly length: number
  /** Somebody waits for at least one of them. */
  awaited(): boolean
  /** `no-room`: the event is counted as lost and its states are kept. A permit without room is refused, not counted. */
  add(queued: Queued): 'queued' | 'no-room'
  /** Takes up to `most` from the front. */
  take(most: number): readonly Queued[]
  /** The disk refused these: tells all callers, forgets the permits, and keeps the rest in its order. */
  refused(batch: readonly Queued[]): void
  /** The journal's own, before all others. */
  first(entry: Entry): void
  last(): object | undefined
  has(place: object): boolean
}

/** An empty queue. `onLoss` gets the id of the first event that is lost since the last `events-lost` was sent to the disk. */
export function createQueue(clock: Clock, onLoss: (id: string) => void): Queue {
  let places: Place[] = []
  const held = { permit: 0, state: 0, alarm: 0, other: 0, own: 0, last: 0, losses: 0 }
  let losses: Losses | 'none' = 'none'

  const count = ({ kind }: Place['waiter'], by: 1 | -1): void => void (held[kind] += by)
  const isFull = (kind: Waiter['kind']): boolean => hasLimit(kind) && held[kind] >= WAITING_EVENTS[kind]
  function lose({ event: lost, state }: Entry): void {
    const [id, times] = worthOf(lost)
    if (losses === 'none') {
      losses = emptyLosses(clock)
      places.push(losses)
      held.losses += 1
      onLoss(id)
    }
    losses.count += times
    losses.untilUs = clock.utcUs()
    losses.byId.set(id, (losses.byId.get(id) ?? 0) + times)
    const changed = Object.entries(state)
    if (changed.length === 0) return
    for (const [key, value] of changed) losses.states.set(key, value)
    // An older value of the same key may be queued behind it.
    places = [...places.filter((place) => place !== losses), losses]
  }

  return {
    get length() {
      return places.length
    },
    awaited: () => held.permit + held.state + held.last > 0,
    add(queued) {
      const { kind } = queued.waiter
      if (isFull(kind)) {
        if (kind !== 'permit') lose(queued.entry)
        return 'no-room'
      }
      if (losses !== 'none' && !supersedes(queued, losses)) return 'no-room'
      places.push(queued)
      count(queued.waiter, 1)
      return 'queued'
    },
    take(most) {
      const taken = places.splice(0, most)
      for (const { waiter } of taken) count(waiter, -1)
      return taken.map((place) => {
        if (!('count' in place)) return place
        losses = 'none'
        return { entry: entryOf(place), waiter: { kind: 'own' } }
      })
    },
    refused(batch) {
      for (const { waiter } of batch) count(waiter, 1)
      const all: Place[] = [...batch, ...places]
      places = []
      for (const place of all) {
        if (place.waiter.kind !== 'losses') refuse(place.waiter)
        if (place.waiter.kind !== 'losses' && isRefused(place.waiter)) count(place.waiter, -1)
        else places.push(place)
      }
    },
    first(entry) {
      places.unshift({ entry, waiter: { kind: 'own' } })
      held.own += 1
    },
    last: () => places.at(-1),
    has: (place) => places.some((other) => other === place),
  }
}

const hasLimit = (kind: Waiter['kind']): kind is keyof typeof WAITING_EVENTS => kind in WAITING_EVENTS

/** A newer state takes the place of one whose event was lost. A permit cannot: it may yet be refused, and then the older one counts. */
function supersedes({ entry, waiter }: Queued, { states }: Losses): boolean {
  const older = Object.keys(entry.state).filter((key) => states.has(key))
  if (older.length > 0 && isRefused(waiter)) return false
  for (const key of older) states.delete(key)
  return true
}

/** What is lost with it: a summary stands for all that it counts. */
function worthOf(lost: Entry['event']): readonly [id: string, times: number] {
  if (lost === 'checkpoint') return [lost, 1]
  const { event: id, count } = lost.fields
  return lost.id === 'events-collapsed' ? [String(id), Number(count)] : [lost.id, 1]
}

const emptyLosses = (clock: Clock): Losses => ({
  waiter: { kind: 'losses' },
  utcUs: clock.utcUs(),
  monotonicMs: clock.now(),
  untilUs: clock.utcUs(),
  count: 0,
  byId: new Map(),
  states: new Map(),
})

const entryOf = (losses: Losses): Entry => ({
  event: lostEvent(losses),
  state: Object.fromEntries(losses.states),
  utcUs: losses.utcUs,
  monotonicMs: losses.monotonicMs,
})

function lostEvent({ count, utcUs, untilUs, byId }: Losses): SecurityEvent {
  const kinds = [...byId].sort(([, a], [, b]) => b - a)
  const rest = kinds.slice(NAMED_KINDS).reduce((sum, [, n]) => sum + n, 0)
  const named = kinds.slice(0, NAMED_KINDS).map(([id, n]) => `${id} ${n}`)
  const reason = [...named, ...(rest > 0 ? [`others ${rest}`] : [])].join(', ')
  return event('events-lost', { count, from: isoUs(utcUs), until: isoUs(untilUs), reason })
}
