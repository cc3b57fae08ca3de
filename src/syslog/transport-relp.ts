import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../platform/index.ts'
import { failed, failureAfterOpening } from './failure.ts'
import { RELP_WINDOW, REPLY_MS } from './limits.ts'
import type { Link, LinkFailure, LinkNotices } from './link.ts'
import { MAX_TRANSACTION, type RelpFrame, decodeRelp, encodeRelp } from './relp-frame.ts'
import type { Receiver, SinkTls } from './settings.ts'
import { type OpenSocket, connect } from './transport-tls.ts'

const offer = 'relp_version=0\nrelp_software=breakwall\ncommands=syslog'

/** RELP, plain or in TLS: the receiver says of each message that it has taken it, and only that counts. */
export async function openRelp(tls: SinkTls | 'none', receiver: Receiver, clock: Clock, notices: LinkNotices): Promise<Link | LinkFailure> {
  const opening = await connect(receiver, tls, clock)
  if ('kind' in opening) return opening
  const session = new RelpSession(opening, clock, notices)
  const opened = await session.ask('open', offer)
  if (opened === 'taken') return session.ready()
  session.close()
  return opened
}

type Taken = 'taken' | LinkFailure
type Waiting = { readonly transaction: number; readonly settle: (result: Taken) => void }

class RelpSession implements Link {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #notices: LinkNotices
  #waiting: Waiting[] = []
  #transaction = 0
  #messages = 0
  #explain: (failure: LinkFailure) => LinkFailure
  #fault: LinkFailure | 'none' = 'none'
  #received: Buffer = Buffer.alloc(0)
  #roomFor: (() => void)[] = []
  #silent: Cancel = () => undefined
  #last: Promise<Taken> = Promise.resolve('taken')

  constructor({ socket, explain }: OpenSocket, clock: Clock, notices: LinkNotices) {
    this.#socket = socket
    this.#explain = explain
    this.#clock = clock
    this.#notices = notices
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#gone(failureAfterOpening(error)))
    socket.on('close', () => this.#gone(failed('reply', 'the receiver ended the connection')))
  }

  /** The receiver has answered: whatever happens now, it is not the certificate that it did not like. */
  ready(): this {
    this.#explain = (failure) => failure
    return this
  }

  /** Sends one command; resolves with what the receiver says of it. */
  ask(command: string, data: string): Promise<Taken> {
    if (this.#fault !== 'none') return Promise.resolve(this.#fault)
    this.#transaction = this.#transaction === MAX_TRANSACTION ? 1 : this.#transaction + 1
    const transaction = this.#transaction
    return new Promise((settle) => {
      this.#waiting.push({ transaction, settle })
      if (this.#waiting.length === 1) this.#listen()
      this.#socket.write(encodeRelp({ transaction, command, data }))
    })
  }

  async send(message: string): Promise<void> {
    while (this.#waiting.length >= RELP_WINDOW && this.#fault === 'none') await new Promise<void>((go) => this.#roomFor.push(go))
    if (this.#fault !== 'none') return
    this.#messages += 1
    const number = this.#messages
    this.#last = this.ask('syslog', message).then((result) => {
      if (result === 'taken') this.#notices.delivered(number)
      else this.#end(result)
      return result
    })
  }

  async settle(): Promise<'delivered' | 'not-delivered'> {
    return (await this.#last) === 'taken' ? 'delivered' : 'not-delivered'
  }

  close(): void {
    if (this.#fault === 'none' && this.#waiting.length === 0)
      this.#socket.write(encodeRelp({ transaction: this.#transaction + 1, command: 'close', data: '' }))
    this.#end(failed('reply', 'the connection was ended'), 'quietly')
  }

  /** The other side has ended the connection. With nothing under way that is how some receivers end those that are idle. */
  #gone(failure: LinkFailure): void {
    this.#end(this.#explain(failure), this.#waiting.length === 0 && failure.stage === 'reply' ? 'idle' : 'telling')
  }

  #end(failure: LinkFailure, how: 'telling' | 'idle' | 'quietly' = 'telling'): void {
    if (this.#fault !== 'none') return
    this.#fault = failure
    this.#silent()
    if (how === 'quietly') this.#socket.destroySoon()
    else this.#socket.destroy()
    for (const { settle } of this.#waiting.splice(0)) settle(failure)
    this.#freeRoom()
    if (how === 'telling') this.#notices.ended(failure)
    if (how === 'idle') this.#notices.ended({ kind: 'ended-idle', as: failure })
  }

  #freeRoom(): void {
    for (const go of this.#roomFor.splice(0)) go()
  }

  #listen(): void {
    this.#silent()
    if (this.#waiting.length === 0) return
    const why = `the receiver does not reply within ${REPLY_MS / 1000} s`
    this.#silent = this.#clock.deadline(REPLY_MS, () => this.#end(failed('reply', why)))
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#fault === 'none' && this.#received.length > 0) {
      const decoded = decodeRelp(this.#received)
      if (decoded === 'more') return
      if (decoded === 'broken') return this.#end(failed('reply', 'the receiver does not speak RELP'))
      this.#received = this.#received.subarray(decoded.end)
      this.#answered(decoded.frame)
    }
  }

  #answered({ transaction, command, data }: RelpFrame): void {
    if (command === 'serverclose') return this.#gone(failed('reply', 'the receiver is going away'))
    if (command !== 'rsp') return this.#end(failed('reply', `the receiver said "${command}" where a reply was due`))
    const first = this.#waiting[0]
    // Replies come in the order of the messages: one that does not would move the cursor over events that nobody has.
    if (first?.transaction !== transaction) return this.#end(failed('reply', 'the receiver replied out of order'))
    this.#waiting.shift()
    const [, code = '', words = ''] = /^(\d{3}) ?([^\n]*)/.exec(data) ?? []
    first.settle(code === '200' ? 'taken' : failed('reply', `the receiver refused: ${code} ${words}`.trim()))
    this.#listen()
    if (this.#waiting.length < RELP_WINDOW) this.#freeRoom()
  }
}
