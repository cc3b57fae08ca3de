import { type SecurityEvent, bounds, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Cancel, Clock } from '../../platform/index.ts'

/** Within this, events that say the same of the same source become the first ones and one summary, milliseconds. */
export const COLLAPSE_MS = 10_000
/** The distance of summaries of a flood that goes on after its first one, milliseconds. */
export const GOES_ON_MS = 60_000
/** Kinds of repeated events that are counted at a time; beyond it one of who has the most is summed up early. */
export const MAX_COLLAPSING = 2000
/** Kinds of one client, or one device, or of one event of unknown callers, that are counted apart; the others are counted together. */
export const MAX_KINDS_OF_ONE = 100

type Repeated = {
  readonly like: SecurityEvent
  readonly group: string
  /** Counts what has no place of its own: one client, different breakers, operations or reasons. */
  readonly coarse: boolean
  /** So many more are events of their own. */
  free: number
  /** So many were events of their own. */
  written: number
  count: number
  /** How long what is counted now is counted at most, milliseconds. */
  windowMs: number
  /** Since when it is counted, on the monotonic clock, milliseconds. */
  sinceMs: number
  cancel: Cancel
}

export interface EventCollapsing {
  note(event: SecurityEvent): void
  /** Sums up what is still being counted; from then on nothing is collapsed. */
  close(): void
}

/** The journal without floods: what is noted goes through `createEventCollapsing`, and is summed up before the last event of the run. */
export function collapseEvents(journal: Journal, clock: Clock): Journal {
  const floods = createEventCollapsing((happened) => journal.note(happened), clock)
  return {
    ...journal,
    note: (happened, states) => (states === undefined ? floods.note(happened) : journal.note(happened, states)),
    finish(last) {
      floods.close()
      return journal.finish(last)
    },
  }
}

/**
 * Stands before the journal: of a flood of one kind from one source the first events are written, and the exact number of all others.
 * What was noted is always the events plus the counts. A flood that goes on is one summary a minute.
 */
export function createEventCollapsing(write: (event: SecurityEvent) => void, clock: Clock): EventCollapsing {
  const counting = new Map<string, Repeated>()
  const kinds = new Map<string, number>()
  let closed = false

  function forget(key: string, repeated: Repeated): void {
    repeated.cancel()
    counting.delete(key)
    const left = (kinds.get(repeated.group) ?? 1) - 1
    if (left === 0) kinds.delete(repeated.group)
    else kinds.set(repeated.group, left)
  }
  function end(key: string, repeated: Repeated): void {
    forget(key, repeated)
    sumUp(repeated)
  }
  function sumUp(repeated: Repeated): void {
    if (repeated.count > 0) write(summary(repeated, clock.now() - repeated.sinceMs))
  }
  function over(key: string, repeated: Repeated): void {
    // One that came more than once is remembered for longer: who stays below the count and waits would never be counted.
    if (repeated.count === 0 && (repeated.written === 1 || repeated.windowMs === GOES_ON_MS)) return forget(key, repeated)
    sumUp(repeated)
    repeated.count = 0
    repeated.windowMs = GOES_ON_MS
    repeated.sinceMs = clock.now()
    repeated.cancel = clock.after(GOES_ON_MS, () => over(key, repeated))
  }
  function makeRoom(): void {
    if (counting.size < MAX_COLLAPSING) return
    const [most] = [...kinds].reduce((a, b) => (b[1] > a[1] ? b : a))
    for (const [key, repeated] of counting) if (repeated.group === most) return end(key, repeated)
  }
  function begin(key: string, repeated: Repeated): void {
    makeRoom()
    counting.set(key, repeated)
    kinds.set(repeated.group, (kinds.get(repeated.group) ?? 0) + 1)
    repeated.cancel = clock.after(COLLAPSE_MS, () => over(key, repeated))
  }

  function count(happened: SecurityEvent, first: number, group: string): void {
    const own = keyOf(happened)
    const coarse = !counting.has(own) && (kinds.get(group) ?? 0) >= MAX_KINDS_OF_ONE
    const key = coarse ? JSON.stringify([group, happened.id, happened.severity]) : own
    const known = counting.get(key)
    if (known === undefined) {
      const none = { count: 0, written: 1, windowMs: COLLAPSE_MS, sinceMs: clock.now(), cancel: () => undefined }
      begin(key, { like: happened, group, coarse, free: coarse ? 0 : first - 1, ...none })
      return write(happened)
    }
    if (known.free === 0) return void (known.count += 1)
    known.free -= 1
    known.written += 1
    write(happened)
  }

  return {
    note(happened) {
      const bound = bounds[happened.id]
      if (closed || bound.kind !== 'collapsed') return write(happened)
      // A refused read is no more than noise.
      const isRead = happened.id === 'operation-denied' && happened.fields.class === 'monitor'
      count(happened, isRead ? 1 : bound.first, groupOf(happened, bound.by))
    },
    close() {
      closed = true
      for (const [key, repeated] of [...counting]) end(key, repeated)
    },
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Keeps who, what and where of what it counts, and its severity. `countedMs`: how long it was counted, which a stop or a full table cuts short. */
function summary({ like, coarse, count }: Repeated, countedMs: number): SecurityEvent {
  const { id, fields, severity } = like
  const [subject, source] = [text(fields.subject), coarse ? sourceOfMany(like) : whereFrom(fields)]
  const what = coarse
    ? { breaker: '', operation: '', reason: 'more kinds than are counted apart' }
    : { breaker: text(fields.breaker), operation: text(fields.operation), reason: text(fields.reason) }
  const said = { event: id, subject, source, class: text(fields.class), ...what, count, seconds: Math.max(1, Math.round(countedMs / 1000)) }
  return { ...event('events-collapsed', said), severity }
}

/** The address of a client; what a device or somebody on its line has caused comes from its bus. Never empty: by it people search. */
function whereFrom({ source, bus, unit }: SecurityEvent['fields']): string {
  if (typeof source === 'string' && source !== '') return hostOf(source)
  if (typeof bus !== 'string' || bus === '') return 'the gateway itself'
  return typeof unit === 'number' && unit !== 0 ? `bus ${bus}, unit ${unit}` : `bus ${bus}`
}

function sourceOfMany({ id, fields }: SecurityEvent): string {
  const bound = bounds[id]
  return bound.kind === 'collapsed' && bound.by === 'anybody' ? 'many addresses' : whereFrom(fields)
}

const hostOf = (source: string): string => source.replace(/:\d+$/, '')

function groupOf({ id, fields }: SecurityEvent, by: 'client' | 'device' | 'anybody'): string {
  switch (by) {
    case 'client':
      return JSON.stringify([by, fields.subject ?? '', hostOf(text(fields.source))])
    case 'device':
      return JSON.stringify([by, fields.bus ?? fields.sink ?? fields.part ?? ''])
    case 'anybody':
      return JSON.stringify([by, id])
  }
}

/** What makes two events alike: all that says who, what, where and why. Numbers within a reason are no difference: a flood that counts up is one. */
function keyOf({ id, fields }: SecurityEvent): string {
  const why = [fields.reason, fields.function].map((value) => text(value).replace(/\d+/g, '#'))
  const { subject, role, breaker, bus, operation, guard, firstFromHere, listener, sink, part, user, via } = fields
  const who = [subject, role, hostOf(text(fields.source)), listener, user, via]
  return JSON.stringify([id, who, breaker, bus, sink, part, fields.switch, fields.class, operation, guard, firstFromHere, why])
}
