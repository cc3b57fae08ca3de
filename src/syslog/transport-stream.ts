import { type Cancel, type Clock, background } from '../platform/index.ts'
import { failed, failureAfterOpening } from './failure.ts'
import { CHECKPOINT, CROSSING_MS } from './limits.ts'
import type { Link, LinkEnd, LinkFailure, LinkNotices } from './link.ts'
import { endInOrder } from './orderly-end.ts'
import type { Framing, Receiver, SinkTransport } from './settings.ts'
import { type Stream, openStreamTo } from './stream.ts'

type Settled = 'delivered' | 'not-delivered'
type OverStream = Extract<SinkTransport, { kind: 'tcp' | 'tls' }>

/** A message on a stream: its length before it (RFC 6587, 3.4.1; RFC 5425, 4.3), or a line feed behind it. */
const framed = (message: string, framing: Framing): string =>
  framing === 'newline' ? `${message}\n` : `${Buffer.byteLength(message)} ${message}`

/**
 * Syslog over TCP (RFC 6587) or TLS (RFC 5425). A write that succeeded means no more than that the kernel has it. So after so many
 * messages this side ends the connection and waits until the other has read all of it and ends its own in order: only that is delivery,
 * and the end of this link.
 */
export async function openStream(
  transport: OverStream,
  receiver: Receiver,
  clock: Clock,
  notices: LinkNotices,
): Promise<Link | LinkFailure> {
  const stream = await openStreamTo(transport, receiver, clock)
  if ('kind' in stream) return stream
  return new StreamLink(stream, transport.kind === 'tcp' ? transport.framing : 'octet-counting', clock, notices)
}

class StreamLink implements Link {
  readonly #stream: Stream
  readonly #framing: Framing
  readonly #clock: Clock
  readonly #notices: LinkNotices
  #sent = 0
  #state: 'open' | 'all-confirmed' | 'over' = 'open'
  #settling: Promise<Settled> | 'no' = 'no'
  #lastSentMs = 0
  /** From this side's end on: what the other does then is an answer to it. */
  #ending = false
  #endWait: () => void = () => undefined
  #cancel: Cancel = () => undefined

  constructor(stream: Stream, framing: Framing, clock: Clock, notices: LinkNotices) {
    this.#stream = stream
    this.#framing = framing
    this.#clock = clock
    this.#notices = notices
    const { socket } = stream
    socket.resume()
    socket.on('error', (error) => this.#broke(stream.explain(failureAfterOpening(error))))
    socket.on('close', () => this.#broke(stream.explain(failed('reply', 'the receiver ended the connection before ours'))))
  }

  async send(message: string): Promise<void> {
    if (this.#settling !== 'no') await this.#settling
    if (this.#state !== 'open') return
    if (this.#sent === 0) this.#cancel = this.#clock.after(CHECKPOINT.ms, () => background(this.settle()))
    this.#sent += 1
    this.#lastSentMs = this.#clock.now()
    this.#stream.write(framed(message, this.#framing))
    if (this.#sent >= CHECKPOINT.events) await this.#settle(0)
    else if (this.#stream.socket.writableNeedDrain) await drained(this.#stream)
  }

  settle(): Promise<Settled> {
    return this.#settle(CROSSING_MS)
  }

  #settle(waitMs: number): Promise<Settled> {
    if (this.#state === 'over') return Promise.resolve('not-delivered')
    if (this.#state === 'all-confirmed' || this.#sent === 0) return Promise.resolve('delivered')
    if (this.#settling === 'no') this.#settling = this.#checkpoint(waitMs)
    return this.#settling
  }

  close(): void {
    if (this.#state === 'open') this.#state = 'over'
    this.#cancel()
    this.#endWait()
    this.#stream.socket.destroy()
  }

  /** Until so long after the last message, or until the link is over. */
  #wait(ms: number): Promise<void> {
    const left = this.#lastSentMs + ms - this.#clock.now()
    if (left <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#clock.after(left, resolve)
      this.#endWait = () => {
        cancel()
        resolve()
      }
    })
  }

  /** A reset while nothing is under way is how some receivers end connections that are idle. */
  #broke(failure: LinkFailure): void {
    if (this.#ending) return
    this.#end(this.#sent > 0 || failure.stage !== 'reply' ? failure : { kind: 'ended-idle', as: failure })
  }

  #end(how: LinkEnd): void {
    if (this.#state !== 'open') return
    this.#state = how.kind === 'all-confirmed' ? 'all-confirmed' : 'over'
    this.close()
    this.#notices.ended(how)
  }

  /** As a call: it changes while this side waits. */
  #isOver(): boolean {
    return this.#state !== 'open'
  }

  async #checkpoint(waitMs: number): Promise<Settled> {
    this.#cancel()
    await this.#wait(waitMs)
    if (this.#state !== 'open') return 'not-delivered'
    this.#ending = true
    const upTo = this.#sent
    const ended = await endInOrder(this.#stream, this.#clock)
    if (this.#isOver()) return 'not-delivered'
    if (ended !== 'in-order') {
      this.#end(ended)
      return 'not-delivered'
    }
    this.#notices.delivered(upTo)
    this.#end({ kind: 'all-confirmed' })
    return 'delivered'
  }
}

const drained = ({ socket }: Stream): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
