import { type RecordId, type SecurityEvent, toRecordId } from '../events/index.ts'
import { type Clock, type Log } from '../platform/index.ts'
import { type Checkpoints, createCheckpoints, noCheckpoints } from './checkpoints.ts'
import { type StoreFault, storeEvent, storeFaultOf } from './fault.ts'
import { type Gathering, createGathering } from './gathering.ts'
import type { States } from './journal.ts'
import { FOLD, MAX_BATCH, MAX_WAITING_EVENTS, NOTES_AT_A_TIME, RETRY_MS } from './limits.ts'
import type { Entry, Head } from './storage.ts'
import type { Writer } from './writer.ts'

export type Settle = (id: RecordId | 'unavailable') => void
type Waiting = { readonly entry: Entry; readonly settle: Settle; readonly mustWait: boolean }
type Committed = (events: readonly SecurityEvent[]) => void

const nobody: Settle = () => undefined

/** Group commit: everything that comes while one transaction is on its way to the disk goes into the next. */
export class GroupCommit {
  readonly #writer: Writer
  readonly #clock: Clock
  readonly #log: Log
  readonly #committed: Committed
  readonly #gathering: Gathering
  readonly #checkpoints: Checkpoints
  #waiting: Waiting[] = []
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
    this.#gathering = createGathering(clock)
    this.#checkpoints = writer.key === '' ? noCheckpoints : createCheckpoints(clock, () => this.push('checkpoint', {}, false, nobody))
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
  get closed(): boolean {
    return this.#closed
  }

  push(told: Entry['event'], state: States, mustWait: boolean, settle: Settle): void {
    if (this.#closed || this.#waiting.length >= MAX_WAITING_EVENTS || (this.#fault !== 'none' && mustWait)) return settle('unavailable')
    this.#waiting.push({ entry: this.#entry(told, state), settle, mustWait })
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
    if (this.#checkpoints.waiting()) this.push('checkpoint', {}, false, nobody)
    const written = new Promise<RecordId | 'unavailable'>((resolve) => this.push(last, {}, true, resolve))
    this.end()
    return written
  }

  end(): void {
    this.#closed = true
    this.#checkpoints.close()
  }

  /** Resolves when what was there at the call is on disk, or the disk refuses. */
  async flush(): Promise<void> {
    const last = this.#waiting.at(-1)
    if (this.#writing !== 'idle') await this.#writing
    while (last !== undefined && this.#waiting.includes(last) && !this.#paused) {
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
    if (this.#writing !== 'idle' || this.#waiting.length === 0) return
    const notes = !this.#waiting.some((item) => item.mustWait)
    // What nobody waits for gathers for a moment after each commit: in a storm of connections a commit each would cost more than they do.
    const gathers = notes && !this.#closed && this.#waiting.length < NOTES_AT_A_TIME
    if (gathers && this.#gathering.goesOn(() => this.#pump())) return
    // A permit that comes meanwhile waits for no more than a small commit before its own.
    const batch = this.#waiting.splice(0, notes ? NOTES_AT_A_TIME : MAX_BATCH)
    this.#writing = this.#commit(batch)
  }

  /** What has come meanwhile is on its way to the disk before those who waited for this batch go on. */
  #next(): void {
    this.#writing = 'idle'
    this.#gathering.begin()
    if (!this.#paused) this.#pump()
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    let written: { first: number; head: Head }
    try {
      written = await this.#writer.write(batch.map((item) => item.entry))
    } catch (error) {
      await this.#refused(batch, error)
      return this.#next()
    }
    this.#head = written.head
    const events = batch.flatMap(({ entry }) => (entry.event === 'checkpoint' ? [] : [entry.event]))
    this.#checkpoints.count(events.length, batch.length > events.length)
    this.#fold(batch.length)
    if (this.#fault !== 'none') await this.#tryToRecover()
    this.#next()
    batch.forEach((item, i) => item.settle(toRecordId(written.first + i)))
    this.#committed(events)
  }

  /** What somebody waits for is refused now and must not appear later as if it had been allowed; the rest is kept for later. */
  async #refused(batch: readonly Waiting[], error: unknown): Promise<void> {
    const all = [...batch, ...this.#waiting]
    for (const item of all) if (item.mustWait) item.settle('unavailable')
    this.#waiting = all.filter((item) => !item.mustWait)
    if (this.#fault === 'none') {
      const fault = storeFaultOf(error)
      this.#fault = fault
      this.#log.warn(`the journal cannot be written (${String(error)}): intrusive operations are refused until it can`)
      this.#waiting.unshift({ entry: this.#entry(storeEvent(fault), {}), settle: nobody, mustWait: false })
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
    void this.#writer.fold().catch(() => undefined)
  }

  #pause(): void {
    if (this.#closed) return // the run is over: nobody would be there for another try
    this.#paused = true
    this.#clock.after(RETRY_MS, () => {
      this.#paused = false
      if (this.#waiting.length > 0) return this.#pump()
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
