import { SerialPort } from 'serialport'
import type { Request } from '../modbus/index.ts'
import type { Cancel, Clock } from '../platform/index.ts'
import type { Echo } from './echo.ts'
import { RECONNECT_MS } from './limits.ts'
import type { Exchanged, Line, Notice, Target } from './line.ts'
import { type Input, type Output, type State, start, step, wakeAt } from './transaction.ts'

export type SerialSettings = {
  readonly path: string
  readonly baud: number
  readonly parity: 'even' | 'odd' | 'none'
  readonly stopBits: 1 | 2
  /** Whether the adapter hears its own sending: `unknown` is found out with the first read. */
  readonly echo: Echo
}

type Waiting = { readonly end: (exchanged: Exchanged) => void; readonly stillHolds: () => boolean }

/** A serial line: moves bytes between `serialport` and the transaction machine, sets its one timer, opens the port again. */
export const openSerialLine = (settings: SerialSettings, clock: Clock, notice: (notice: Notice) => void): Line =>
  new SerialLine(settings, clock, notice)

class SerialLine implements Line {
  readonly #settings: SerialSettings
  readonly #clock: Clock
  readonly #notice: (notice: Notice) => void
  readonly #port: SerialPort
  #state: State
  #echo: Echo
  #waiting: Waiting | 'nobody' = 'nobody'
  #ready = true
  #whenReady: (() => void)[] = []
  #cancelTimer: Cancel = () => undefined
  #retryMs: number = RECONNECT_MS.first
  #condition: 'not-yet' | 'up' | 'down' | 'closed' = 'not-yet'

  constructor(settings: SerialSettings, clock: Clock, notice: (notice: Notice) => void) {
    const { path, baud, parity, stopBits } = settings
    this.#settings = settings
    this.#clock = clock
    this.#notice = notice
    this.#state = start(clock.now())
    this.#echo = settings.echo
    this.#port = new SerialPort({ path, baudRate: baud, dataBits: 8, parity, stopBits, autoOpen: false, lock: true })
    this.#port.on('data', (bytes: Buffer) => this.#feed({ kind: 'bytes', bytes }))
    this.#port.on('error', () => undefined) // each error also arrives at the call that met it
    this.#port.on('close', () => this.#lost())
    this.#open()
  }

  async exchange(target: Target, request: Request, stillHolds: () => boolean): Promise<Exchanged> {
    if (!this.#ready) await new Promise<void>((resolve) => this.#whenReady.push(resolve))
    if (!this.#port.isOpen) return { kind: 'unreachable', why: `${this.#settings.path} is not open` }
    this.#ready = false
    return new Promise((end) => {
      this.#waiting = { end, stillHolds }
      this.#feed({ kind: 'ask', asked: { address: target.address, request, replyTimeoutMs: target.replyTimeoutMs } })
    })
  }

  close(): Promise<void> {
    this.#condition = 'closed'
    this.#cancelTimer()
    return new Promise((resolve) => {
      if (this.#port.isOpen) this.#port.close(() => resolve())
      else resolve()
    })
  }

  #feed(input: Input): void {
    const [next, outputs] = step(this.#state, input, this.#clock.now(), { baud: this.#settings.baud, echo: this.#echo })
    this.#state = next
    for (const output of outputs) this.#carryOut(output)
    this.#cancelTimer()
    const at = wakeAt(this.#state)
    if (at !== 'never') this.#cancelTimer = this.#clock.after(at - this.#clock.now(), () => this.#feed({ kind: 'time' }))
  }

  #carryOut(output: Output): void {
    switch (output.kind) {
      case 'write':
        if (this.#waiting !== 'nobody' && this.#waiting.stillHolds()) return void this.#port.write(Buffer.from(output.bytes))
        this.#state = start(this.#clock.now())
        this.#end({ kind: 'withdrawn' })
        return this.#becomeReady()
      case 'reply':
        return this.#end({ kind: 'reply', reply: output.reply })
      case 'sent':
        return this.#end({ kind: 'sent' })
      case 'undecidable':
        return this.#end({ kind: 'unreachable', why: output.why })
      case 'echo':
        this.#echo = output.echo
        return
      case 'timed-out':
        return this.#end({ kind: 'no-reply', why: 'no valid reply in time' })
      case 'discarded':
        return this.#notice(output)
      case 'ready':
        return this.#becomeReady()
      default:
        output satisfies never
    }
  }

  #end(exchanged: Exchanged): void {
    if (this.#waiting === 'nobody') return
    const { end } = this.#waiting
    this.#waiting = 'nobody'
    end(exchanged)
  }

  #becomeReady(): void {
    this.#ready = true
    const all = this.#whenReady
    this.#whenReady = []
    for (const run of all) run()
  }

  #open(): void {
    if (this.#condition === 'closed') return
    this.#port.open((error) => {
      if (error !== null) return this.#goDown(error.message)
      if (this.#condition === 'closed') return this.#port.close() // closed while it was opening
      this.#retryMs = RECONNECT_MS.first
      this.#echo = this.#settings.echo // perhaps another adapter
      if (this.#condition === 'down') this.#notice({ kind: 'up' })
      this.#condition = 'up'
    })
  }

  #lost(): void {
    this.#cancelTimer()
    this.#end({ kind: 'no-reply', why: 'the port was lost' })
    this.#state = start(this.#clock.now())
    this.#becomeReady()
    this.#goDown('the port was lost')
  }

  #goDown(why: string): void {
    if (this.#condition === 'closed') return
    if (this.#condition !== 'down') this.#notice({ kind: 'down', why })
    this.#condition = 'down'
    this.#clock.after(this.#retryMs, () => this.#open())
    this.#retryMs = Math.min(this.#retryMs * 2, RECONNECT_MS.most)
  }
}
