import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../platform/index.ts'
import { failed, failureOf } from './failure.ts'
import { RELP_WINDOW, REPLY_MS } from './limits.ts'
import type { Link, LinkFailure, LinkNotices } from './link.ts'
import { MAX_TRANSACTION, type RelpFrame, decodeRelp, encodeRelp } from './relp-frame.ts'
import type { Receiver, SinkTls } from './settings.ts'
import { connect } from './transport-tls.ts'

const offer = 'relp_version=0\nrelp_software=breakwall\ncommands=syslog'

/** RELP, plain or in TLS: the receiver says of each message that it has taken it, and only that counts. */
export async function openRelp(tls: SinkTls | 'none', receiver: Receiver, clock: Clock, notices: LinkNotices): Promise<Link | LinkFailure> {
  const socket = await connect(receiver, tls, clock)
  if ('kind' in socket) return socket
  const session = createSession(socket, clock, notices)
  const opened = await session.request('open', offer)
  if (opened !== 'taken') {
    session.link.close()
    return opened
  }
  return session.link
}

type Waiting = { readonly transaction: number; readonly settle: (result: 'taken' | LinkFailure) => void }

function createSession(socket: Socket, clock: Clock, notices: LinkNotices) {
  let waiting: Waiting[] = []
  let [transaction, messages, over] = [0, 0, false]
  let fault: LinkFailure = failed('reply', 'the connection was ended')
  let received: Buffer = Buffer.alloc(0)
  const roomFor: (() => void)[] = []
  let silent: Cancel = () => undefined

  function end(failure: LinkFailure, tell = true): void {
    if (over) return
    over = true
    fault = failure
    silent()
    socket.destroy()
    for (const { settle } of waiting.splice(0)) settle(failure)
    freeRoom()
    if (tell) notices.ended(failure)
  }
  function freeRoom(): void {
    for (const go of roomFor.splice(0)) go()
  }

  function listen(): void {
    silent()
    if (waiting.length > 0)
      silent = clock.after(REPLY_MS, () => end(failed('reply', `the receiver does not reply within ${REPLY_MS / 1000} s`)))
  }

  function ask(command: string, data: string): Promise<'taken' | LinkFailure> {
    if (over) return Promise.resolve(fault)
    transaction = transaction === MAX_TRANSACTION ? 1 : transaction + 1
    const asked = transaction
    return new Promise((settle) => {
      waiting.push({ transaction: asked, settle })
      if (waiting.length === 1) listen()
      socket.write(encodeRelp({ transaction: asked, command, data }))
    })
  }

  function take({ transaction: answered, command, data }: RelpFrame): void {
    if (command === 'serverclose') return end(failed('reply', 'the receiver is going away'))
    if (command !== 'rsp') return end(failed('reply', `the receiver said "${command}" where a reply was due`))
    const [first] = waiting
    // Replies come in the order of the messages: one that does not would move the cursor over events that nobody has.
    if (first?.transaction !== answered) return end(failed('reply', 'the receiver replied out of order'))
    waiting = waiting.slice(1)
    const [, code = '', words = ''] = /^(\d{3}) ?([^\n]*)/.exec(data) ?? []
    first.settle(code === '200' ? 'taken' : failed('reply', `the receiver refused: ${code} ${words}`.trim()))
    listen()
    if (waiting.length < RELP_WINDOW) freeRoom()
  }

  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    while (!over && received.length > 0) {
      const decoded = decodeRelp(received)
      if (decoded === 'more') return
      if (decoded === 'broken') return end(failed('reply', 'the receiver does not speak RELP'))
      received = received.subarray(decoded.end)
      take(decoded.frame)
    }
  })
  socket.on('error', (error) => end(failureOf(error)))
  socket.on('close', () => end(failed('reply', 'the receiver ended the connection')))

  let last: Promise<'taken' | LinkFailure> = Promise.resolve('taken')
  const link: Link = {
    async send(message) {
      while (waiting.length >= RELP_WINDOW && !over) await new Promise<void>((go) => roomFor.push(go))
      if (over) return
      messages += 1
      const number = messages
      last = ask('syslog', message).then((result) => {
        if (result === 'taken') notices.delivered(number)
        else end(result)
        return result
      })
    },
    settle: async () => ((await last) === 'taken' ? 'delivered' : 'not-delivered'),
    close() {
      if (!over && waiting.length === 0) socket.end(encodeRelp({ transaction: transaction + 1, command: 'close', data: '' }))
      end(fault, false)
    },
  }
  return { link, request: ask }
}
