import type { EventRecord } from '../events/index.ts'
import { createBudget } from './budget.ts'
import { type Connected, Connection } from './connection.ts'
import { createCursorWriter } from './cursor-writer.ts'
import { type Look, format } from './format.ts'
import { watchLag } from './lag.ts'
import { type Cursor, type LaneName, decodeCursor, delivered, encodeCursor, split } from './lanes.ts'
import { CLOSE_MS, LAG_MS, MAX_DATAGRAM_BYTES, MAX_STREAM_BYTES, READ_BATCH } from './limits.ts'
import { openLink } from './open-link.ts'
import type { SinkPorts } from './sink-ports.ts'
import { type SinkState, createReports } from './reports.ts'
import { type SinkSettings, zoneOf } from './settings.ts'

/** How a sink stands, for people and figures. */
export type SinkStatus = {
  readonly name: string
  /** The receiver that has it now, or that was tried last. */
  readonly receiver: string
  readonly state: SinkState
  readonly owed: number
  /** Since when the oldest of them waits, seconds. */
  readonly owedSeconds: number
  /** Beyond its limit. */
  readonly behind: boolean
  readonly sent: number
}

export interface Sink {
  readonly settings: SinkSettings
  status(): SinkStatus
  /** Every event up to this one is with the receiver. */
  upTo(): number
  /** Resolves when everything that is in the journal now was delivered, or cannot be within some seconds. */
  close(): Promise<void>
}

/** Something on its way: once the link's message `ticket` has arrived, so has the lane up to `seq`. */
type OnItsWay = { readonly ticket: number; readonly lane: LaneName; readonly seq: number }

export const cursorKey = (sink: string): string => `cursor/${sink}`

/** Ships the journal by a cursor that is kept in it: the journal is the queue, and a restart goes on where the last one stopped. */
export async function startSink(settings: SinkSettings, ports: SinkPorts): Promise<Sink> {
  const key = cursorKey(settings.name)
  return new Outbox(settings, ports, decodeCursor((await ports.journal.states(key)).get(key)))
}

class Outbox implements Sink {
  readonly settings: SinkSettings
  readonly #ports: SinkPorts
  readonly #look: Look
  readonly #reports: ReturnType<typeof createReports>
  readonly #writing: ReturnType<typeof createCursorWriter>
  readonly #budget: ReturnType<typeof createBudget>
  readonly #lag: ReturnType<typeof watchLag>
  readonly #connection: Connection
  readonly #stopListening: () => void
  readonly #running: Promise<void>
  #cursor: Cursor
  #onItsWay: OnItsWay[] = []
  /** Where it was behind the journal and read nothing; -1: nowhere. */
  #behindAt = -1
  /** The connection whose notices count; 0 between two. */
  #number = 0
  /** Messages that were given to this connection, and how many of them have arrived. */
  #tickets = 0
  #arrived = 0
  #sent = 0
  /** How far each lane has been sent on this connection. */
  #position: Record<LaneName, number> = { backlog: 0, live: 0 }
  #lastMessage = ''
  /** The receiver has ended a connection that was idle: the next one waits until there is something to send. */
  #rests = false
  #state: 'runs' | 'ends' | 'ended' = 'runs'
  #wake: () => void = () => undefined

  constructor(settings: SinkSettings, ports: SinkPorts, cursor: Cursor) {
    const { journal, clock, random, pid, version, zone } = ports
    const maxBytes = settings.transport.kind === 'udp' ? MAX_DATAGRAM_BYTES : MAX_STREAM_BYTES
    this.settings = settings
    this.#ports = ports
    this.#cursor = cursor
    this.#look = { ...settings, pid, version, maxBytes, zone: zoneOf(settings, zone) }
    this.#reports = createReports(settings, ports)
    this.#writing = createCursorWriter(cursorKey(settings.name), journal, clock)
    this.#budget = createBudget(settings.catchUpPerSecond, clock)
    this.#lag = watchLag(settings, ports, () => this.#cursor)
    this.#connection = new Connection(
      settings,
      { clock, random, openLink: ports.openLink ?? openLink, lastMessage: () => this.#lastMessage },
      {
        opened: (receiver, number) => {
          this.#number = number
          this.#rests = false
          this.#rewind()
          this.#reports.opened(receiver)
          this.#wake()
        },
        delivered: (receiver, upTo) => {
          this.#settle(upTo)
          if (upTo > 0) this.#reports.delivered(receiver)
        },
        returned: (receiver) => this.#reports.delivered(receiver),
        failed: (receiver, failure) => this.#reports.failed(receiver, failure),
        over: (next) => {
          this.#number = 0
          this.#rests = next === 'rests'
          this.#wake()
        },
      },
    )
    this.#stopListening = journal.onCommitted(() => this.#wake())
    this.#running = this.#run()
  }

  status(): SinkStatus {
    return { name: this.settings.name, ...this.#reports.status(), ...this.#lag.status(), sent: this.#sent }
  }
  upTo(): number {
    return this.#cursor.upTo
  }

  async close(): Promise<void> {
    this.#state = 'ends'
    this.#wake()
    const cancel = this.#ports.clock.after(CLOSE_MS, () => {
      this.#state = 'ended'
      this.#connection.close()
      this.#wake()
    })
    await this.#running
    cancel()
    this.#stopListening()
    this.#lag.close()
    this.#reports.close()
    this.#connection.close()
    await this.#writing.close()
  }

  /** So many messages of this connection have arrived. */
  #settle(upTo: number): void {
    this.#arrived = Math.max(this.#arrived, upTo)
    const before = this.#cursor
    for (let next = this.#onItsWay[0]; next !== undefined && next.ticket <= this.#arrived; next = this.#onItsWay[0]) {
      this.#onItsWay.shift()
      this.#cursor = delivered(this.#cursor, next.lane, next.seq)
    }
    if (this.#cursor === before) return
    const merged = before.live !== 'none' && this.#cursor.live === 'none'
    if (merged) this.#position.backlog = Math.max(this.#position.live, this.#cursor.upTo)
    this.#writing.later(encodeCursor(this.#cursor))
  }

  /** What a connection had not confirmed is sent again on the next one. */
  #rewind(): void {
    this.#onItsWay = []
    this.#tickets = 0
    this.#arrived = 0
    this.#cursor = split(this.#cursor, this.#ports.journal.head().seq)
    const { upTo, live } = this.#cursor
    this.#position = { backlog: upTo, live: live === 'none' ? 0 : live.upTo }
  }

  #wanted({ severity, category }: EventRecord): boolean {
    const { mildest, categories } = this.settings
    return severity <= mildest && (categories === 'all' || categories.has(category))
  }

  /** Sends what one lane has next, up to `end`. Returns how many events it has gone on. */
  async #advance({ link, number }: Connected, lane: LaneName, limit: number, end: number): Promise<number> {
    let done = 0
    for (const record of await this.#ports.journal.read(this.#position[lane], limit)) {
      if (record.seq > end || number !== this.#number) break
      const wanted = this.#wanted(record)
      if (wanted) this.#tickets += 1
      this.#onItsWay.push({ ticket: this.#tickets, lane, seq: record.seq })
      // Before it is sent: its arrival may make one lane of two, and sets where that goes on.
      this.#position[lane] = record.seq
      if (wanted) {
        this.#sent += 1
        this.#lastMessage = format(record, this.#look)
        await link.send(this.#lastMessage)
        if (this.#state === 'runs' && this.#tickets - this.#arrived >= this.#connection.allowance()) await link.settle()
        if (!this.#stillOn(number)) return done
      }
      done += 1
    }
    this.#settle(this.#arrived)
    return done
  }

  #stillOn(number: number): boolean {
    return number === this.#number
  }

  /** One round: what is new first, then as much of a backlog as its rate allows. */
  async #round(connected: Connected): Promise<number> {
    const { live } = this.#cursor
    if (live === 'none') return this.#advance(connected, 'backlog', READ_BATCH, Infinity)
    const fresh = await this.#advance(connected, 'live', READ_BATCH, Infinity)
    const room = Math.min(this.#budget.left(), READ_BATCH)
    if (this.#cursor.live === 'none' || room <= 0) return fresh
    const old = await this.#advance(connected, 'backlog', room, live.from - 1)
    this.#budget.take(old)
    return fresh + old
  }

  async #run(): Promise<void> {
    for (;;) {
      if (this.#rests && !(await this.#hasSomething())) {
        if (this.#state !== 'runs') return
        await this.#sleep()
        continue
      }
      const connected = await this.#connection.get()
      if (connected === 'closed' || this.#state === 'ended') return
      if (!this.#stillOn(connected.number)) continue // it ended in the same moment
      const done = await this.#round(connected).catch(() => 'unreadable' as const)
      if (done === 'unreadable') await this.#pause()
      if (done !== 0 || !this.#stillOn(connected.number)) continue
      if (this.#state === 'runs') await this.#sleep()
      else if ((await connected.link.settle()) === 'delivered') return
    }
  }

  /** Until a journal that could not be read is asked again: after a while, with the next commit, or at the end. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#ports.clock.after(LAG_MS, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Without a connection: whether there is an event that this sink wants. Those before it count as done. */
  async #hasSomething(): Promise<boolean> {
    if (this.#cursor.live !== 'none') return true
    for (;;) {
      const records = await this.#ports.journal.read(this.#cursor.upTo, READ_BATCH).catch(() => 'unreadable' as const)
      if (records === 'unreadable') return true // the round that follows waits for the journal
      const first = records.find((record) => this.#wanted(record))
      const passed = first === undefined ? records.at(-1)?.seq : first.seq - 1
      if (passed !== undefined && passed > this.#cursor.upTo) {
        this.#cursor = delivered(this.#cursor, 'backlog', passed)
        this.#position.backlog = passed
        this.#writing.later(encodeCursor(this.#cursor))
      }
      if (first !== undefined) return true
      if (records.length < READ_BATCH) return false
    }
  }

  /** Until there is something new, the connection is over, or a backlog may go on. */
  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const alone = this.#cursor.live === 'none'
      const behind = alone && this.#position.backlog < this.#ports.journal.head().seq
      // A journal that has events and gives none, twice at the same place, is asked again after a pause.
      const givesNone = behind && this.#behindAt === this.#position.backlog
      this.#behindAt = behind ? this.#position.backlog : -1
      const pauseMs = givesNone ? LAG_MS : this.#budget.pauseMs()
      const cancel = alone && !givesNone ? () => undefined : this.#ports.clock.after(pauseMs, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
      if (this.#state !== 'runs' || (behind && !givesNone)) this.#wake()
    })
  }
}
