import { type EventId, type SecurityEvent, event } from '../events/index.ts'
import type { Cancel, Clock } from '../platform/index.ts'

/** Within this, events that say the same of the same source become the first and one summary, milliseconds. */
export const COLLAPSE_MS = 10_000
/** Kinds of repeated events that are counted at a time; beyond it the oldest is summed up early. */
export const MAX_COLLAPSING = 1000

/** What anybody who reaches a port can cause as often as they like. What is done to a breaker is never collapsed. */
const collapsible: ReadonlySet<EventId> = new Set<EventId>([
  'connection-refused-acl',
  'connection-limit',
  'tls-handshake-failed',
  'frame-malformed',
  'function-unsupported',
  'unit-unknown',
  'broadcast-refused',
  'response-invalid',
  'foreign-master-suspected',
])

type Repeated = { readonly first: SecurityEvent; count: number; readonly cancel: Cancel }

export interface Floods {
  note(event: SecurityEvent): void
  /** Sums up what is still being counted. */
  close(): void
}

/** Stands before the journal: a flood of one kind from one source is its first event and one with the count. */
export function createFloods(write: (event: SecurityEvent) => void, clock: Clock): Floods {
  const counting = new Map<string, Repeated>()

  function sumUp(key: string): void {
    const repeated = counting.get(key)
    if (repeated === undefined) return
    repeated.cancel()
    counting.delete(key)
    if (repeated.count === 0) return
    const { id, fields } = repeated.first
    const text = (value: unknown): string => (typeof value === 'string' ? value : '')
    const { count } = repeated
    write(
      event('events-collapsed', {
        event: id,
        source: whereFrom(fields),
        breaker: text(fields.breaker),
        reason: text(fields.reason),
        count,
        seconds: COLLAPSE_MS / 1000,
      }),
    )
  }

  return {
    note(happened) {
      if (!isCollapsible(happened)) return write(happened)
      const key = keyOf(happened)
      const repeated = counting.get(key)
      if (repeated !== undefined) return void (repeated.count += 1)
      const [oldest] = counting.keys()
      if (counting.size >= MAX_COLLAPSING && oldest !== undefined) sumUp(oldest)
      counting.set(key, { first: happened, count: 0, cancel: clock.after(COLLAPSE_MS, () => sumUp(key)) })
      write(happened)
    },
    close() {
      for (const key of [...counting.keys()]) sumUp(key)
    },
  }
}

/** A refused read is no more than noise; a refused operation is one event each, however many there are. */
const isCollapsible = ({ id, fields }: SecurityEvent): boolean =>
  collapsible.has(id) || (id === 'operation-denied' && fields.class === 'monitor')

/** The address of a client; what a device or somebody on its line has caused comes from its bus. Never empty: by it people search. */
function whereFrom({ source, bus, unit }: SecurityEvent['fields']): string {
  if (typeof source === 'string' && source !== '') return hostOf(source)
  if (typeof bus !== 'string' || bus === '') return 'the gateway itself'
  return typeof unit === 'number' && unit !== 0 ? `bus ${bus}, unit ${unit}` : `bus ${bus}`
}

const hostOf = (source: string): string => source.replace(/:\d+$/, '')

/** Numbers within a reason are no difference: a flood that counts up is one flood. */
function keyOf({ id, fields }: SecurityEvent): string {
  const reason = String(fields.reason ?? fields.function ?? '').replace(/\d+/g, '#')
  return JSON.stringify([id, hostOf(String(fields.source ?? '')), fields.breaker ?? '', fields.bus ?? '', reason])
}
