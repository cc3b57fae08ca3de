import { constants } from 'node:crypto'
import { type Socket, createServer as createTcpServer } from 'node:net'
import { type TLSSocket, createServer as createTlsServer } from 'node:tls'
import { type Clock, cipherSuites } from '../platform/index.ts'
import { type Acl, type ConnectionId, type Role, type Subject, toConnectionId } from '../policy/index.ts'
import type { Admission } from './admission.ts'
import { HANDSHAKE_MS, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from './limits.ts'
import { type Answer, type Asked, type Report, startSession } from './session.ts'
import { handshakeFailure } from './tls-reason.ts'

export type ListenerSettings = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly certificateFile: string
  readonly keyFile: string
  readonly clientsFile: string
  /** Requests of one connection that are worked on at a time, 1–16. */
  readonly inFlight: number
}
/** PEM texts: the own chain down to the root (MB-TCP-Security-v36, R-46), the own key, the authorities of clients. */
export type Credentials = { readonly certificate: string; readonly key: string; readonly clients: string }

/** What a certificate says of its owner's role. */
export type RoleFound =
  { readonly kind: 'role'; readonly role: Role } | { readonly kind: 'none' } | { readonly kind: 'invalid'; readonly why: string }

export type ListenerPorts = {
  readonly acl: Acl
  readonly clock: Clock
  readonly report: Report
  readonly roleOf: (certificateDer: Uint8Array) => RoleFound
  readonly admission: Admission
  readonly serve: (asked: Asked) => Promise<Answer>
  /** A connection has ended: whatever belonged to it is free. */
  readonly left: (connection: ConnectionId) => void
}

/** Connections are counted over all listeners of a process: no two have one number. */
let lastConnection = 0

export interface Listener {
  readonly name: string
  readonly host: string
  readonly port: number
  connections(): number
  close(): Promise<void>
}

/** Listens for Modbus/TCP Security. The source is looked up in the access control list before one byte of TLS is read. */
export function startListener(settings: ListenerSettings, credentials: Credentials, ports: ListenerPorts): Promise<Listener> {
  const { acl, clock, report } = ports
  const { name: listener, inFlight } = settings
  const open = new Set<Socket>()
  const sources: Sources = new WeakMap()

  const tls = createTlsServer({
    key: credentials.key,
    cert: credentials.certificate,
    ca: credentials.clients,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ciphers: cipherSuites,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    handshakeTimeout: HANDSHAKE_MS,
  })
  tls.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const reason = handshakeFailure(error.code, socket.authorizationError as unknown as string | undefined)
    report('tls-handshake-failed', { source: sourceUnder(socket, sources), listener, reason })
    socket.destroy()
  })
  tls.on('secureConnection', (socket) => {
    socket.on('error', () => undefined) // the session hears of it by `close`
    const source = sourceUnder(socket, sources)
    const subject = subjectOf(socket, source, ports, listener)
    if (subject === 'refused') return void socket.destroy()
    report('connection-opened', { subject: subject.name, role: subject.role, source, listener })
    const { admission, serve, left } = ports
    startSession(socket, { subject, listener, inFlight, clock, report, admission, serve, ended: () => left(subject.connection) })
  })

  const tcp = createTcpServer({ noDelay: true }, (raw) => {
    const source = `${bare(raw.remoteAddress ?? '')}:${raw.remotePort ?? 0}`
    raw.on('error', () => undefined)
    const refusal = refuse(raw, acl, open)
    if (refusal !== 'welcome') {
      report(refusal.id, { source, listener, reason: refusal.reason })
      return void raw.destroy()
    }
    open.add(raw)
    sources.set(raw, source)
    raw.on('close', () => open.delete(raw))
    tls.emit('connection', raw)
  })

  return new Promise((resolve, reject) => {
    tcp.once('error', reject)
    tcp.listen(settings.port, settings.host, () => {
      const bound = tcp.address()
      resolve({
        name: listener,
        host: settings.host,
        port: typeof bound === 'object' && bound !== null ? bound.port : settings.port,
        connections: () => open.size,
        close: () =>
          new Promise((closed) => {
            tcp.close(() => closed())
            for (const raw of open) raw.destroy()
          }),
      })
    })
  })
}

type Refusal = { readonly id: 'connection-refused-acl' | 'connection-limit'; readonly reason: string }

function refuse(raw: Socket, acl: Acl, open: ReadonlySet<Socket>): Refusal | 'welcome' {
  const address = raw.remoteAddress ?? ''
  const entry = acl(address)
  if (entry === 'not-listed') return { id: 'connection-refused-acl', reason: 'not in the access control list' }
  if (entry.level === 'none') return { id: 'connection-refused-acl', reason: `level none by ${entry.from}` }
  if (open.size >= MAX_CONNECTIONS) return { id: 'connection-limit', reason: `${MAX_CONNECTIONS} connections are open` }
  const same = [...open].filter((other) => other.remoteAddress === address).length
  return same >= MAX_CONNECTIONS_PER_ADDRESS ? { id: 'connection-limit', reason: `${same} connections from this address` } : 'welcome'
}

/** Node forgets the peer's address when it refuses a certificate; the TCP socket below the TLS one, noted at its accept, has it still. */
type Sources = WeakMap<Socket, string>
function sourceUnder(socket: TLSSocket, sources: Sources): string {
  const below = (socket as unknown as { _parent?: Socket })._parent
  return (below === undefined ? undefined : sources.get(below)) ?? 'unknown'
}

type Client = Extract<Subject, { kind: 'client' }>

/** Who connected. Run after each handshake, a resumed one too: Node resumes without looking at the certificate's dates again. */
function subjectOf(socket: TLSSocket, source: string, { acl, roleOf, report, clock }: ListenerPorts, listener: string): Client | 'refused' {
  const certificate = socket.getPeerX509Certificate()
  const entry = acl(socket.remoteAddress ?? '')
  if (certificate === undefined || entry === 'not-listed') return 'refused'
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? certificate.fingerprint256
  const now = clock.utcUs() / 1000
  if (now > Date.parse(certificate.validTo) || now < Date.parse(certificate.validFrom)) {
    report('tls-handshake-failed', { source, listener, reason: 'the certificate has expired or is not valid yet' })
    return 'refused'
  }
  const found = roleOf(certificate.raw)
  lastConnection += 1
  const who = { kind: 'client', name, source, level: entry.level, connection: toConnectionId(lastConnection) } as const
  switch (found.kind) {
    case 'invalid':
      report('role-invalid', { subject: name, source, listener, reason: found.why })
      return 'refused'
    case 'none':
      report('role-missing', { subject: name, source, listener })
      return { ...who, role: 'NULL' }
    case 'role':
      return { ...who, role: found.role }
  }
}

const bare = (address: string): string => address.replace(/^::ffff:/, '')
