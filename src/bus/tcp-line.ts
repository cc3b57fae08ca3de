import {
  type LineAddress,
  type MbapOutput,
  type MbapState,
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
import type { Cancel } from '../platform/index.ts'
import { type Connection, type ConnectionPorts, keepOpen } from './connection.ts'
import { HALF_OPEN_AFTER } from './limits.ts'
import type { Exchanged, Line, Notice, Tap, Target } from './line.ts'
import type { OpenWire } from './wire.ts'

export type TcpLineSettings = {
  /** Requests that one connection carries at a time, 1–16 (Messaging on TCP/IP V1.0b, 4.4). */
  readonly pipelined: number
}

type Asked = { readonly target: Target; readonly request: Request; readonly end: (exchanged: Exchanged) => void }
type Outgoing = Asked & { readonly stillHolds: () => boolean }
type Waiting = Asked & { readonly transaction: number; readonly cancel: Cancel }

/** The last four bits of a transaction id are its slot: as many requests as one connection may carry. */
const SLOTS = 16

/** One connection to a Modbus TCP interface. What is asked in the same moment goes out in one piece. */
export const createTcpLine = (settings: TcpLineSettings, wire: OpenWire, ports: ConnectionPorts, tap: Tap): Line =>
  new TcpLine(settings, wire, ports, tap)

class TcpLine implements Line {
  readonly lanes: number
  readonly quantumMs = 1
  readonly #ports: ConnectionPorts
  readonly #tap: Tap
  readonly #connection: Connection
  /** By slot: a Map that is filled and emptied all the time leaves a chain of its old tables to the garbage collector. */
  readonly #slots: (Waiting | 'free')[]
  #open = 0
  #stream: MbapState = mbapStart
  #transaction = 0
  #outgoing: Outgoing[] = []
  #silences = 0

  constructor({ pipelined }: TcpLineSettings, wire: OpenWire, ports: ConnectionPorts, tap: Tap) {
    this.lanes = pipelined
    this.#slots = Array.from({ length: pipelined }, () => 'free')
    this.#ports = ports
    this.#tap = tap
    this.#connection = keepOpen(wire, ports, {
      opened: () => {
        this.#stream = mbapStart
        this.#silences = 0
      },
      bytes: (chunk) => this.#received(chunk),
      lost: (why) => this.#lost(why),
    })
  }

  exchange(target: Target, request: Request, stillHolds: () => boolean, end: (exchanged: Exchanged) => void): void {
    this.#outgoing.push({ target, request, stillHolds, end })
    if (this.#outgoing.length > 1) return
    // With others on their way it waits for what arrives in the same moment; alone it goes at once.
    if (this.#connection.state().kind === 'opening') void this.#connection.settled().then(() => this.#flush())
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
    if (slot === -1) throw new Error(`more than ${this.lanes} requests on one connection`)
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

  /** Writes what was asked in the same moment. Each is asked about once more: what goes out now was allowed now. */
  readonly #flush = (): void => {
    const all = this.#outgoing
    this.#outgoing = []
    const state = this.#connection.state()
    const adus: Uint8Array[] = []
    for (const asked of all) {
      if (state.kind === 'down') asked.end({ kind: 'unreachable', why: state.why })
      else if (asked.stillHolds()) adus.push(this.#begin(asked))
      else asked.end({ kind: 'withdrawn' })
    }
    const [first] = adus
    if (first !== undefined) this.#connection.write(adus.length === 1 ? first : Buffer.concat(adus))
  }

  #begin({ target, request, end }: Outgoing): Uint8Array {
    const transaction = this.#nextTransaction()
    if (this.#tap.tell !== 'nobody') this.#tap.tell({ kind: 'request', transaction, address: target.address, request })
    if (isNeverAnswered(request)) end({ kind: 'sent' })
    else {
      const cancel = this.#ports.clock.after(target.replyTimeoutMs, () => this.#timedOut(transaction))
      this.#slots[transaction % SLOTS] = { transaction, target, request, end, cancel }
      this.#open += 1
    }
    return encodeMbap({ transaction, unit: target.address, pdu: encodeForDevice(request) })
  }

  #timedOut(transaction: number): void {
    this.#settle(transaction, { kind: 'no-reply', cause: 'silence', why: 'no valid reply in time' })
    this.#silences += 1
    if (this.#silences >= HALF_OPEN_AFTER)
      this.#connection.drop(`${HALF_OPEN_AFTER} requests in a row and not one byte: the connection is half-open`)
  }

  #settle(transaction: number, exchanged: Exchanged): void {
    const waiting = this.#waitingFor(transaction)
    if (waiting === 'nobody') return
    this.#slots[transaction % SLOTS] = 'free'
    this.#open -= 1
    waiting.cancel()
    waiting.end(exchanged)
  }

  #lost(why: string): void {
    for (const { end } of this.#outgoing) end({ kind: 'unreachable', why })
    this.#outgoing = []
    for (const { transaction } of this.#outstanding())
      this.#settle(transaction, { kind: 'no-reply', cause: 'lost', why: `the connection was lost (${why})` })
  }

  #received(chunk: Uint8Array): void {
    this.#silences = 0
    const [next, outputs] = stepMbap(this.#stream, chunk)
    this.#stream = next
    for (const output of outputs) this.#take(output)
  }

  #take(output: MbapOutput): void {
    if (output.kind === 'broken') {
      for (const { target } of this.#outstanding())
        this.#discard({ kind: 'discarded', address: target.address, reason: 'framing', why: output.why })
      return this.#connection.drop(`its stream cannot be framed: ${output.why}`)
    }
    const { transaction, unit, pdu } = output.frame
    const waiting = this.#waitingFor(transaction)
    if (waiting === 'nobody') return this.#late(toLineAddress(unit))
    const { target, request } = waiting
    const reply = unit === target.address ? matchReply(request, pdu) : mismatch('unit', `unit ${unit} answers ${target.address}`)
    if (reply.kind === 'mismatch') {
      this.#discard({ kind: 'discarded', address: target.address, reason: reply.reason, why: reply.why })
      return
    }
    if (this.#tap.tell !== 'nobody') this.#tap.tell({ kind: 'reply', transaction, address: target.address, request, reply })
    this.#settle(transaction, { kind: 'reply', reply })
  }

  #late(address: LineAddress | undefined): void {
    if (address !== undefined) this.#discard({ kind: 'discarded', address, reason: 'late', why: 'it came after its time-out' })
  }

  #discard(notice: Extract<Notice, { kind: 'discarded' }>): void {
    if (this.#tap.tell !== 'nobody') this.#tap.tell(notice)
    this.#ports.notice(notice)
  }
}
