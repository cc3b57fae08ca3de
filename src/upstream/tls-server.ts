import { type X509Certificate, constants } from 'node:crypto'
import { type SecureContextOptions, type Server, type TLSSocket, type TlsOptions, createServer } from 'node:tls'
import { type Clock, type Random, cipherSuites } from '../platform/index.ts'
import { MAX_AUTHORITIES_BETWEEN, MAX_SESSIONS, SESSION_MS, TICKET_KEYS_MS } from './limits.ts'
import type { Peer } from './peer.ts'
import { readSentChains } from './sent-chain.ts'
import type { Credentials } from './settings.ts'
import { trustAnchors } from './trust-anchors.ts'

/** All that a handshake needs (MB-TCP-Security-v36). Chains are sent as they stand in the file, down to the root. */
export const contextOf = ({ pairs, clients }: Credentials): SecureContextOptions => ({
  key: pairs.map(({ key }) => key),
  cert: pairs.map(({ certificate }) => certificate),
  ca: trustAnchors(clients),
  minVersion: 'TLSv1.2',
  ciphers: cipherSuites,
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION, // the indication is still sent
  sessionTimeout: SESSION_MS / 1000,
})

/** A TLS server with what its handshakes have brought. */
export interface SecureServer {
  readonly server: Server
  /** The peer of an established connection; undefined without a certificate. */
  peerOf(socket: TLSSocket): Peer | undefined
  /** Remembers authorities that were verified, for sessions that are resumed: those do not bring them again. */
  remember(authorities: readonly X509Certificate[]): void
  /** Other keys, certificates or authorities. Nothing that was begun under the old ones can be resumed. */
  change(credentials: Credentials): void
  close(): void
}

/**
 * A TLS server that asks for a certificate and resumes, by ticket and by session id. It is told nothing of the
 * outside: who may come in is asked after each handshake, a resumed one too.
 */
export function createTls(credentials: Credentials, handshakeMs: number, clock: Clock, random: Random): SecureServer {
  const sessionIdContext = random.uuid().slice(0, 32)
  const options: TlsOptions = {
    ...contextOf(credentials),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: handshakeMs,
    sessionIdContext,
  }
  const server = createServer(options)
  const sentBy = readSentChains(server)
  const sessions = new Map<string, Buffer>()
  const remembered = new Map<string, X509Certificate>()
  server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), data)
    const [oldest] = sessions.keys()
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
    done()
  })
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('hex')) ?? null)
  })
  /** A ticket whose authorities are forgotten would be refused at every try: without its key, the client sends its chain again. */
  const forgetSessions = (): void => {
    server.setTicketKeys(Buffer.from(random.bytes(48)))
    sessions.clear()
    remembered.clear()
  }
  // A ticket opens with the key that sealed it: the key does not live for ever.
  let cancel = (): void => undefined
  const turnOver = (): void => {
    forgetSessions()
    cancel = clock.after(TICKET_KEYS_MS, turnOver)
  }
  turnOver()
  return {
    server,
    peerOf(socket) {
      const certificate = socket.getPeerX509Certificate()
      return certificate === undefined ? undefined : { certificate, chain: [...sentBy(socket), ...remembered.values()] }
    },
    remember(authorities) {
      const others = authorities.filter(({ fingerprint256 }) => !remembered.has(fingerprint256))
      if (remembered.size + others.length > MAX_AUTHORITIES_BETWEEN) forgetSessions()
      for (const authority of others) remembered.set(authority.fingerprint256, authority)
    },
    change(next) {
      server.setSecureContext({ ...contextOf(next), sessionIdContext })
      forgetSessions()
    },
    close: () => cancel(),
  }
}
