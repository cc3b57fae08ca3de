import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

export type Transport = 'tcp' | 'tls' | 'relp' | 'relp-tls'

/** What a receiver does with those who connect. */
export type Behaviour =
  | 'good'
  /** Takes the connection and ends it in order. */
  | 'closes-at-once'
  /** Under TLS: answers in clear text. */
  | 'no-handshake'
  /** Under TLS 1.3: wants a certificate, and says so only after the client's handshake. */
  | 'wants-certificate'
  /** RELP: refuses each message with 500. Streams: resets at the first message. */
  | 'breaks-at-first'
  /** Takes two messages of a connection, and resets at the third. */
  | 'breaks-at-third'
  /** Reads, and says nothing and ends nothing. */
  | 'never-answers'

type Pem = { readonly key: Buffer; readonly cert: Buffer; readonly ca: Buffer }

/** A receiver on loopback in this process that can misbehave, and be made well again. `got`: `seq` of the messages that it has taken. */
export interface Receiver {
  readonly port: number
  readonly got: number[]
  connections(): number
  /** Messages that came, those that were refused included. */
  messages(): number
  behave(as: Behaviour): void
  close(): Promise<void>
}

export async function startReceiver(transport: Transport, pem: Pem, first: Behaviour = 'good', port = 0): Promise<Receiver> {
  const got: number[] = []
  let [behaviour, connections, messages] = [first, 0, 0]
  const sockets = new Set<Socket>()
  const take = (socket: Socket, inConnection: number, seq: number): 'taken' | 'refused' | 'silent' => {
    messages += 1
    if (behaviour === 'never-answers') return 'silent'
    if (behaviour === 'breaks-at-first' && transport.startsWith('relp')) return 'refused'
    if (behaviour === 'breaks-at-first' || (behaviour === 'breaks-at-third' && inConnection === 3)) {
      socket.destroy()
      return 'silent'
    }
    got.push(seq)
    return 'taken'
  }
  const serve = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    if (behaviour === 'closes-at-once') return void socket.resume().end()
    if (transport.startsWith('relp')) speakRelp(socket, (...what) => take(socket, ...what), behaviour)
    else speakStream(socket, (...what) => take(socket, ...what), behaviour)
  }
  const inTls = transport.endsWith('tls')
  const options = { ...pem, allowHalfOpen: true, rejectUnauthorized: true }
  const speaking = inTls ? createTlsServer(options, serve) : createServer({ allowHalfOpen: true }, serve)
  const asking = createTlsServer({ ...options, requestCert: true, minVersion: 'TLSv1.3' }, serve)
  for (const server of [speaking, asking]) server.on('tlsClientError', () => undefined)
  // Everybody comes in here, so that the behaviour may change while the port stays.
  const outer = createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1
    sockets.add(socket)
    socket.setNoDelay(true) // the kernel would hold answers back for a time of its own
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    if (behaviour === 'no-handshake') return void socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const inner = behaviour === 'wants-certificate' ? asking : speaking
    inner.emit('connection', socket)
  })
  await new Promise<void>((resolve) => outer.listen(port, '127.0.0.1', resolve))
  return {
    port: (outer.address() as AddressInfo).port,
    got,
    connections: () => connections,
    messages: () => messages,
    behave(as) {
      behaviour = as
      for (const socket of sockets) socket.destroy()
    },
    close: () => closed(outer, sockets),
  }
}

const closed = (server: Server, sockets: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })

type Take = (inConnection: number, seq: number) => 'taken' | 'refused' | 'silent'
const seqOf = (message: string): number => Number(/ seq="(\d+)"/.exec(message)?.[1])

/** RFC 6587, 3.4.1. */
function speakStream(socket: Socket, take: Take, behaviour: Behaviour): void {
  let rest = ''
  let count = 0
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('utf8')
    for (let head = /^(\d+) /.exec(rest); head !== null; head = /^(\d+) /.exec(rest)) {
      const end = head[0].length + Number(head[1])
      if (rest.length < end || socket.destroyed) return
      count += 1
      take(count, seqOf(rest.slice(0, end)))
      rest = rest.slice(end)
    }
  })
  if (behaviour !== 'never-answers') socket.on('end', () => socket.end())
}

function speakRelp(socket: Socket, take: Take, behaviour: Behaviour): void {
  let rest = ''
  let count = 0
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('utf8')
    for (let head = /^(\d+) (\w+) (\d+)/.exec(rest); head !== null; head = /^(\d+) (\w+) (\d+)/.exec(rest)) {
      const [whole, transaction = '', command = '', size = ''] = head
      const end = whole.length + (size === '0' ? 1 : Number(size) + 2)
      if (rest.length < end || socket.destroyed) return
      const data = rest.slice(whole.length, end)
      rest = rest.slice(end)
      const answer = (text: string): void => void socket.write(`${transaction} rsp ${text.length} ${text}\n`)
      if (command === 'open' && behaviour !== 'never-answers') answer('200 OK\nrelp_version=0\ncommands=syslog')
      if (command !== 'syslog') continue
      count += 1
      const result = take(count, seqOf(data))
      if (result === 'taken') answer('200 OK')
      if (result === 'refused') answer('500 no room')
    }
  })
  socket.on('end', () => socket.end())
}
