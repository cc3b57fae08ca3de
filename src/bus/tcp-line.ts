import {
  type Frame,
  type LineAddress,
  type MbapOutput,
  type MbapState,
  type Mismatch,
  type Reply,
  type Request,
  encodeForDevice,
  encodeMbap,
  isNeverAnswered,
  matchReply,
  mbapStart,
  mismatch,
  stepMbap,
  toLineAddress,
} from '../modbus/index.ts'
import { type Cancel, type Monotonic, background, toMonotonic } from '../platform/index.ts'
import { type Connection, keepOpen } from './connection.ts'
import { ENDS_AT_ONCE_MS, FEW_ANSWERS, FEW_ANSWERS_AFTER, HALF_OPEN_AFTER } from './limits.ts'
import type { Exchanged, Line, Notice, Tap, Target } from './line.ts'
import type { ConnectionPorts, DropCause } from './outages.ts'
import { createUnaskedFrames } from './unasked-frames.ts'
import type { OpenWire } from './wire.ts'

export type TcpLineSettings = {
  /** Requests that one connection carries at a time, 1–16 (Messaging on TCP/IP V1.0b, 4.4). */
  readonly pipelined: number
}

type Asked = { readonly target: Target; readonly request: Request; readonly end: (exchanged: Exchanged) => void }
type Outgoing = Asked & { readonly stillHolds: () => boolean }
/** `mismatched`: a frame with its transaction id has come that was not its reply. */
type Waiting = Asked & { readonly transaction: number; readonly sentAt: Monotonic; readonly cancel: Cancel; mismatched: boolean }

/** The last four bits of a transaction id are its slot: as many requests as one connection may carry. */
const SLOTS = 16
/** Bytes that are cut into frames at a time. */
const CHUNK_BYTES = 4096

/** One connection to a Modbus TCP interface. What is asked in the same moment goes out in one piece. */
export const createTcpLine = (settings: TcpLineSettings, wire: OpenWire, ports: ConnectionPorts, tap: Tap): Line =>
  new TcpLine(settings, wire, ports, tap)

class TcpLine implements Line {
  readonly kind = 'ethernet'
  readonly #pipelined: number
  readonly quantumMs = 1
  readonly #ports: ConnectionPorts
  readonly #tap: Tap
  readonly #connection: Connection
  /** By slot: a Map that is filled and emptied all the time leaves a chain of its old tables to the garbage collector. */
  readonly #slots: (Waiting | 'free')[]
  readonly #unasked: ReturnType<typeof createUnaskedFrames>
  #open = 0
  #stream: MbapState = mbapStart
  #transaction = 0
  #outgoing: Outgoing[] = []
  #flushing = false
  /** Time-outs one after the other since the last byte, and when the last one was. */
  #silences = { inARow: 0, lastAt: toMonotonic(0) }
  /** Whether this connection was asked anything, what it has answered, and how many in a row ended right after a few answers. */
  #asked = false
  #answers = 0
  #answeredAt = toMonotonic(0)
  #endedAfterFew = 0
  /** This connection was given up; that it has ended is still to be heard. */
  #givenUp = false

  constructor({ pipelined }: TcpLineSettings, wire: OpenWire, ports: ConnectionPorts, tap: Tap) {
    this.#pipelined = pipelined
    this.#slots = Array.from({ length: pipelined }, () => 'free')
    this.#ports = ports
    this.#tap = tap
    this.#unasked = createUnaskedFrames(ports.clock)
    const events = {
      opened: () => this.#opened(),
      served: () => this.#answers > 0 || !this.#asked,
      idle: () => this.#open === 0,
      bytes: (chunk: Uint8Array) => this.#received(chunk),
      lost: (why: string, how: 'ended' | 'broken') => this.#lost(why, how),
    }
    this.#connection = keepOpen(wire, ports, events, 'answer')
  }

  /** One where the interface takes one at a time: who is next is the schedule's to say, also for what waits for a connection. */
  get lanes(): number {
    return this.#takesOneAtATime() ? 1 : this.#pipelined
  }

  exchange(target: Target, request: Request, stillHolds: () => boolean, end: (exchanged: Exchanged) => void): void {
    this.#outgoing.push({ target, request, stillHolds, end })
    if (target.urgent === true) this.#connection.tryNow()
    this.#flushSoon()
  }

  /** With others on their way it waits for what arrives in the same moment; alone it goes at once. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    const { kind } = this.#connection.state()
    if (kind === 'opening' || kind === 'resting') background(this.#connection.settled().then(this.#flush))
    else if (this.#open === 0) queueMicrotask(this.#flush)
    else this.#ports.clock.soon(this.#flush)
  }

  /** No line to share: one question costs about as much as another, a long answer a little more. */
  costMs(request: Request): number {
    return 'quantity' in request ? 1 + request.quantity / 125 : 1
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  /** Unique among the outstanding ones (Messaging on TCP/IP V1.0b, 4.4.2.1); one that timed out is not used again for 4095 others. */
  #nextTransaction(): number {
    const slot = this.#slots.indexOf('free')
    if (slot === -1) throw new Error(`more than ${this.#pipelined} requests on one connection`)
    this.#transaction = (this.#transaction + 1) % (0x10000 / SLOTS)
    return this.#transaction * SLOTS + slot
  }

  #waitingFor(transaction: number): Waiting | 'nobody' {
    const waiting = this.#slots[transaction % SLOTS]
    return waiting === undefined || waiting === 'free' || waiting.transaction !== transaction ? 'nobody' : waiting
  }

  #outstanding(): Waiting[] {
    return this.#slots.filter((slot) => slot !== 'free')
  }

  /** Some interfaces end each connection after one answer: they get one request at a time, and its answer is waited for before the next. */
  #takesOneAtATime(): boolean {
    return this.#endedAfterFew >= FEW_ANSWERS_AFTER
  }

  /** Writes what was asked in the same moment. Each is asked about once more: what goes out now was allowed now. */
  readonly #flush = (): void => {
    this.#flushing = false
    const state = this.#connection.state()
    // A connection that was given up sends no more: what waits goes on when its end was heard.
    if (this.#outgoing.length === 0 || (state.kind === 'up' && this.#givenUp)) return
    // It was ended between the question and its turn: not one byte was sent, and the next connection takes it.
    if (state.kind === 'resting' || state.kind === 'opening') return this.#flushSoon()
    const all = this.#outgoing
    this.#outgoing = []
    const adus: Uint8Array[] = []
    for (const asked of all) {
      if (state.kind === 'down') asked.end({ kind: 'unreachable', why: state.why })
      else if (!this.#hasRoom()) this.#outgoing.push(asked)
      else if (asked.stillHolds()) adus.push(this.#begin(asked))
      else asked.end({ kind: 'withdrawn' })
    }
    const [first] = adus
    if (first !== undefined) this.#connection.write(adus.length === 1 ? first : Buffer.concat(adus))
  }

  #hasRoom(): boolean {
    return !this.#seemsHalfOpen() && (!this.#takesOneAtATime() || (this.#open === 0 && this.#answers === 0))
  }

  #begin({ target, request, end }: Outgoing): Uint8Array {
    const transaction = this.#nextTransaction()
    this.#asked = true
    if (this.#tap.tell !== 'nobody') this.#tap.tell({ kind: 'request', transaction, address: target.address, request })
    if (isNeverAnswered(request)) end({ kind: 'sent' })
    else {
      const { clock } = this.#ports
      const cancel = clock.deadline(target.replyTimeoutMs, () => this.#timedOut(transaction))
      this.#slots[transaction % SLOTS] = { transaction, target, request, end, cancel, sentAt: clock.now(), mismatched: false }
      this.#open += 1
    }
    return encodeMbap({ transaction, unit: target.address, pdu: encodeForDevice(request) })
  }

  #timedOut(transaction: number): void {
    const waiting = this.#waitingFor(transaction)
    if (waiting === 'nobody') return
    const { inARow, lastAt } = this.#silences
    // Requests that were on their way together are one silence: a moment's pause of the interface is no half-open connection.
    if (waiting.sentAt >= lastAt) this.#silences = { inARow: inARow + 1, lastAt: this.#ports.clock.now() }
    this.#unasked.timedOut(transaction)
    this.#settle(waiting, { kind: 'no-reply', cause: 'silence', why: 'no valid reply in time' })
    // Nothing new goes out on a connection that seems half-open, and what is on its way still has its time: it may be an operation.
    if (this.#seemsHalfOpen()) return this.#open === 0 ? this.#renew() : undefined
    // One request at a time: the next one has waited for this one's end.
    if (this.#outgoing.length > 0) this.#flushSoon()
  }

  #seemsHalfOpen(): boolean {
    return this.#silences.inARow >= HALF_OPEN_AFTER
  }

  #renew(): void {
    this.#giveUp(`${HALF_OPEN_AFTER} requests in a row and not one byte: the connection is half-open`, 'half-open')
  }

  #settle(waiting: Waiting, exchanged: Exchanged): void {
    this.#slots[waiting.transaction % SLOTS] = 'free'
    this.#open -= 1
    waiting.cancel()
    waiting.end(exchanged)
  }

  #opened(): void {
    this.#stream = mbapStart
    this.#asked = false
    this.#answers = 0
    this.#givenUp = false
    this.#silences = { inARow: 0, lastAt: toMonotonic(0) }
    this.#unasked.opened()
  }

  #lost(why: string, how: 'ended' | 'broken'): void {
    const atOnce = this.#answers > 0 && this.#answers <= FEW_ANSWERS && this.#ports.clock.now() - this.#answeredAt < ENDS_AT_ONCE_MS
    // Only what the interface does by itself tells its habit: a connection may also have been given up from this end.
    if (!this.#givenUp && (how === 'ended' || this.#open === 0)) this.#endedAfterFew = atOnce ? this.#endedAfterFew + 1 : 0
    const ended = how === 'ended' && this.#answers > 0
    if (this.#connection.state().kind === 'down') {
      const unsent = this.#outgoing
      this.#outgoing = []
      for (const { end } of unsent) end({ kind: 'unreachable', why })
    }
    for (const waiting of this.#outstanding())
      this.#settle(waiting, { kind: 'no-reply', cause: ended ? 'ended' : 'lost', why: `the connection was lost (${why})` })
    if (this.#outgoing.length > 0) this.#flushSoon()
  }

  #received(chunk: Uint8Array): void {
    const seemedHalfOpen = this.#seemsHalfOpen()
    this.#silences = { inARow: 0, lastAt: toMonotonic(0) }
    if (seemedHalfOpen && this.#outgoing.length > 0) this.#flushSoon()
    // In pieces: of a flood no more is read than shows that it is one.
    for (let from = 0; from < chunk.length && !this.#givenUp; from += CHUNK_BYTES) {
      const [next, outputs] = stepMbap(this.#stream, chunk.subarray(from, from + CHUNK_BYTES))
      this.#stream = next
      for (const output of outputs) this.#take(output)
    }
  }

  #take(output: MbapOutput): void {
    if (this.#givenUp) return // what follows belongs to a connection that was given up
    if (output.kind === 'broken') {
      for (const { target } of this.#outstanding())
        this.#discard({ kind: 'discarded', address: target.address, reason: 'framing', why: output.why })
      return this.#giveUp(`its stream cannot be framed: ${output.why}`, 'broken')
    }
    const { transaction, unit, pdu } = output.frame
    const waiting = this.#waitingFor(transaction)
    if (waiting === 'nobody') return this.#unexpected(output.frame)
    const { target, request } = waiting
    const reply =
      unit === target.address ? matchReply(request, pdu) : mismatch('unit', `it came from unit ${unit}, unit ${target.address} was asked`)
    if (reply.kind === 'mismatch') return this.#mismatched(waiting, reply)
    this.#answered(waiting, reply)
  }

  #answered(waiting: Waiting, reply: Reply): void {
    const { transaction, target, request } = waiting
    if (this.#tap.tell !== 'nobody') this.#tap.tell({ kind: 'reply', transaction, address: target.address, request, reply })
    this.#answers += 1
    this.#answeredAt = this.#ports.clock.now()
    this.#connection.works()
    this.#settle(waiting, { kind: 'reply', reply })
    if (this.#takesOneAtATime()) this.#giveUp('it takes one request at a time', 'rest')
  }

  /** The first frame with this transaction id that is not its reply may be a device's fault; it goes on waiting for the right one. */
  #mismatched(waiting: Waiting, { reason, why }: Mismatch): void {
    this.#discard({ kind: 'discarded', address: waiting.target.address, reason, why })
    if (waiting.mismatched) this.#spend()
    waiting.mismatched = true
  }

  #unexpected({ transaction, unit }: Frame): void {
    const [only] = this.#outstanding()
    const late = this.#unasked.isLate(transaction)
    const address = toLineAddress(unit) ?? only?.target.address
    if (address !== undefined) this.#discard(late ? cameLate(address) : foreignTransaction(address, transaction, only))
    if (!late) this.#spend()
  }

  #giveUp(why: string, cause: DropCause): void {
    this.#givenUp = true
    this.#connection.drop(why, cause)
  }

  #spend(): void {
    const left = this.#unasked.arrived()
    if (left === 'too-many') this.#giveUp('it sends frames that answer nobody', 'flood')
  }

  #discard(notice: Extract<Notice, { kind: 'discarded' }>): void {
    if (this.#tap.tell !== 'nobody') this.#tap.tell(notice)
    this.#ports.notice(notice)
  }
}

type Discarded = Extract<Notice, { kind: 'discarded' }>
const cameLate = (address: LineAddress): Discarded => ({ kind: 'discarded', address, reason: 'late', why: 'it came after its time-out' })

/** Some converters answer with a transaction id of their own, always the same one or shifted (Messaging on TCP/IP V1.0b, 3.1.3: it is copied). */
function foreignTransaction(address: LineAddress, transaction: number, only: Waiting | undefined): Discarded {
  const asked = only === undefined ? 'nothing is asked now' : `${only.transaction} was asked`
  return {
    kind: 'discarded',
    address,
    reason: 'transaction',
    why: `it has transaction id ${transaction}, which nobody waits for: ${asked}`,
  }
}
