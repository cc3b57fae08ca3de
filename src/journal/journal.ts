import { type EventRecord, type RecordId, type SecurityEvent, toRecordId } from '../events/index.ts'
import { type Cancel, type Clock, type Log, isoUs, toMonotonic } from '../platform/index.ts'
import type { Body } from './chain.ts'
import { GATHER_MS, MAX_READ_RECORDS, MAX_WAITING_EVENTS, RETRY_MS } from './limits.ts'
import type { Entry, Head } from './storage.ts'
import type { Writer } from './writer.ts'

/** States that are written with an event, in one transaction: key to JSON text. */
export type States = Readonly<Record<string, string>>

export interface Journal {
  /** Resolves when the event is on disk, or with `unavailable` when it is not and never will be. */
  append(event: SecurityEvent, states?: States): Promise<RecordId | 'unavailable'>
  /** Written as soon as the disk allows, in order with all others; the caller does not wait. */
  note(event: SecurityEvent, states?: States): void
  read(after: number, limit: number): Promise<readonly EventRecord[]>
  /** Resolves when what was noted until now is on disk, or the disk refuses: whoever asks what happened sees all of it. */
  flush(): Promise<void>
  /** Allowed operations without an outcome: only a crash leaves any. */
  openOperations(): Promise<readonly EventRecord[]>
  states(prefix: string): Promise<ReadonlyMap<string, string>>
  putState(key: string, value: string): Promise<void>
  head(): Head
  /** False while the disk refuses: intrusive operations are then denied. */
  writes(): boolean
  /** Calls back after each commit. Returns the way to stop it. */
  onCommitted(run: () => void): () => void
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
  let [failing, told, closed] = [false, false, false]
  const gathering = createGathering(clock)
  const committed = createAnnouncer()

  const enqueue = (event: SecurityEvent, state: States, mustWait: boolean): Promise<RecordId | 'unavailable'> =>
    new Promise((resolve) => {
      if (closed || waiting.length >= MAX_WAITING_EVENTS || (failing && mustWait)) return resolve('unavailable')
      waiting.push({ entry: { event, state, utcUs: clock.utcUs(), monotonicMs: clock.now() }, settle: resolve, mustWait })
      if (!failing) pump()
    })

  function pump(): void {
    if (writing !== 'idle' || waiting.length === 0) return
    // What nobody waits for gathers for a moment after each commit: in a storm of connections a commit each would cost more than they do.
    if (!closed && !waiting.some((item) => item.mustWait) && gathering.goesOn(pump)) return
    const batch = waiting
    waiting = []
    writing = commit(batch).finally(() => {
      writing = 'idle'
      gathering.begin()
      if (!failing) pump()
    })
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const { first, head: newHead } = await writer.write(batch.map((item) => item.entry))
      head = newHead
      told = told && recovered(log)
      batch.forEach((item, i) => item.settle(toRecordId(first + i)))
      committed.tell()
    } catch (error) {
      // What somebody waits for is refused now and must not appear later as if it had been allowed; the rest is kept for later.
      if (!told) log.warn(`the journal cannot be written (${String(error)}): intrusive operations are refused until it can`)
      told = true
      failing = true
      waiting = refuseThoseWhoWait([...batch, ...waiting])
      if (closed) return // the run is over: nobody would be there for another try
      clock.after(RETRY_MS, () => {
        failing = false
        pump()
      })
    }
  }

  async function flush(): Promise<void> {
    gathering.end()
    pump()
    while (writing !== 'idle') await writing
  }

  return {
    append: (event, states = {}) => enqueue(event, states, true),
    note: (event, states = {}) =>
      void enqueue(event, states, false).then((id) => {
        if (id === 'unavailable' && !closed) log.warn(`event lost, ${MAX_WAITING_EVENTS} are waiting for the disk: ${event.text}`)
      }),
    ...readsOf(writer),
    flush,
    ...{ head: () => head, writes: () => !told },
    onCommitted: (run) => committed.listen(run),
    finish(last) {
      const written = enqueue(last, {}, true)
      closed = true
      return written
    },
    async close() {
      closed = true
      await flush()
      await writer.close()
    },
  }
}

/** Says so, once; what was told is told no more. */
function recovered(log: Log): false {
  log.info('the journal can be written again')
  return false
}

function refuseThoseWhoWait(all: readonly Waiting[]): Waiting[] {
  for (const item of all) if (item.mustWait) item.settle('unavailable')
  return all.filter((item) => !item.mustWait)
}

function createAnnouncer() {
  const listeners = new Set<() => void>()
  return {
    tell(): void {
      for (const listener of listeners) listener()
    },
    listen(run: () => void): () => void {
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

const readsOf = (writer: Writer): Pick<Journal, 'read' | 'openOperations' | 'states' | 'putState'> => ({
  read: async (after, limit) => (await writer.read(after, Math.min(limit, MAX_READ_RECORDS))).map(toRecord),
  openOperations: async () => (await writer.openOperations()).map(toRecord),
  states: async (prefix) => new Map((await writer.states(prefix)).map(({ key, value }) => [key, value])),
  putState: (key, value) => writer.putState(key, value),
})

/** A stored body as the rest of the gateway sees it. */
export function toRecord(text: string): EventRecord {
  const { utcUs, seq, boot, gateway, id, severity, category, text: words, fields } = JSON.parse(text) as Body
  return { seq, time: isoUs(utcUs), boot, gateway, id, severity, category, text: words, fields }
}
