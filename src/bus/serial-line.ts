import { type Request, lineMs, longestReply, silenceMs } from '../modbus/index.ts'
import { type Cancel, background } from '../platform/index.ts'
import { type Connection, keepOpen } from './connection.ts'
import type { Echo } from './echo.ts'
import type { Exchanged, Line, Notice, Tap, Target } from './line.ts'
import { type TransactionRequest, type Input, type Output, type State, start, step, wakeAt } from './transaction.ts'
import { watchNoise } from './noise.ts'
import type { ConnectionPorts } from './outages.ts'
import type { OpenWire } from './wire.ts'

export type SerialLineSettings = {
  readonly baud: number
  /** Whether the adapter hears its own sending: `unknown` is found out with the first read. */
  readonly echo: Echo
}

type Waiting = { readonly asked: TransactionRequest; readonly end: (exchanged: Exchanged) => void; readonly stillHolds: () => boolean }

/** A serial line: moves bytes between its wire and the transaction machine, and sets its one timer. */
export const createSerialLine = (settings: SerialLineSettings, wire: OpenWire, ports: ConnectionPorts, tap: Tap): Line =>
  new SerialLine(settings, wire, ports, tap)

class SerialLine implements Line {
  readonly kind = 'serial'
  readonly lanes = 1
  readonly quantumMs: number
  readonly #settings: SerialLineSettings
  readonly #ports: ConnectionPorts
  readonly #tap: Tap
  readonly #connection: Connection
  readonly #noise: ReturnType<typeof watchNoise>
  #state: State
  #echo: Echo
  #waiting: Waiting | 'nobody' = 'nobody'
  #ready = true
  #lastWritten: Uint8Array = new Uint8Array(0)
  #whenReady: (() => void)[] = []
  #cancelTimer: Cancel = () => undefined

  constructor(settings: SerialLineSettings, wire: OpenWire, ports: ConnectionPorts, tap: Tap) {
    this.#settings = settings
    this.#ports = ports
    this.#tap = tap
    this.#noise = watchNoise(ports.clock, (why) => ports.notice({ kind: 'noisy', why }))
    this.#state = start(ports.clock.now())
    this.#echo = settings.echo
    this.quantumMs = this.#charactersMs(8 + 25)
    this.#connection = keepOpen(
      wire,
      ports,
      {
        opened: () => {
          this.#echo = settings.echo // perhaps another adapter
          this.#state = start(ports.clock.now())
        },
        served: () => true,
        idle: () => false,
        bytes: (bytes) => this.#feed({ kind: 'bytes', bytes }),
        lost: () => this.#lost(),
      },
      'opening',
    )
  }

  exchange(target: Target, request: Request, stillHolds: () => boolean, end: (exchanged: Exchanged) => void): void {
    const asked = { address: target.address, request, replyTimeoutMs: target.replyTimeoutMs }
    background(this.#begin({ asked, end, stillHolds }))
  }

  async #begin(waiting: Waiting): Promise<void> {
    await this.#connection.settled()
    if (!this.#ready) await new Promise<void>((resolve) => this.#whenReady.push(resolve))
    const state = this.#connection.state()
    if (state.kind === 'down') return waiting.end({ kind: 'unreachable', why: state.why })
    this.#ready = false
    this.#waiting = waiting
    this.#feed({ kind: 'ask', asked: waiting.asked })
  }

  costMs(request: Request): number {
    return this.#charactersMs(8 + longestReply(request) + 3)
  }

  close(): Promise<void> {
    this.#cancelTimer()
    return this.#connection.close()
  }

  #charactersMs(characters: number): number {
    return lineMs(characters, this.#settings.baud) + 2 * silenceMs(this.#settings.baud)
  }

  #feed(input: Input): void {
    const { clock } = this.#ports
    const [next, outputs] = step(this.#state, input, clock.now(), { baud: this.#settings.baud, echo: this.#echo })
    this.#state = next
    for (const output of outputs) this.#carryOut(output)
    this.#cancelTimer()
    const wake = wakeAt(this.#state)
    if (wake === 'never') return
    const ms = wake.at - clock.now()
    const run = (): void => this.#feed({ kind: 'time' })
    this.#cancelTimer = wake.precise ? clock.exactly(ms, run) : clock.deadline(ms, run)
  }

  #carryOut(output: Output): void {
    switch (output.kind) {
      case 'write':
        return this.#write(output.bytes)
      case 'reply':
        if (this.#waiting !== 'nobody' && this.#tap.tell !== 'nobody')
          this.#tap.tell({ kind: 'reply', transaction: 0, ...this.#waiting.asked, reply: output.reply })
        return this.#end({ kind: 'reply', reply: output.reply })
      case 'sent':
        return this.#end({ kind: 'sent' })
      case 'not-sent':
        return this.#end({ kind: 'unreachable', why: output.why })
      case 'echo':
        this.#echo = output.echo
        return
      case 'timed-out':
        return this.#end({ kind: 'no-reply', cause: 'silence', why: 'no valid reply in time' })
      case 'foreign':
        return this.#overheard(output)
      case 'discarded':
        return this.#discarded(output)
      case 'stray':
        return this.#noise.heard(output.burst)
      case 'never-silent':
        return this.#noise.neverSilent()
      case 'ready':
        return this.#becomeReady()
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#waiting !== 'nobody' && this.#waiting.stillHolds()) {
      if (this.#tap.tell !== 'nobody') this.#tap.tell({ kind: 'request', transaction: 0, ...this.#waiting.asked })
      this.#lastWritten = bytes
      return this.#connection.write(bytes)
    }
    this.#state = start(this.#ports.clock.now())
    this.#end({ kind: 'withdrawn' })
    this.#becomeReady()
  }

  /** The reply to some writes looks like their request: a late one of ours is no second master. */
  #overheard({ frame, functionCode }: Extract<Output, { kind: 'foreign' }>): void {
    if (Buffer.compare(frame, this.#lastWritten) === 0) return
    this.#ports.notice({ kind: 'foreign', unit: frame[0] ?? 0, functionCode })
  }

  #discarded(notice: Extract<Notice, { kind: 'discarded' }>): void {
    if (this.#tap.tell !== 'nobody') this.#tap.tell(notice)
    this.#ports.notice(notice)
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

  #lost(): void {
    this.#cancelTimer()
    this.#end({ kind: 'no-reply', cause: 'lost', why: 'the port was lost' })
    this.#state = start(this.#ports.clock.now())
    this.#becomeReady()
  }
}
