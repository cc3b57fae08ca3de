import { type EventRecord, type RecordId, type SecurityEvent, event, toRecordId } from '../events/index.ts'
import { type Cancel, type Clock, type Log, isoUs, toMonotonic } from '../platform/index.ts'
import type { Body } from './chain.ts'
import { CHECKPOINT, GATHER_MS, MAX_READ_RECORDS, MAX_WAITING_EVENTS, RETRY_MS } from './limits.ts'
import type { Query } from './queries.ts'
import type { Retained, RetentionLimits } from './retention.ts'
import type { Row } from './schema.ts'
import type { Entry, Head, Space } from './storage.ts'
import type { Writer } from './writer.ts'

/** States that are written with an event, in one transaction: key to JSON text. */
export type States = Readonly<Record<string, string>>

export interface Journal {
  /** Resolves when the event is on disk, or with `unavailable` when it is not and never will be. */
  append(event: SecurityEvent, states?: States): Promise<RecordId | 'unavailable'>
  /** Written as soon as the disk allows, in order with all others; the caller does not wait. */
  note(event: SecurityEvent, states?: States): void
  read(after: number, limit: number): Promise<readonly EventRecord[]>
  /** By index: a journal of millions answers as fast as one of hundreds. */
  query(wanted: Query): Promise<readonly EventRecord[]>
  /** Records with their hashes, for an export that can be verified. */
  rows(after: number, limit: number): Promise<readonly Row[]>
  /** The first and the last event of a time; of all that are still there: 0 to Infinity. */
  range(sinceUs: number, untilUs: number): Promise<{ readonly first: number; readonly last: number }>
  sign(text: string): Promise<string>
  /** Removes one range of old events, if one may go. Rejects when the disk refuses. */
  retain(limits: RetentionLimits): Promise<Retained>
  space(): Promise<Space>
  /** Fingerprint of the key that signs checkpoints; empty where there is none. */
  readonly key: string
  /** Why there is none; empty when there is. */
  readonly keyFault: string
  /** Resolves when what was noted until now is on disk, or the disk refuses: whoever asks what happened sees all of it. */
  flush(): Promise<void>
  /** Allowed operations without an outcome: only a crash leaves any. */
  openOperations(): Promise<readonly EventRecord[]>
  states(prefix: string): Promise<ReadonlyMap<string, string>>
  putState(key: string, value: string): Promise<void>
  head(): Head
  /** False while the disk refuses: intrusive operations are then denied. */
  writes(): boolean
  /** Calls back with what has just been committed. Returns the way to stop it. */
  onCommitted(run: (events: readonly SecurityEvent[]) => void): () => void
  /** Writes the last event of this run: what comes after it is refused. Reading goes on until `close`. */
  finish(last: SecurityEvent): Promise<RecordId | 'unavailable'>
  close(): Promise<void>
}

type Waiting = { readonly entry: Entry; readonly settle: (id: RecordId | 'unavailable') => void; readonly mustWait: boolean }

/** Group commit: everything that comes while one transaction is on its way to the disk goes into the next. */
export function createJournal(writer: Writer, clock: Clock, log: Log): Journal {
  let waiting: Waiting[] = []
  let head = writer.head
  let writing: Promise<void> | 'idle' = 'idle'
  // `full`: from the first refusal of the disk until there is room again for more than the last words. `paused`: until the next try.
  let [full, paused, closed] = [false, false, false]
  const gathering = createGathering(clock)
  const committed = createAnnouncer()
  const checkpoints = createCheckpoints(clock, () => push('checkpoint', {}, false, () => undefined))

  function push(told: Entry['event'], state: States, mustWait: boolean, settle: Waiting['settle']): void {
    if (closed || waiting.length >= MAX_WAITING_EVENTS || (full && mustWait)) return settle('unavailable')
    waiting.push({ entry: { event: told, state, utcUs: clock.utcUs(), monotonicMs: clock.now() }, settle, mustWait })
    if (!paused) pump()
  }
  const enqueue = (told: SecurityEvent, state: States, mustWait: boolean): Promise<RecordId | 'unavailable'> =>
    new Promise((resolve) => push(told, state, mustWait, resolve))

  function pump(): void {
    if (writing !== 'idle' || waiting.length === 0) return
    // What nobody waits for gathers for a moment after each commit: in a storm of connections a commit each would cost more than they do.
    if (!closed && !waiting.some((item) => item.mustWait) && gathering.goesOn(pump)) return
    const batch = waiting
    waiting = []
    writing = commit(batch)
  }

  /** What has come meanwhile is on its way to the disk before those who waited for this batch go on. */
  function next(): void {
    writing = 'idle'
    gathering.begin()
    if (!paused) pump()
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    let written: { first: number; head: Head }
    try {
      written = await writer.write(batch.map((item) => item.entry))
    } catch (error) {
      await refused(batch, error)
      return next()
    }
    head = written.head
    const events = batch.flatMap(({ entry }) => (entry.event === 'checkpoint' ? [] : [entry.event]))
    checkpoints.count(events.length, batch.length > events.length)
    if (full) await tryToRecover()
    next()
    batch.forEach((item, i) => item.settle(toRecordId(written.first + i)))
    committed.tell(events)
  }

  /** What somebody waits for is refused now and must not appear later as if it had been allowed; the rest is kept for later. */
  async function refused(batch: readonly Waiting[], error: unknown): Promise<void> {
    waiting = refuseThoseWhoWait([...batch, ...waiting])
    if (!full) {
      full = true
      log.warn(`the journal cannot be written (${String(error)}): intrusive operations are refused until it can`)
      const last = event('journal-full', { reason: error instanceof Error ? error.message : String(error) })
      const entry = { event: last, state: {}, utcUs: clock.utcUs(), monotonicMs: clock.now() }
      waiting.unshift({ entry, settle: () => undefined, mustWait: false })
      if (await writer.release()) return // there is room for the last words: they are written at once
    }
    pause()
  }

  function pause(): void {
    if (closed) return // the run is over: nobody would be there for another try
    paused = true
    clock.after(RETRY_MS, () => {
      paused = false
      if (waiting.length > 0) return pump()
      if (full && writing === 'idle') writing = tryToRecover().finally(() => void (writing = 'idle'))
    })
  }

  async function tryToRecover(): Promise<void> {
    if (!(await writer.restore().catch(() => false))) return pause()
    full = false
    log.info('the journal can be written again')
    committed.tell([])
  }

  async function flush(): Promise<void> {
    const last = waiting.at(-1)
    if (writing !== 'idle') await writing
    while (last !== undefined && waiting.includes(last) && !paused) {
      gathering.end()
      pump()
      if (writing !== 'idle') await writing
    }
  }

  return {
    append: (told, states = {}) => enqueue(told, states, true),
    note: (told, states = {}) =>
      void enqueue(told, states, false).then((id) => {
        if (id === 'unavailable' && !closed) log.warn(`event lost, ${MAX_WAITING_EVENTS} are waiting for the disk: ${told.text}`)
      }),
    ...readsOf(writer),
    async retain(limits) {
      const done = await writer.retain(limits, clock.utcUs(), clock.now())
      if (done.kind === 'removed') {
        head = done.head
        checkpoints.count(1, false)
        committed.tell([])
      }
      return done
    },
    flush,
    ...{ head: () => head, writes: () => !full, key: writer.key, keyFault: writer.keyFault },
    onCommitted: (run) => committed.listen(run),
    finish(last) {
      if (checkpoints.waiting()) push('checkpoint', {}, false, () => undefined)
      const written = enqueue(last, {}, true)
      closed = true
      checkpoints.close()
      return written
    },
    async close() {
      closed = true
      checkpoints.close()
      await flush()
      await writer.close()
    },
  }
}

/** When the head of the chain is signed: after so many events, or so long after the first that no checkpoint covers. */
function createCheckpoints(clock: Clock, write: () => void) {
  let [events, asked] = [0, false]
  let cancel: Cancel = () => undefined
  let timing = false
  const ask = (): void => {
    if (asked) return
    asked = true
    write()
  }
  return {
    waiting: () => events > 0,
    /** After a commit of so many events; `covered`: a checkpoint was among them. */
    count(count: number, covered: boolean): void {
      if (covered) {
        cancel()
        ;[events, asked, timing] = [0, false, false]
        return
      }
      events += count
      if (events >= CHECKPOINT.events) return ask()
      if (events > 0 && !timing) {
        timing = true
        cancel = clock.after(CHECKPOINT.ms, ask)
      }
    },
    close: () => cancel(),
  }
}

function refuseThoseWhoWait(all: readonly Waiting[]): Waiting[] {
  for (const item of all) if (item.mustWait) item.settle('unavailable')
  return all.filter((item) => !item.mustWait)
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

/** The moment after a commit in which what nobody waits for is collected. */
function createGathering(clock: Clock) {
  let until = clock.now()
  let cancel: Cancel = () => undefined
  return {
    begin: () => void (until = toMonotonic(clock.now() + GATHER_MS)),
    /** True while it goes on: `then` runs at its end. */
    goesOn(then: () => void): boolean {
      cancel()
      if (clock.now() >= until) return false
      cancel = clock.after(until - clock.now(), then)
      return true
    },
    end(): void {
      cancel()
      until = clock.now()
    },
  }
}

type Reads = Pick<Journal, 'read' | 'query' | 'rows' | 'range' | 'sign' | 'space' | 'openOperations' | 'states' | 'putState'>
const readsOf = (writer: Writer): Reads => ({
  read: async (after, limit) => (await writer.read(after, Math.min(limit, MAX_READ_RECORDS))).map(toRecord),
  query: async (wanted) => (await writer.query({ ...wanted, limit: Math.min(wanted.limit, MAX_READ_RECORDS) })).map(toRecord),
  rows: (after, limit) => writer.rows(after, Math.min(limit, MAX_READ_RECORDS)),
  range: (sinceUs, untilUs) => writer.range(sinceUs, untilUs),
  sign: (text) => writer.sign(text),
  space: () => writer.space(),
  openOperations: async () => (await writer.openOperations()).map(toRecord),
  states: async (prefix) => new Map((await writer.states(prefix)).map(({ key, value }) => [key, value])),
  putState: (key, value) => writer.putState(key, value),
})

/** A stored body as the rest of the gateway sees it. */
export function toRecord(text: string): EventRecord {
  const { utcUs, seq, boot, gateway, id, severity, category, text: words, fields } = JSON.parse(text) as Body
  return { seq, time: isoUs(utcUs), boot, gateway, id, severity, category, text: words, fields }
}
