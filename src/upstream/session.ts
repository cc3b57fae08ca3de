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
  framingOf,
  functionCodeOf,
  mbapStart,
  stepMbap,
  withFraming,
} from '../modbus/index.ts'
import { type Cancel, type Clock, type Monotonic, background } from '../platform/index.ts'
import type { Subject } from '../policy/index.ts'
import { type Admission, type Allowance, clientKeyOf, onlyReads, spend } from './admission.ts'
import { BAD_REQUESTS, FRAME_MS, MAX_UNREAD_BYTES, NOT_ASKED, REFUSED } from './limits.ts'

/** One well-formed request on its way through the steps. `unit` and `transaction` are what the client wrote. */
export type IncomingRequest = {
  readonly subject: Subject
  readonly unit: number
  readonly transaction: number
  readonly request: Request
  /** False once its connection has ended: what nobody waits for is not sent. */
  readonly stillConnected: () => boolean
}
/** The PDU that goes back: a reply made anew, or an exception; `none` for the one request that is never answered (8/4). */
export type Answer = {
  readonly pdu: Uint8Array | 'none'
  /** The request got no place on its bus, or its unit is silent: such answers cost nothing, and go out at a bounded rate. */
  readonly notAsked?: true
  /** The decision refused it. Such answers go out at a bounded rate too. */
  readonly refused?: true
}

export type Report = <Id extends EventId>(id: Id, fields: FieldsOf<Id>) => void
export type SessionSettings = {
  readonly subject: Extract<Subject, { kind: 'client' }>
  readonly listener: string
  /** Requests of this connection that are worked on at a time. */
  readonly inFlight: number
  /** A connection without a request, milliseconds. */
  readonly idleMs: number
  readonly clock: Clock
  readonly report: Report
  readonly admission: Admission
  /** Whether it may operate anything at all: what it asks for else counts as reading. */
  readonly operates: boolean
  readonly serve: (asked: IncomingRequest) => Promise<Answer>
  /** Called once, after the last answer that could be given. */
  readonly ended: () => void
}

/** What a session needs of a connection. */
export type ClientSocket = Pick<
  Socket,
  'on' | 'write' | 'pause' | 'resume' | 'destroy' | 'end' | 'destroyed' | 'writableLength' | 'allowHalfOpen'
>

/** Speaks Modbus TCP with one client until either side ends: frames in, answers out, in any order. */
export function startSession(socket: ClientSocket, settings: SessionSettings): SessionHandle {
  const session = new Session(socket, settings)
  session.start()
  return { close: (why) => session.close(why) }
}

/** The way to end a session from outside; what waits for its turn on a bus is not sent any more. */
export type SessionHandle = { close(why: string): void }

/** `paced`: a refusal whose answer waits for its time. */
type Open = { readonly frame: Frame; answer: Answer | 'not-yet'; paced: boolean }

class Session {
  readonly #socket: ClientSocket
  readonly #settings: SessionSettings
  readonly #who: { readonly subject: string; readonly role: string; readonly source: string }
  readonly #client: string
  readonly #opened: Monotonic
  #stream: MbapState = mbapStart
  #waiting: Frame[] = []
  #requests = 0
  #ended = 'the client left'
  #noMore = false
  #limit: Cancel = () => undefined
  #frameSince: Monotonic | 'between-frames' = 'between-frames'
  #bad: Allowance
  #notAsked: Allowance
  #refused: Allowance
  /** How many of the open ones are paced. */
  #paced = 0
  #unsent: Uint8Array[] = []
  #unsentBytes = 0
  readonly #wanted = (): boolean => !this.#socket.destroyed
  /** Requests that are worked on, in the order in which they came. */
  readonly #open: Open[] = []

  constructor(socket: ClientSocket, settings: SessionSettings) {
    const { subject, clock } = settings
    this.#socket = socket
    this.#settings = settings
    this.#who = { subject: subject.name, role: subject.role, source: subject.source }
    this.#client = clientKeyOf(subject)
    this.#opened = clock.now()
    this.#bad = { left: BAD_REQUESTS.atOnce, at: clock.now() }
    this.#notAsked = { left: NOT_ASKED.atOnce, at: clock.now() }
    this.#refused = { left: REFUSED.atOnce, at: clock.now() }
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('drain', () => this.#work())
    socket.on('error', (error) => (this.#ended = error.message))
    socket.allowHalfOpen = true
    socket.on('end', () => this.#sendsNoMore())
  }

  start(): void {
    this.#socket.on('close', () => this.#closed())
    this.#watch()
  }

  close(why: string): void {
    this.#ended = why
    this.#waiting = []
    this.#send() // what was answered before the stream broke still goes out
    this.#socket.destroy()
  }

  #received(chunk: Uint8Array): void {
    const [next, outputs] = stepMbap(this.#stream, chunk)
    this.#stream = next
    // The limit of a frame runs from its first byte: a drip of bytes does not renew it, whole frames do.
    if (next.pending.length === 0) this.#frameSince = 'between-frames'
    else if (this.#frameSince === 'between-frames' || outputs.length > 0) this.#frameSince = this.#settings.clock.now()
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

  /**
   * The client has closed its sending side (FIN): it may still wait for what it asked before, and cannot be told from one that is gone
   * until something is sent to it. What is open is finished and answered, then the connection ends; a reset one ends at once.
   */
  #sendsNoMore(): void {
    this.#noMore = true
    const open = this.#open.length + this.#waiting.length
    if (open > 0) this.#ended = `the client closed its sending side with ${open} requests open; they were finished`
    this.#endWhenDone()
  }

  #endWhenDone(): void {
    if (this.#noMore && this.#open.length + this.#waiting.length + this.#unsent.length === 0) this.#socket.end()
  }

  #closed(): void {
    this.#limit()
    this.#waiting = []
    const { listener, clock, report, ended } = this.#settings
    const durationMs = Math.round(clock.now() - this.#opened)
    report('connection-closed', { ...this.#who, listener, reason: this.#ended, requests: this.#requests, durationMs })
    ended()
  }

  /** A frame that was begun has a time limit; a connection between frames a longer one. */
  #watch(): void {
    this.#limit()
    const { clock, idleMs } = this.#settings
    if (this.#frameSince === 'between-frames') this.#limit = clock.deadline(idleMs, () => this.close('no request for too long'))
    else this.#limit = clock.deadline(this.#frameSince + FRAME_MS - clock.now(), () => this.#tookTooLong())
  }

  /** Bytes without a header wait for a length that never comes: named where they can be, or whoever looks for the mistake sees a slow link. */
  #tookTooLong(): void {
    const { pending } = this.#stream
    const framing = framingOf(pending)
    const why = withFraming(`not a whole frame within ${FRAME_MS / 1000} s`, framing)
    if (framing !== 'unknown') this.#malformed(0, 0, why, 'connection closed', headOf(pending))
    this.close('a frame took too long')
  }

  /** Takes on what may be worked on now; leaves the rest, and the socket unread, until there is room. */
  #work(): void {
    while (this.#hasPlace() && this.#socket.writableLength + this.#unsentBytes < MAX_UNREAD_BYTES) {
      const frame = this.#waiting.shift()
      if (frame === undefined) break
      this.#take(frame)
    }
    if (this.#waiting.length > 0) this.#socket.pause()
    else this.#socket.resume()
    this.#endWhenDone()
  }

  /**
   * Refusals that wait for their time hold places of their own, as many again: what is allowed gets past them, and a client that does
   * nothing but repeat refused operations stops itself.
   */
  #hasPlace(): boolean {
    const { inFlight } = this.#settings
    return this.#paced < inFlight && this.#open.length - this.#paced < inFlight
  }

  #take(frame: Frame): void {
    this.#requests += 1
    const decoded = decodeRequest(frame.pdu)
    switch (decoded.kind) {
      case 'request':
        return this.#forward(frame, decoded.request)
      case 'malformed':
        this.#malformed(frame.unit, decoded.functionCode, nameOf(decoded.why, frame), `answered 0${decoded.exception}`, headOf(frame.pdu))
        return this.#refuse(frame, decoded.functionCode, decoded.exception)
      case 'unsupported': {
        const { functionCode, what } = decoded
        const fields = { ...this.#who, unit: frame.unit, functionCode, function: what, answer: 'answered 01' }
        this.#settings.report('function-unsupported', fields)
        return this.#refuse(frame, functionCode, exceptionCode.illegalFunction)
      }
      case 'not-a-request': {
        const { functionCode } = decoded
        const why = nameOf(`function code ${functionCode} is a reply's`, frame)
        this.#malformed(frame.unit, functionCode, why, 'connection closed', headOf(frame.pdu))
        return this.close('it sent a reply')
      }
    }
  }

  #forward(frame: Frame, request: Request): void {
    const { admission, serve, subject, operates } = this.#settings
    const kind = operates && !onlyReads(request) ? 'control' : 'read'
    if (!admission.enter(this.#client, kind))
      return this.#answerLater(frame, functionCodeOf(request), exceptionCode.busy, this.#waitNotAsked())
    const open = this.#begin(frame)
    const served = serve({ subject, unit: frame.unit, transaction: frame.transaction, request, stillConnected: this.#wanted }).then(
      (answer) => {
        admission.leave(this.#client, kind)
        if (answer.refused === true) return this.#endPaced(open, answer, this.#waitRefused())
        const waitMs = answer.notAsked === true ? this.#waitNotAsked() : 0
        if (waitMs === 0) this.#end(open, answer)
        else this.#settings.clock.after(waitMs, () => this.#end(open, answer))
      },
    )
    background(served)
  }

  #endPaced(open: Open, answer: Answer, waitMs: number): void {
    if (waitMs === 0) return this.#end(open, answer)
    open.paced = true
    this.#paced += 1
    this.#settings.clock.after(waitMs, () => {
      open.paced = false
      this.#paced -= 1
      this.#end(open, answer)
    })
    this.#work()
  }

  #waitRefused(): number {
    const [left, { waitMs }] = spend(this.#refused, this.#settings.clock.now(), REFUSED)
    this.#refused = left
    return waitMs
  }

  #waitNotAsked(): number {
    const [left, { waitMs }] = spend(this.#notAsked, this.#settings.clock.now(), NOT_ASKED)
    this.#notAsked = left
    return waitMs
  }

  /** A bad request is answered at a bounded rate. */
  #refuse(frame: Frame, functionCode: number, exception: number): void {
    const [left, { waitMs }] = spend(this.#bad, this.#settings.clock.now(), BAD_REQUESTS)
    this.#bad = left
    this.#answerLater(frame, functionCode, exception, waitMs)
  }

  /** One that has to wait holds its place in flight, so that a client that asks without a pause stops itself. */
  #answerLater(frame: Frame, functionCode: number, exception: number, waitMs: number): void {
    const answer = { pdu: encodeException(functionCode, exception) }
    if (waitMs === 0) return this.#respond(frame, answer)
    const open = this.#begin(frame)
    this.#settings.clock.after(waitMs, () => this.#end(open, answer))
  }

  /** Answers at once what is known at once, unless an older request with the same transaction id is still open. */
  #respond(frame: Frame, answer: Answer): void {
    if (this.#open.some((open) => open.frame.transaction === frame.transaction)) this.#end(this.#begin(frame), answer)
    else this.#answer(frame, answer)
  }

  #begin(frame: Frame): Open {
    const open: Open = { frame, answer: 'not-yet', paced: false }
    this.#open.push(open)
    return open
  }

  /** Two requests with the same transaction id are answered in their order: the later one waits, and goes with the earlier. */
  #end(open: Open, answer: Answer): void {
    open.answer = answer
    const alike = this.#open.filter(({ frame }) => frame.transaction === open.frame.transaction)
    for (const next of alike) {
      if (next.answer === 'not-yet') break
      this.#open.splice(this.#open.indexOf(next), 1)
      this.#answer(next.frame, next.answer)
    }
    this.#work()
  }

  #answer(frame: Frame, { pdu }: Answer): void {
    if (pdu === 'none' || this.#socket.destroyed) return
    const adu = encodeMbap({ transaction: frame.transaction, unit: frame.unit, pdu })
    this.#unsentBytes += adu.length
    this.#unsent.push(adu)
    if (this.#unsent.length > 1) return
    if (this.#open.length === 0) queueMicrotask(() => this.#flush())
    else this.#settings.clock.soon(() => this.#flush())
  }

  /** What one chunk of the device's bytes answers goes out in one TLS record: each record costs more than all that a request does in here. */
  #flush(): void {
    this.#send()
    this.#work()
  }

  #send(): void {
    const all = this.#unsent
    this.#unsent = []
    this.#unsentBytes = 0
    if (all.length > 0 && !this.#socket.destroyed) this.#socket.write(Buffer.concat(all))
  }

  #malformed(unit: number, functionCode: number, reason: string, answer: string, firstBytes: string): void {
    this.#settings.report('frame-malformed', { ...this.#who, unit, functionCode, reason, answer, firstBytes })
  }
}

/** Function code, address, quantity and byte count say what is wrong with a PDU; what is written stays out of the record: it may be a password. */
const headOf = (pdu: Uint8Array): string => Buffer.from(pdu.subarray(0, 6)).toString('hex')

/** A serial frame can have the length of a Modbus TCP one by chance: the CRC in it gives it away. */
function nameOf(why: string, frame: Frame): string {
  const framing = framingOf(encodeMbap(frame))
  return framing === 'rtu' ? withFraming(why, framing) : why
}
