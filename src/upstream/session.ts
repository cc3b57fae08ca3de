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
import type { Cancel, Clock } from '../platform/index.ts'
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
  const { subject, listener, clock, report, serve } = settings
  const opened = clock.now()
  let stream: MbapState = mbapStart
  let waiting: Frame[] = []
  let inFlight = 0
  let requests = 0
  let ended = 'the client left'
  let limit: Cancel = () => undefined
  /** The last answer per transaction id: two requests with the same id are answered in their order. */
  const order = new Map<number, Promise<void>>()

  const who = { subject: subject.name, role: subject.role, source: subject.source }

  function end(why: string): void {
    ended = why
    waiting = []
    socket.destroy()
  }

  function watch(): void {
    limit()
    const partial = stream.pending.length > 0
    limit = clock.after(partial ? FRAME_MS : IDLE_MS, () => end(partial ? 'a frame took too long' : 'no request for too long'))
  }

  function answer(frame: Frame, pdu: Uint8Array): void {
    if (!socket.destroyed) socket.write(encodeMbap({ transaction: frame.transaction, unit: frame.unit, pdu }))
  }

  /** Takes on what may be worked on now; leaves the rest, and the socket unread, until there is room. */
  function work(): void {
    while (inFlight < MAX_IN_FLIGHT && socket.writableLength < MAX_UNREAD_BYTES) {
      const frame = waiting.shift()
      if (frame === undefined) break
      take(frame)
    }
    if (waiting.length > 0) socket.pause()
    else socket.resume()
  }

  function take(frame: Frame): void {
    requests += 1
    const decoded = decodeRequest(frame.pdu)
    const at = { ...who, unit: frame.unit }
    switch (decoded.kind) {
      case 'request':
        return forward(frame, decoded.request)
      case 'malformed':
        report('frame-malformed', {
          ...at,
          functionCode: decoded.functionCode,
          reason: decoded.why,
          answer: `answered 0${decoded.exception}`,
          firstBytes: hex(frame.pdu),
        })
        return answer(frame, encodeException(decoded.functionCode, decoded.exception))
      case 'unsupported':
        report('function-unsupported', { ...at, functionCode: decoded.functionCode, answer: 'answered 01' })
        return answer(frame, encodeException(decoded.functionCode, exceptionCode.illegalFunction))
      case 'not-a-request':
        report('frame-malformed', {
          ...at,
          functionCode: decoded.functionCode,
          reason: `function code ${decoded.functionCode} is a reply's`,
          answer: 'connection closed',
          firstBytes: hex(frame.pdu),
        })
        return end('it sent a reply')
    }
  }

  function forward(frame: Frame, request: Request): void {
    inFlight += 1
    const before = order.get(frame.transaction)
    const done = serve({ subject, unit: frame.unit, request }).then(async ({ pdu }) => {
      await before
      if (order.get(frame.transaction) === done) order.delete(frame.transaction)
      inFlight -= 1
      answer(frame, pdu)
      work()
    })
    order.set(frame.transaction, done)
  }

  socket.on('data', (chunk: Buffer) => {
    const [next, outputs] = stepMbap(stream, chunk)
    stream = next
    for (const output of outputs) {
      if (output.kind === 'frame') waiting.push(output.frame)
      else {
        work()
        report('frame-malformed', {
          ...who,
          unit: 0,
          functionCode: 0,
          reason: output.why,
          answer: 'connection closed',
          firstBytes: output.firstBytes,
        })
        return end('its stream cannot be framed')
      }
    }
    watch()
    work()
  })
  socket.on('drain', work)
  socket.on('error', (error) => (ended = error.message))
  socket.on('end', () => socket.end())
  socket.on('close', () => {
    limit()
    waiting = []
    report('connection-closed', { ...who, listener, reason: ended, requests, durationMs: Math.round(clock.now() - opened) })
  })
  watch()
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 16)).toString('hex')
