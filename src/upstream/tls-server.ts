import { constants } from 'node:crypto'
import { type SecureContextOptions, type Server, type TlsOptions, createServer } from 'node:tls'
import { type Clock, type Random, cipherSuites } from '../platform/index.ts'
import { MAX_SESSIONS, SESSION_MS, TICKET_KEYS_MS } from './limits.ts'
import type { Credentials } from './settings.ts'

/** All that a handshake needs (MB-TCP-Security-v36). Chains are sent as they stand in the file, down to the root. */
export const contextOf = ({ pairs, clients }: Credentials): SecureContextOptions => ({
  key: pairs.map(({ key }) => key),
  cert: pairs.map(({ certificate }) => certificate),
  ca: clients,
  minVersion: 'TLSv1.2',
  ciphers: cipherSuites,
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION, // the indication is still sent
  sessionTimeout: SESSION_MS / 1000,
})

/**
 * A TLS server that asks for a certificate and resumes, by ticket and by session id. It is told nothing of the
 * outside: who may come in is asked after each handshake, a resumed one too.
 */
export function createTls(
  credentials: Credentials,
  handshakeMs: number,
  clock: Clock,
  random: Random,
): { readonly server: Server; close(): void } {
  const options: TlsOptions = {
    ...contextOf(credentials),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: handshakeMs,
    sessionIdContext: random.uuid().slice(0, 32),
  }
  const server = createServer(options)
  const sessions = new Map<string, Buffer>()
  server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), data)
    const [oldest] = sessions.keys()
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
    done()
  })
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('hex')) ?? null)
  })
  // A ticket opens with the key that sealed it: the key does not live for ever.
  let cancel = (): void => undefined
  const turnOver = (): void => {
    server.setTicketKeys(Buffer.from(random.bytes(48)))
    sessions.clear()
    cancel = clock.after(TICKET_KEYS_MS, turnOver)
  }
  turnOver()
  return { server, close: () => cancel() }
}
