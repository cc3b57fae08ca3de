import type { Socket } from 'node:net'
import type { EventId, FieldsOf } from '../events/index.ts'
import {
  type Frame,
  type MbapState,
  type Request,
  decodeRequest,
  encodeException,
  encodeMbap,
  exceptionCode,
  mbapStart,
  stepMbap,
} from '../modbus/index.ts'
import type { Cancel, Clock, Monotonic } from '../platform/index.ts'
import type { Subject } from '../policy/index.ts'
import { FRAME_MS, IDLE_MS, MAX_IN_FLIGHT, MAX_UNREAD_BYTES } from './limits.ts'

/** One well-formed request on its way through the rooms. `unit` is what the client wrote, 0–255. */
export type Asked = { readonly subject: Subject; readonly unit: number; readonly request: Request }
/** The PDU that goes back: a reply made anew, or an exception. */
export type Answer = { readonly pdu: Uint8Array }

export type Report = <Id extends EventId>(id: Id, fields: FieldsOf<Id>) => void
export type SessionSettings = {
  readonly subject: Extract<Subject, { kind: 'client' }>
  readonly listener: string
  readonly clock: Clock
  readonly report: Report
  readonly serve: (asked: Asked) => Promise<Answer>
}

/** Speaks Modbus TCP with one client until either side ends: frames in, answers out, in any order. */
export function startSession(socket: Socket, settings: SessionSettings): void {
  new Session(socket, settings).start()
}

class Session {
  readonly #socket: Socket
  readonly #settings: SessionSettings
  readonly #who: { readonly subject: string; readonly role: string; readonly source: string }
  readonly #opened: Monotonic
  #stream: MbapState = mbapStart
  #waiting: Frame[] = []
  #inFlight = 0
  #requests = 0
  #ended = 'the client left'
  #limit: Cancel = () => undefined
  /** The last answer per transaction id: two requests with the same id are answered in their order. */
  readonly #order = new Map<number, Promise<void>>()

  constructor(socket: Socket, settings: SessionSettings) {
    const { subject, clock } = settings
    this.#socket = socket
    this.#settings = settings
    this.#who = { subject: subject.name, role: subject.role, source: subject.source }
    this.#opened = clock.now()
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('drain', () => this.#work())
    socket.on('error', (error) => (this.#ended = error.message))
    socket.on('end', () => socket.end())
  }

  start(): void {
    this.#socket.on('close', () => this.#closed())
    this.#watch()
  }

  close(why: string): void {
    this.#ended = why
    this.#waiting = []
    this.#socket.destroy()
  }

  #received(chunk: Uint8Array): void {
    const [next, outputs] = stepMbap(this.#stream, chunk)
    this.#stream = next
    for (const output of outputs) {
      if (output.kind === 'frame') this.#waiting.push(output.frame)
      else {
        this.#work()
        this.#malformed(0, 0, output.why, 'connection closed', output.firstBytes)
        return this.close('its stream cannot be framed')
      }
    }
    this.#watch()
    this.#work()
  }

  #closed(): void {
    this.#limit()
    this.#waiting = []
    const { listener, clock, report } = this.#settings
    const durationMs = Math.round(clock.now() - this.#opened)
    report('connection-closed', { ...this.#who, listener, reason: this.#ended, requests: this.#requests, durationMs })
  }

  /** A frame that was begun has a time limit; a connection between frames a longer one. */
  #watch(): void {
    this.#limit()
    const partial = this.#stream.pending.length > 0
    const why = partial ? 'a frame took too long' : 'no request for too long'
    this.#limit = this.#settings.clock.after(partial ? FRAME_MS : IDLE_MS, () => this.close(why))
  }

  /** Takes on what may be worked on now; leaves the rest, and the socket unread, until there is room. */
  #work(): void {
    while (this.#inFlight < MAX_IN_FLIGHT && this.#socket.writableLength < MAX_UNREAD_BYTES) {
      const frame = this.#waiting.shift()
      if (frame === undefined) break
      this.#take(frame)
    }
    if (this.#waiting.length > 0) this.#socket.pause()
    else this.#socket.resume()
  }

  #take(frame: Frame): void {
    this.#requests += 1
    const decoded = decodeRequest(frame.pdu)
    switch (decoded.kind) {
      case 'request':
        return this.#forward(frame, decoded.request)
      case 'malformed':
        this.#malformed(frame.unit, decoded.functionCode, decoded.why, `answered 0${decoded.exception}`, hex(frame.pdu))
        return this.#answer(frame, encodeException(decoded.functionCode, decoded.exception))
      case 'unsupported':
        this.#settings.report('function-unsupported', {
          ...this.#who,
          unit: frame.unit,
          functionCode: decoded.functionCode,
          answer: 'answered 01',
        })
        return this.#answer(frame, encodeException(decoded.functionCode, exceptionCode.illegalFunction))
      case 'not-a-request':
        this.#malformed(
          frame.unit,
          decoded.functionCode,
          `function code ${decoded.functionCode} is a reply's`,
          'connection closed',
          hex(frame.pdu),
        )
        return this.close('it sent a reply')
    }
  }

  #forward(frame: Frame, request: Request): void {
    this.#inFlight += 1
    const before = this.#order.get(frame.transaction)
    const done = this.#settings.serve({ subject: this.#settings.subject, unit: frame.unit, request }).then(async ({ pdu }) => {
      await before
      if (this.#order.get(frame.transaction) === done) this.#order.delete(frame.transaction)
      this.#inFlight -= 1
      this.#answer(frame, pdu)
      this.#work()
    })
    this.#order.set(frame.transaction, done)
  }

  #answer(frame: Frame, pdu: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeMbap({ transaction: frame.transaction, unit: frame.unit, pdu }))
  }

  #malformed(unit: number, functionCode: number, reason: string, answer: string, firstBytes: string): void {
    this.#settings.report('frame-malformed', { ...this.#who, unit, functionCode, reason, answer, firstBytes })
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 16)).toString('hex')
