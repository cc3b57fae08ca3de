import type { Cancel, Clock } from '../platform/index.ts'
import { failed, failureOf } from './failure.ts'
import { CHECKPOINT } from './limits.ts'
import type { Link, LinkFailure, LinkNotices } from './link.ts'
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
 * messages this side ends the connection and waits until the other has read all of it and ends its own in order: only that is delivery.
 */
export async function openStream(
  transport: OverStream,
  receiver: Receiver,
  clock: Clock,
  notices: LinkNotices,
): Promise<Link | LinkFailure> {
  const open = (): Promise<Stream | LinkFailure> => openStreamTo(transport, receiver, clock)
  const first = await open()
  if ('kind' in first) return first
  return new StreamLink(first, open, transport.kind === 'tcp' ? transport.framing : 'octet-counting', clock, notices)
}

class StreamLink implements Link {
  readonly #open: () => Promise<Stream | LinkFailure>
  readonly #framing: Framing
  readonly #clock: Clock
  readonly #notices: LinkNotices
  #stream: Stream | 'between' = 'between'
  #sent = 0
  #confirmed = 0
  #over = false
  /** While the connection is ended and the next one made. */
  #turning: Promise<Settled> | 'no' = 'no'
  #cancel: Cancel = () => undefined

  constructor(first: Stream, open: () => Promise<Stream | LinkFailure>, framing: Framing, clock: Clock, notices: LinkNotices) {
    this.#open = open
    this.#framing = framing
    this.#clock = clock
    this.#notices = notices
    this.#watch(first)
  }

  async send(message: string): Promise<void> {
    while (this.#turning !== 'no') await this.#turning
    const stream = this.#stream
    if (this.#over || stream === 'between') return
    if (this.#sent === this.#confirmed) this.#cancel = this.#clock.after(CHECKPOINT.ms, () => void this.settle())
    this.#sent += 1
    stream.write(framed(message, this.#framing))
    if (this.#sent - this.#confirmed >= CHECKPOINT.events) await this.settle()
    else if (stream.socket.writableNeedDrain) await drained(stream)
  }

  settle(): Promise<Settled> {
    if (this.#turning === 'no') this.#turn(this.#checkpoint())
    return this.#turning === 'no' ? Promise.resolve('not-delivered') : this.#turning
  }

  close(): void {
    this.#over = true
    this.#cancel()
    if (this.#stream !== 'between') this.#stream.socket.destroy()
  }

  #turn(work: Promise<Settled>): void {
    this.#turning = work.finally(() => void (this.#turning = 'no'))
  }

  #end(failure: LinkFailure): void {
    if (this.#over) return
    this.close()
    this.#notices.ended(failure)
  }

  #watch(stream: Stream): void {
    this.#stream = stream
    stream.socket.resume()
    stream.socket.on('error', (error) => this.#end(failureOf(error)))
    stream.socket.on('close', () => {
      if (this.#turning !== 'no' || this.#over) return
      if (this.#sent > this.#confirmed) return this.#end(failed('reply', 'the receiver ended the connection before ours'))
      this.#turn(this.#reopen()) // it had everything: some receivers end idle connections
    })
  }

  async #checkpoint(): Promise<Settled> {
    this.#cancel()
    const stream = this.#stream
    if (this.#over || stream === 'between') return 'not-delivered'
    if (this.#sent === this.#confirmed) return 'delivered'
    const upTo = this.#sent
    const ended = await endInOrder(stream.socket, this.#clock)
    if (ended !== 'in-order') {
      this.#end(ended)
      return 'not-delivered'
    }
    this.#confirmed = upTo
    this.#notices.delivered(upTo)
    return this.#reopen()
  }

  async #reopen(): Promise<Settled> {
    this.#stream = 'between'
    const next = await this.#open()
    if ('kind' in next) this.#end(next)
    else if (this.#over) next.socket.destroy()
    else this.#watch(next)
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
