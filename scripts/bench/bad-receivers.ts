import { readFileSync } from 'node:fs'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** Ten receivers that misbehave, in a process of their own; says their ports. The eleventh is a port at which nobody listens. */
const folder = process.argv[2] ?? ''
const pem = {
  key: readFileSync(`${folder}/gateway.key`),
  cert: readFileSync(`${folder}/gateway.crt`),
  ca: readFileSync(`${folder}/site-ca.crt`),
}

const closes = (socket: Socket): void => void socket.resume().end()
const resetsAtData = (socket: Socket): void => void socket.once('data', () => socket.destroy())
const silent = (socket: Socket): void => void socket.resume()
const clearText = (socket: Socket): void => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
/** RELP: takes the session, and refuses each message. */
const refuses = (socket: Socket): void =>
  void socket.on('data', (chunk: Buffer) => {
    for (const [, transaction = '', command = ''] of chunk.toString('utf8').matchAll(/(?:^|\n)(\d+) (open|syslog) /g)) {
      const text = command === 'open' ? '200 OK' : '500 no room'
      socket.write(`${transaction} rsp ${text.length} ${text}\n`)
    }
  })
const guarded = (serve: (socket: Socket) => void) => (socket: Socket) => serve(socket.on('error', () => undefined))
const plain = (serve: (socket: Socket) => void) => createServer({ allowHalfOpen: true }, guarded(serve))
const inTls = (serve: (socket: Socket) => void, requestCert = false) =>
  createTlsServer({ ...pem, requestCert, rejectUnauthorized: true, allowHalfOpen: true }, guarded(serve))

const servers = {
  'tcp closes': plain(closes),
  'tcp resets': plain(resetsAtData),
  'tcp never-ends': plain(silent),
  'tls closes': inTls(closes),
  'tls resets': inTls(resetsAtData),
  'tls wants-certificate': inTls(silent, true),
  'tls clear-text': plain(clearText),
  'relp refuses': plain(refuses),
  'relp silent': plain(silent),
  'relp-tls refuses': inTls(refuses),
}
const ports: string[] = []
for (const [name, server] of Object.entries(servers)) {
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ports.push(`${name}=${(server.address() as AddressInfo).port}`)
}
process.stdout.write(`${ports.join(',')}\n`)
