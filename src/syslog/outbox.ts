import { type EventRecord, type SecurityEvent, event } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Cancel, Clock, Random } from '../platform/index.ts'
import { type Connected, createConnection } from './connection.ts'
import { type Look, format } from './format.ts'
import { type Cursor, type LaneName, decodeCursor, delivered, encodeCursor, owed, split } from './lanes.ts'
import { CLOSE_MS, CURSOR_MS, LAG_MS, MAX_DATAGRAM_BYTES, MAX_STREAM_BYTES, READ_BATCH } from './limits.ts'
import { type LinkFailure, type OpenLink, openLink } from './link.ts'
import { type SinkSettings, receiverWords } from './settings.ts'

/** How a sink stands, for people and figures. */
export type SinkStatus = {
  readonly name: string
  /** The receiver that has it now, or that was tried last. */
  readonly receiver: string
  readonly connected: boolean
  /** Why it is not; empty when it is. */
  readonly why: string
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

export type SinkPorts = {
  readonly journal: Pick<Journal, 'read' | 'states' | 'putState' | 'head' | 'onCommitted'>
  readonly note: (event: SecurityEvent) => void
  readonly clock: Clock
  readonly random: Random
  readonly pid: number
  readonly version: string
  /** A test may have links of its own. */
  readonly openLink?: OpenLink
}

/** Something on its way: once the link's message `ticket` has arrived, so has the lane up to `seq`. */
type OnItsWay = { readonly ticket: number; readonly lane: LaneName; readonly seq: number }

export const cursorKey = (sink: string): string => `cursor/${sink}`

/** Ships the journal by a cursor that is kept in it: the journal is the queue, and a restart goes on where the last one stopped. */
export async function startSink(settings: SinkSettings, ports: SinkPorts): Promise<Sink> {
  const { journal, clock } = ports
  const key = cursorKey(settings.name)
  let cursor: Cursor = decodeCursor((await journal.states(key)).get(key))
  const maxBytes = settings.transport.kind === 'udp' ? MAX_DATAGRAM_BYTES : MAX_STREAM_BYTES
  const look: Look = { ...settings, pid: ports.pid, version: ports.version, maxBytes }
  const reports = createReports(settings, ports)
  const writing = createCursorWriter(key, journal, clock)
  let onItsWay: OnItsWay[] = []
  let [connectionNumber, tickets, arrived, sent] = [0, 0, 0, 0]
  let [stopping, stopped] = [false, false]
  /** How far each lane has been sent on this connection. */
  let position: Record<LaneName, number> = { backlog: cursor.upTo, live: 0 }
  let wake: () => void = () => undefined
  const budget = createBudget(settings.catchUpPerSecond, clock)

  function settle(upTo: number): void {
    arrived = Math.max(arrived, upTo)
    const before = cursor
    while (onItsWay[0] !== undefined && onItsWay[0].ticket <= arrived) {
      const { lane, seq } = onItsWay[0]
      onItsWay.shift()
      cursor = delivered(cursor, lane, seq)
    }
    if (cursor === before) return
    if (before.live !== 'none' && cursor.live === 'none') position.backlog = Math.max(position.live, cursor.upTo)
    writing.later(encodeCursor(cursor))
    connection.works()
    reports.delivered()
  }

  /** What a connection had not confirmed is sent again on the next one. */
  function rewind(): void {
    onItsWay = []
    tickets = 0
    arrived = 0
    cursor = split(cursor, journal.head().seq)
    position = { backlog: cursor.upTo, live: cursor.live === 'none' ? 0 : cursor.live.upTo }
  }

  const connection = createConnection(
    settings,
    { clock, random: ports.random, openLink: ports.openLink ?? openLink },
    {
      notices: (number) => ({
        delivered: (upTo) => {
          if (number === connectionNumber) settle(upTo)
        },
        ended(failure) {
          if (number !== connectionNumber) return
          connectionNumber = 0
          reports.failed(failure)
          wake()
        },
      }),
      connected(receiver, number) {
        connectionNumber = number
        rewind()
        reports.connected(receiverWords(settings.transport, receiver))
        wake()
      },
      failed: (receiver, failure) => reports.failed(failure, receiverWords(settings.transport, receiver)),
    },
  )

  const wanted = ({ severity, category }: EventRecord): boolean =>
    severity <= settings.mildest && (settings.categories === 'all' || settings.categories.has(category))

  /** Sends what one lane has next. Returns how many events it has gone on. */
  async function advance({ link, number }: Connected, lane: LaneName, limit: number, end: number): Promise<number> {
    const records = await journal.read(position[lane], limit)
    let done = 0
    for (const record of records) {
      if (record.seq > end || number !== connectionNumber) break
      if (wanted(record)) {
        tickets += 1
        onItsWay.push({ ticket: tickets, lane, seq: record.seq })
        sent += 1
        await link.send(format(record, look))
      } else onItsWay.push({ ticket: tickets, lane, seq: record.seq })
      if (number !== connectionNumber) return done
      position[lane] = record.seq
      done += 1
    }
    settle(arrived)
    return done
  }

  /** One round: what is new first, then as much of a backlog as its rate allows. */
  async function round(connected: Connected): Promise<number> {
    const { live } = cursor
    if (live === 'none') return advance(connected, 'backlog', READ_BATCH, Infinity)
    const fresh = await advance(connected, 'live', READ_BATCH, Infinity)
    const room = Math.min(budget.left(), READ_BATCH)
    const old = cursor.live === 'none' || room === 0 ? 0 : await advance(connected, 'backlog', room, live.from - 1)
    budget.take(old)
    return fresh + old
  }

  async function run(): Promise<void> {
    for (;;) {
      const connected = await connection.get()
      if (connected === 'closed' || stopped) return
      if (connected.number !== connectionNumber) continue // it ended in the same moment
      const done = await round(connected).catch(() => 'unreadable' as const)
      if (done === 'unreadable') await new Promise<void>((resolve) => void clock.after(LAG_MS, resolve))
      if (done !== 0) continue
      if (stopping) {
        await connected.link.settle()
        if (owed(cursor, journal.head().seq) === 0 || connected.number === connectionNumber) return
        continue
      }
      if (connected.number === connectionNumber) await sleep()
    }
  }

  /** Until there is something new, the connection is over, or a backlog may go on. */
  function sleep(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = cursor.live === 'none' ? () => undefined : clock.after(budget.pauseMs(), resolve)
      wake = () => {
        cancel()
        resolve()
      }
      if (stopping || (cursor.live === 'none' && position.backlog < journal.head().seq)) wake()
    })
  }

  const stopListening = journal.onCommitted(() => wake())
  const lag = watchLag(settings, ports, () => cursor)
  const running = run()
  return {
    settings,
    status: () => ({ ...reports.status(), ...lag.status(), sent }),
    upTo: () => cursor.upTo,
    async close() {
      stopping = true
      wake()
      const cancel = clock.after(CLOSE_MS, () => {
        stopped = true
        connection.close()
        wake()
      })
      await running
      cancel()
      stopped = true
      stopListening()
      lag.close()
      connection.close()
      await writing.close()
    },
  }
}

/** What is told of a sink's connection: that it is up, and that it is not, once each. */
function createReports({ name, receivers, transport }: SinkSettings, { note }: SinkPorts) {
  let state: 'new' | 'connected' | 'failed' | 'returning' = 'new'
  let receiver = receiverWords(transport, receivers[0])
  let why = 'not connected yet'
  let toldReceiver = ''
  const tell = (): void => {
    state = 'connected'
    toldReceiver = receiver
    note(event('sink-connected', { sink: name, receiver }))
  }
  return {
    status: () => ({ name, receiver, connected: why === '', why }),
    connected(words: string): void {
      receiver = words
      why = ''
      // A receiver that takes connections and then nothing would otherwise fill the journal: after a failure it has to take something first.
      if (state === 'failed') state = 'returning'
      else if (state === 'new' || toldReceiver !== words) tell()
    },
    delivered(): void {
      if (state === 'returning') tell()
    },
    failed(failure: LinkFailure, words = receiver): void {
      receiver = words
      why = failure.why
      if (state === 'connected' || state === 'new') note(event('sink-disconnected', { sink: name, receiver, reason: why }))
      state = 'failed'
    },
  }
}

/** Looks now and then whether the sink is behind its limit. */
function watchLag({ name, behind }: SinkSettings, { journal, note, clock }: SinkPorts, cursor: () => Cursor) {
  let [count, seconds, isBehind] = [0, 0, false]
  let cancel: Cancel = () => undefined
  async function look(): Promise<void> {
    count = owed(cursor(), journal.head().seq)
    const [oldest] = count === 0 ? [] : await journal.read(cursor().upTo, 1).catch(() => [])
    seconds = oldest === undefined ? 0 : Math.max(0, Math.round((clock.utcUs() - Date.parse(oldest.time) * 1000) / 1e6))
    const now = count > behind.events || seconds * 1000 > behind.ms
    if (now && !isBehind) note(event('sink-behind', { sink: name, count, seconds }))
    if (!now && isBehind) note(event('sink-recovered', { sink: name, count }))
    isBehind = now
  }
  function again(): void {
    cancel = clock.after(LAG_MS, () => void look().finally(again))
  }
  again()
  return { status: () => ({ owed: owed(cursor(), journal.head().seq), owedSeconds: seconds, behind: isBehind }), close: () => cancel() }
}

/** Writes a cursor at most once in a while: what a crash makes it forget is sent twice. */
function createCursorWriter(key: string, journal: SinkPorts['journal'], clock: Clock) {
  let [text, written] = ['', '']
  let timing = false
  let cancel: Cancel = () => undefined
  const write = async (): Promise<void> => {
    timing = false
    if (text === written) return
    const now = text
    await journal.putState(key, now).then(
      () => void (written = now),
      () => undefined, // a full disk: the next one
    )
  }
  return {
    later(cursor: string): void {
      text = cursor
      if (timing) return
      timing = true
      cancel = clock.after(CURSOR_MS, () => void write())
    },
    async close(): Promise<void> {
      cancel()
      await write()
    },
  }
}

/** So many events of a backlog each second, in portions of a tenth. */
function createBudget(perSecond: number, clock: Clock) {
  const portion = Math.max(1, Math.floor(perSecond / 10))
  let [left, since] = [portion, clock.now() as number]
  return {
    left(): number {
      if (clock.now() - since >= 100) [left, since] = [portion, clock.now()]
      return left
    },
    take: (count: number) => void (left -= count),
    pauseMs: () => Math.max(1, 100 - (clock.now() - since)),
  }
}
