import { type Socket, connect } from 'node:net'
import {
  type MbapOutput,
  type MbapState,
  type Request,
  encodeMbap,
  encodeForDevice,
  isNeverAnswered,
  matchReply,
  mbapStart,
  mismatch,
  stepMbap,
  toLineAddress,
} from '../modbus/index.ts'
import { type Clock, type Monotonic, toMonotonic } from '../platform/index.ts'
import { CONNECT_MS, RECONNECT_MS } from './limits.ts'
import type { Exchanged, Line, Notice, Target } from './line.ts'

export type TcpSettings = { readonly host: string; readonly port: number }

type Waiting = {
  readonly target: Target
  readonly request: Request
  readonly transaction: number
  readonly end: (exchanged: Exchanged) => void
}

/** A Modbus TCP interface (IFE, EIFE): one connection, kept open, made again with growing pauses when it is lost. */
export const openTcpLine = (settings: TcpSettings, clock: Clock, notice: (notice: Notice) => void): Line =>
  new TcpLine(settings, clock, notice)

class TcpLine implements Line {
  readonly #settings: TcpSettings
  readonly #clock: Clock
  readonly #notice: (notice: Notice) => void
  #socket: Socket | 'none' = 'none'
  #stream: MbapState = mbapStart
  #waiting: Waiting | 'nobody' = 'nobody'
  #transaction = 0
  #retryMs: number = RECONNECT_MS.first
  #notBefore: Monotonic
  #condition: 'not-yet' | 'up' | 'down' | 'closed' = 'not-yet'

  constructor(settings: TcpSettings, clock: Clock, notice: (notice: Notice) => void) {
    this.#settings = settings
    this.#clock = clock
    this.#notice = notice
    this.#notBefore = clock.now()
  }

  async exchange(target: Target, request: Request, stillHolds: () => boolean): Promise<Exchanged> {
    const to = await this.#connected()
    if (typeof to === 'string') return { kind: 'unreachable', why: to }
    if (!stillHolds()) return { kind: 'withdrawn' }
    this.#transaction = (this.#transaction + 1) & 0xffff
    const transaction = this.#transaction
    const adu = encodeMbap({ transaction, unit: target.address, pdu: encodeForDevice(request) })
    if (isNeverAnswered(request)) {
      to.write(adu)
      return { kind: 'sent' }
    }
    return new Promise((resolve) => {
      const cancel = this.#clock.after(target.replyTimeoutMs, () => end({ kind: 'no-reply', why: 'no valid reply in time' }))
      const end = (exchanged: Exchanged): void => {
        cancel()
        this.#waiting = 'nobody'
        resolve(exchanged)
      }
      this.#waiting = { target, request, transaction, end }
      to.write(adu)
    })
  }

  close(): Promise<void> {
    this.#condition = 'closed'
    return new Promise((resolve) => {
      if (this.#socket === 'none') return resolve()
      this.#socket.once('close', () => resolve())
      this.#socket.destroy()
    })
  }

  /** A connected socket, or why there is none. */
  #connected(): Promise<Socket | string> {
    if (this.#socket !== 'none') return Promise.resolve(this.#socket)
    const where = `${this.#settings.host}:${this.#settings.port}`
    if (this.#clock.now() < this.#notBefore) return Promise.resolve(`${where} could not be reached a moment ago`)
    return new Promise((resolve) => {
      const fresh = connect({ host: this.#settings.host, port: this.#settings.port, noDelay: true })
      let why = 'the connection ended'
      const cancel = this.#clock.after(CONNECT_MS, () => fresh.destroy(new Error('no answer')))
      fresh.on('connect', () => {
        cancel()
        if (this.#condition === 'closed') return void fresh.destroy() // closed while it was connecting
        this.#up(fresh)
        resolve(fresh)
      })
      fresh.on('data', (chunk) => this.#received(fresh, chunk))
      fresh.on('error', (error) => (why = error.message))
      fresh.on('close', () => {
        cancel()
        this.#lost(`${where}: ${why}`)
        resolve(`${where}: ${why}`)
      })
    })
  }

  #up(socket: Socket): void {
    this.#socket = socket
    this.#retryMs = RECONNECT_MS.first
    if (this.#condition === 'down') this.#notice({ kind: 'up' })
    this.#condition = 'up'
  }

  #lost(why: string): void {
    this.#socket = 'none'
    this.#stream = mbapStart
    if (this.#condition !== 'closed') {
      if (this.#condition !== 'down') this.#notice({ kind: 'down', why })
      this.#condition = 'down'
    }
    this.#notBefore = toMonotonic(this.#clock.now() + this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, RECONNECT_MS.most)
    if (this.#waiting !== 'nobody') this.#waiting.end({ kind: 'no-reply', why: `the connection was lost (${why})` })
  }

  #received(from: Socket, chunk: Uint8Array): void {
    const [next, outputs] = stepMbap(this.#stream, chunk)
    this.#stream = next
    for (const output of outputs) this.#take(output, from)
  }

  #take(output: MbapOutput, from: Socket): void {
    if (output.kind === 'broken') {
      if (this.#waiting !== 'nobody')
        this.#notice({ kind: 'discarded', address: this.#waiting.target.address, reason: 'framing', why: output.why })
      return void from.destroy()
    }
    const { transaction, unit, pdu } = output.frame
    if (this.#waiting === 'nobody' || transaction !== this.#waiting.transaction) {
      const address = toLineAddress(unit)
      if (address !== undefined) this.#notice({ kind: 'discarded', address, reason: 'late', why: 'it came after its time-out' })
      return
    }
    const { target, request, end } = this.#waiting
    const reply = unit === target.address ? matchReply(request, pdu) : mismatch('unit', `unit ${unit} answers ${target.address}`)
    if (reply.kind === 'mismatch') this.#notice({ kind: 'discarded', address: target.address, reason: reply.reason, why: reply.why })
    else end({ kind: 'reply', reply })
  }
}
