import { type RecordId, type SecurityEvent, event, toRecordId } from '../events/index.ts'
import { type Clock, type Log, background } from '../platform/index.ts'
import { type Checkpoints, createCheckpoints, noCheckpoints } from './checkpoints.ts'
import { type StoreFault, storeEvent, storeFaultOf } from './fault.ts'
import { type Batching, createBatching } from './batching.ts'
import type { Entry, Head, States } from './entry.ts'
import { FOLD, MAX_BATCH, NOTES_AT_A_TIME, RETRY_MS, SILENT_MS } from './limits.ts'
import { type Queue, type Queued, createQueue } from './queue.ts'
import { type Unrecorded, createUnrecorded } from './unrecorded-states.ts'
import { type Waiter, accept, isRefused, refuse } from './waiter.ts'
import type { Writer } from './writer.ts'

type Committed = (events: readonly SecurityEvent[]) => void

const own: Waiter = { kind: 'own' }

/** Group commit: everything that comes while one transaction is on its way to the disk goes into the next. */
export class GroupCommit {
  readonly #writer: Writer
  readonly #clock: Clock
  readonly #log: Log
  readonly #committed: Committed
  readonly #gathering: Batching
  readonly #signedCheckpoints: Checkpoints
  readonly #queue: Queue
  readonly #unrecorded: Unrecorded = createUnrecorded()
  #writing: Promise<void> | 'idle' = 'idle'
  #head: Head
  /** From the first refusal of the disk until it takes events again, and has room for more than the last words. */
  #fault: StoreFault | 'none' = 'none'
  /** Until the next try. */
  #paused = false
  #closed = false
  #unfolded = 0

  /** `committed` is called with what has just become durable, and with nothing when the disk refuses or takes again. */
  constructor(writer: Writer, clock: Clock, log: Log, committed: Committed) {
    this.#writer = writer
    this.#clock = clock
    this.#log = log
    this.#committed = committed
    this.#head = writer.head
    this.#gathering = createBatching(clock)
    this.#queue = createQueue(clock, (id) => log.warn(`events are lost, too many wait for the disk; the first is ${id}`))
    this.#signedCheckpoints = createCheckpoints(clock, () => this.push('checkpoint', {}, own))
  }

  /** A journal that is opened late has its key from then on. */
  get #checkpoints(): Checkpoints {
    return this.#writer.key === '' ? noCheckpoints : this.#signedCheckpoints
  }
  get head(): Head {
    return this.#head
  }
  get writes(): boolean {
    return this.#fault === 'none'
  }
  get fault(): StoreFault | 'none' {
    return this.#fault
  }
  /** False while the disk refuses and the newest value of this state waits for it. */
  recorded(key: string): boolean {
    return this.#fault === 'none' || !this.#unrecorded.has(key)
  }
  get closed(): boolean {
    return this.#closed
  }

  /** Queues an event; what its caller hears is in `waiter`. */
  push(told: Entry['event'], state: States, waiter: Waiter): void {
    if (this.#closed || (this.#fault !== 'none' && isRefused(waiter))) return refuse(waiter)
    if (!isRefused(waiter)) this.#unrecorded.sent(state)
    if (this.#queue.add({ entry: this.#entry(told, state), waiter }) === 'no-room' || this.#fault !== 'none') refuse(waiter)
    if (!this.#paused) this.#pump()
  }

  /** Something else has written one event at the end of the chain. */
  grown(head: Head): void {
    this.#head = head
    this.#checkpoints.count(1, false)
    this.#committed([])
  }

  /** Signs what no checkpoint covers yet, writes the last event of this run, and takes no more. */
  finish(last: SecurityEvent): Promise<RecordId | 'unavailable'> {
    if (this.#checkpoints.waiting()) this.push('checkpoint', {}, own)
    const written = new Promise<RecordId | 'unavailable'>((settle) => this.push(last, {}, { kind: 'last', settle }))
    this.end()
    return written
  }

  end(): void {
    this.#closed = true
    this.#checkpoints.close()
  }

  /** Resolves when what was there at the call is on disk, or the disk refuses. */
  async flush(): Promise<void> {
    const last = this.#queue.last()
    if (this.#writing !== 'idle') await this.#writing
    while (last !== undefined && this.#queue.has(last) && !this.#paused) {
      this.#gathering.end()
      this.#pump()
      await this.#writing
    }
    // The last may be in the batch that went out when the one before it was done.
    await this.#writing
    if (this.#closed) while (this.#writing !== 'idle') await this.#writing
  }

  #entry(told: Entry['event'], state: States): Entry {
    return { event: told, state, utcUs: this.#clock.utcUs(), monotonicMs: this.#clock.now() }
  }

  #pump(): void {
    if (this.#writing !== 'idle' || this.#queue.length === 0) return
    const notes = !this.#queue.awaited()
    // What nobody waits for gathers for a moment after each commit: in a storm of connections a commit each would cost more than they do.
    const gathers = notes && !this.#closed && this.#queue.length < NOTES_AT_A_TIME
    if (gathers && this.#gathering.goesOn(() => this.#pump())) return
    // A permit that comes meanwhile waits for no more than a small commit before its own.
    const batch = this.#queue.take(notes ? NOTES_AT_A_TIME : MAX_BATCH)
    this.#writing = this.#commit(batch)
  }

  /** What has come meanwhile is on its way to the disk before those who waited for this batch go on. */
  #next(): void {
    this.#writing = 'idle'
    this.#gathering.begin()
    if (!this.#paused) this.#pump()
  }

  async #commit(batch: readonly Queued[]): Promise<void> {
    let written: { first: number; head: Head }
    const overdue = new Set<Queued>()
    const cancel = this.#clock.after(SILENT_MS, () => this.#silent(batch, overdue))
    try {
      written = await this.#writer.write(batch.map((item) => item.entry)).finally(cancel)
    } catch (error) {
      await this.#refused(batch, error)
      return this.#next()
    }
    this.#head = written.head
    for (const { entry } of batch) this.#unrecorded.written(entry.state)
    const events = batch.flatMap(({ entry }) => (entry.event === 'checkpoint' ? [] : [entry.event]))
    this.#checkpoints.count(events.length, batch.length > events.length)
    this.#fold(batch.length)
    for (const { entry, waiter } of overdue) if (waiter.kind === 'permit') this.#queue.first(this.#notDone(entry, waiter.back))
    if (this.#fault !== 'none') await this.#tryToRecover()
    this.#next()
    batch.forEach(({ waiter }, i) => accept(waiter, toRecordId(written.first + i)))
    this.#committed(events)
  }

  /**
   * The disk has not answered in time: everybody who waits hears what they would hear if it had refused, and it counts as failing. What
   * it still writes of this batch was not done: that is recorded behind it, with the states as they are by then.
   */
  #silent(batch: readonly Queued[], overdue: Set<Queued>): void {
    for (const queued of batch) {
      refuse(queued.waiter)
      if (isRefused(queued.waiter)) overdue.add(queued)
    }
    this.#queue.refused([])
    if (this.#fault !== 'none') return
    this.#fault = { kind: 'silent', why: `a write has not come back for ${SILENT_MS / 1000} s` }
    this.#log.warn('the disk of the journal does not answer: intrusive operations are refused until it does')
    this.#queue.first(this.#entry(storeEvent(this.#fault), {}))
    this.#committed([])
  }

  #notDone({ event: told }: Entry, back: () => States): Entry {
    if (told === 'checkpoint') throw new Error('nobody waits for a checkpoint')
    const { subject, breaker, correlation } = told.fields
    const fields = { subject: String(subject ?? ''), breaker: String(breaker ?? ''), correlation: String(correlation ?? '') }
    return this.#entry(event('record-overdue', { ...fields, operation: told.text }), back())
  }

  /** What somebody waits for is refused now and must not appear later as if it had been allowed; the rest is kept for later. */
  async #refused(batch: readonly Queued[], error: unknown): Promise<void> {
    this.#queue.refused(batch)
    if (this.#fault === 'none' || this.#fault.kind === 'silent') {
      const fault = storeFaultOf(error)
      this.#fault = fault
      this.#log.warn(`the journal cannot be written (${String(error)}): intrusive operations are refused until it can`)
      this.#queue.first(this.#entry(storeEvent(fault), {}))
      this.#committed([])
      // There is room for the last words: they are written at once.
      if (fault.kind === 'full' && (await this.#writer.release().catch(() => false))) return
    }
    this.#pause()
  }

  /** Every so often the write-ahead log is folded into the file, in another thread. A disk that is full is told of by the writer. */
  #fold(events: number): void {
    this.#unfolded += FOLD.commit + events
    if (this.#unfolded < FOLD.at) return
    this.#unfolded = 0
    background(this.#writer.fold().catch(() => undefined))
  }

  #pause(): void {
    if (this.#closed) return // the run is over: nobody would be there for another try
    this.#paused = true
    this.#clock.after(RETRY_MS, () => {
      this.#paused = false
      if (this.#queue.length > 0) return this.#pump()
      if (this.#fault !== 'none' && this.#writing === 'idle') this.#writing = this.#tryToRecover().finally(() => this.#next())
    })
  }

  async #tryToRecover(): Promise<void> {
    if (!(await this.#writer.restore().catch(() => false))) return this.#pause()
    this.#fault = 'none'
    this.#log.info('the journal can be written again')
    this.#committed([])
  }
}
