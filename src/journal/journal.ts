import type { EventRecord, RecordId, SecurityEvent } from '../events/index.ts'
import type { Clock, Log } from '../platform/index.ts'
import type { Head, Space, States } from './entry.ts'
import type { StoreFault } from './fault.ts'
import { GroupCommit } from './group-commit.ts'
import { MAX_READ_RECORDS, SILENT_MS } from './limits.ts'
import type { Query } from './queries.ts'
import { toRecord } from './record.ts'
import type { Retained, RetentionLimits } from './retention.ts'
import type { StateCheck } from './state-check.ts'
import type { Writer } from './writer.ts'

/** Events of this severity and graver are alarms (RFC 5424: 1 alert, 2 critical). */
const ALARM = 2

/** `key`: its fingerprint, and `publicPem` its public half; both are empty where there is none, and `keyFault` says why. */
export type Signing = { readonly key: string; readonly publicPem: string; readonly keyFault: string }

export interface Journal {
  /**
   * Resolves when the event is on disk, or with `unavailable` when the disk refuses it or has not answered for a few seconds: it must not
   * be done then. Should a disk that hung write it after that, `record-overdue` follows it, with the states that `back` gives by then:
   * those of the same keys as they are in force.
   */
  append(event: SecurityEvent, states?: States, back?: () => States): Promise<RecordId | 'unavailable'>
  /**
   * For what is in force in memory already and must get to disk: a lock that was shut, a tag that was hung. Never refused: resolves with
   * the id once it is on disk, or with `not-yet` as soon as the disk refuses or is silent; it is then written when the disk takes events again.
   * It has room of its own. Should even that be full for hours, its event is counted in `events-lost`, which carries its states.
   */
  keep(event: SecurityEvent, states: States): Promise<RecordId | 'not-yet'>
  /** Written as soon as the disk allows, in order with all others; the caller does not wait. */
  note(event: SecurityEvent, states?: States): void
  read(after: number, limit: number): Promise<readonly EventRecord[]>
  /** By index: a journal of millions answers as fast as one of hundreds. */
  query(wanted: Query): Promise<readonly EventRecord[]>
  /** The same as the text of a JSON array, made in the reader's thread: a thousand records would keep buses waiting in this one. */
  queryText(wanted: Query): Promise<string>
  /** The first and the last event of a time; of all that are still there: 0 to Infinity. */
  range(sinceUs: number, untilUs: number): Promise<{ readonly first: number; readonly last: number }>
  sign(text: string): Promise<string>
  /** Removes one range of old events, if one may go. Rejects when the disk refuses. */
  retain(limits: RetentionLimits): Promise<Retained>
  space(): Promise<Space>
  /** The key that signs checkpoints. A journal that is opened late has it from then on. */
  signing(): Signing
  /** Resolves when what was noted until now is on disk, or the disk refuses: whoever asks what happened sees all of it. */
  flush(): Promise<void>
  /** Allowed operations without an outcome: only a crash leaves any. */
  openOperations(): Promise<readonly EventRecord[]>
  /** Those whose keys begin so; an empty one is a state that is gone. */
  states(prefix: string): Promise<ReadonlyMap<string, string>>
  /** A state without an event. Never rejects: a disk that refuses is in the answer. */
  putState(key: string, value: string): Promise<'written' | 'unavailable'>
  /** Whether the states were what this gateway wrote last when the journal was opened. */
  stateCheck(): StateCheck
  /** Makes the states that are there now this gateway's own, together with the event that says who accepted them. Never rejects. */
  acceptStates(event: SecurityEvent): Promise<{ readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly why: string }>
  head(): Head
  /** False while the disk refuses: intrusive operations are then denied. */
  writes(): boolean
  /** Why it refuses; `none` while it does not. */
  fault(): StoreFault | 'none'
  /** False while the disk refuses and the newest value of this state, which holds, is not on it: a restart would lose it. */
  recorded(key: string): boolean
  /** Calls back with what has just been committed. Returns the way to stop it. */
  onCommitted(run: (events: readonly SecurityEvent[]) => void): () => void
  /** Writes the last event of this run: what comes after it is refused. Reading goes on until `close`. */
  finish(last: SecurityEvent): Promise<RecordId | 'unavailable'>
  close(): Promise<void>
}

/** The journal over its file's threads. */
export function createJournal(writer: Writer, clock: Clock, log: Log): Journal {
  const announcer = createAnnouncer()
  const commits = new GroupCommit(writer, clock, log, (events) => announcer.tell(events))
  return {
    append: (told, states = {}, back = () => ({})) => new Promise((settle) => commits.push(told, states, { kind: 'permit', settle, back })),
    keep: (told, states) => new Promise((settle) => commits.push(told, states, { kind: 'state', settle })),
    note: (told, states = {}) => commits.push(told, states, { kind: told.severity <= ALARM ? 'alarm' : 'other' }),
    ...readsOf(writer, clock),
    async retain(limits) {
      const done = await writer.retain(limits, clock.utcUs(), clock.now())
      if (done.kind === 'removed') commits.grown(done.head)
      return done
    },
    async acceptStates(told) {
      try {
        const { head } = await writer.acceptStates({ event: told, state: {}, utcUs: clock.utcUs(), monotonicMs: clock.now() })
        commits.grown(head)
        return { kind: 'accepted' }
      } catch (error) {
        return { kind: 'refused', why: error instanceof Error ? error.message : String(error) }
      }
    },
    stateCheck: () => writer.stateCheck,
    flush: () => commits.flush(),
    head: () => commits.head,
    writes: () => commits.writes,
    fault: () => commits.fault,
    recorded: (key) => commits.recorded(key),
    signing: () => ({ key: writer.key, publicPem: writer.publicPem, keyFault: writer.keyFault }),
    onCommitted: (run) => announcer.listen(run),
    finish: (last) => commits.finish(last),
    async close() {
      commits.end()
      await commits.flush()
      await writer.close()
    },
  }
}

function createAnnouncer() {
  type Listener = (events: readonly SecurityEvent[]) => void
  const listeners = new Set<Listener>()
  return {
    tell(events: readonly SecurityEvent[]): void {
      for (const listener of listeners) listener(events)
    },
    listen(run: Listener): () => void {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
  }
}

const bounded = (wanted: Query): Query => ({ ...wanted, limit: Math.min(wanted.limit, MAX_READ_RECORDS) })

type Reads = Pick<Journal, 'read' | 'query' | 'queryText' | 'range' | 'sign' | 'space' | 'openOperations' | 'states' | 'putState'>
const readsOf = (writer: Writer, clock: Clock): Reads => ({
  read: async (after, limit) => (await writer.read(after, Math.min(limit, MAX_READ_RECORDS))).map(toRecord),
  query: async (wanted) => (await writer.query(bounded(wanted))).map(toRecord),
  queryText: (wanted) => writer.queryText(bounded(wanted)),
  range: (sinceUs, untilUs) => writer.range(sinceUs, untilUs),
  sign: (text) => writer.sign(text),
  space: () => writer.space(),
  openOperations: async () => (await writer.openOperations()).map(toRecord),
  states: async (prefix) =>
    new Map((await writer.states(prefix)).filter(({ value }) => value !== '').map(({ key, value }) => [key, value])),
  putState: (key, value) =>
    new Promise((resolve) => {
      const cancel = clock.after(SILENT_MS, () => resolve('unavailable'))
      const settle = (how: 'written' | 'unavailable') => (): void => {
        cancel()
        resolve(how)
      }
      writer.putState(key, value).then(settle('written'), settle('unavailable'))
    }),
})
