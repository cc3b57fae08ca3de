import { type Server, type Socket, createServer as createTcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock, Random } from '../platform/index.ts'
import {
  type AccessLevels,
  type Acl,
  type ConnectionId,
  type LevelLimit,
  type RoleStanding,
  type Subject,
  causeOfLevel,
  describeLevelCause,
  describeLevels,
  describeUnknownRole,
  levelAt,
  levelsOf,
  toConnectionId,
} from '../policy/index.ts'
import type { Admission } from './admission.ts'
import { createConnectionLimits } from './connection-limits.ts'
import { CLEAR_TEXT_REMINDER_MS, KEEP_ALIVE_MS, RECHECK_MS } from './limits.ts'
import type { Judged, Peer } from './peer.ts'
import { type Answer, type IncomingRequest, type Report, type SessionHandle, startSession } from './session.ts'
import type { Credentials, ListenerSettings } from './settings.ts'
import { handshakeFailure } from './tls-reason.ts'
import { type SecureServer, createTls } from './tls-server.ts'

/** Who may come in; everything here can be another the next time that it is asked. */
export type AdmissionPolicy = {
  readonly acl: Acl
  readonly judge: (peer: Peer) => Judged
  /** Equal texts are equal rights. */
  readonly rightsOf: (role: string) => string
  readonly standingOfRole: (role: string) => RoleStanding
  /** Whether the role may operate anything: only then do its requests find the places that are kept for control. */
  readonly operates: (role: string) => boolean
}

export type ListenerPorts = {
  readonly clock: Clock
  readonly random: Random
  readonly report: Report
  readonly admission: Admission
  readonly serve: (asked: IncomingRequest) => Promise<Answer>
  /** A connection has ended: whatever belonged to it is free. */
  readonly left: (connection: ConnectionId) => void
}

/** Connections are counted over all listeners of a process: no two have one number. */
let lastConnection = 0

/** `tls`: Modbus/TCP Security. `clear-text`: Modbus TCP, which reads at most. */
export type ListenerKind = ListenerSettings['security']['kind']

export interface Listener {
  readonly name: string
  readonly kind: ListenerKind
  readonly host: string
  readonly port: number
  connections(): number
  /** Takes on another configuration of the same door: connections to which it makes a difference end at once. */
  change(settings: ListenerSettings, credentials: Credentials | 'none', gatekeeper: AdmissionPolicy): void
  close(): Promise<void>
}

type Client = Extract<Subject, { kind: 'client' }>
type Standing =
  | {
      readonly kind: 'stands'
      readonly text: string
      readonly between: Extract<Judged, { kind: 'known' }>['between']
      readonly subject: Client
    }
  | Extract<Judged, { kind: 'refused' }>
type Guest = { readonly session: SessionHandle; readonly peer: Peer | 'none'; readonly subject: Client; readonly standing: string }

/** Listens for Modbus/TCP Security, or for Modbus in the clear. The source is looked up in the access control list before one byte is read. */
export function startListener(
  settings: ListenerSettings,
  credentials: Credentials | 'none',
  gatekeeper: AdmissionPolicy,
  ports: ListenerPorts,
): Promise<Listener> {
  return new OpenListener(settings, credentials, gatekeeper, ports).open()
}

class OpenListener {
  #settings: ListenerSettings
  #gatekeeper: AdmissionPolicy
  readonly #ports: ListenerPorts
  readonly #tls: SecureServer | 'none'
  readonly #tcp: Server
  readonly #guests
  readonly #raw = new Set<Socket>()
  /** Node forgets the peer's address when it refuses a certificate; the TCP socket below the TLS one, noted at its accept, has it still. */
  readonly #sources = new WeakMap<Socket, string>()
  readonly #inside = new Set<Guest>()
  readonly #timers: { recheck: () => void; reminder: () => void } = { recheck: () => undefined, reminder: () => undefined }

  constructor(settings: ListenerSettings, credentials: Credentials | 'none', gatekeeper: AdmissionPolicy, ports: ListenerPorts) {
    this.#settings = settings
    this.#gatekeeper = gatekeeper
    this.#ports = ports
    this.#guests = createConnectionLimits(() => this.#settings.limits)
    const { security } = settings
    this.#tls =
      security.kind === 'tls' && credentials !== 'none' ? createTls(credentials, security.handshakeMs, ports.clock, ports.random) : 'none'
    if (this.#tls !== 'none') this.#answerTls(this.#tls)
    this.#tcp = createTcpServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (raw) => this.#accept(raw))
  }

  open(): Promise<Listener> {
    const { name, host, port, security } = this.#settings
    return new Promise((resolve, reject) => {
      this.#tcp.once('error', (error) => {
        this.#stopTimers()
        reject(error)
      })
      this.#tcp.listen(port, host, () => {
        const bound = this.#tcp.address()
        this.#recheckLater()
        if (security.kind === 'clear-text') this.#remind()
        resolve({
          name,
          kind: security.kind,
          host,
          port: typeof bound === 'object' && bound !== null ? bound.port : port,
          connections: () => this.#raw.size,
          change: (next, credentials, gatekeeper) => this.#change(next, credentials, gatekeeper),
          close: () => this.#close(),
        })
      })
    })
  }

  #answerTls(tls: SecureServer): void {
    const { report } = this.#ports
    tls.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const reason = handshakeFailure(error.code, socket.authorizationError as unknown as string | undefined)
      report('tls-handshake-failed', { source: this.#sourceUnder(socket), listener: this.#settings.name, reason })
      socket.destroy()
    })
    tls.server.on('secureConnection', (socket) => {
      socket.on('error', () => undefined) // the session hears of it by `close`
      const peer = tls.peerOf(socket)
      if (peer === undefined) return void socket.destroy()
      this.#welcome(socket, peer, this.#sourceUnder(socket))
    })
  }

  #accept(raw: Socket): void {
    const address = raw.remoteAddress ?? ''
    const source = `${bare(address)}:${raw.remotePort ?? 0}`
    raw.on('error', () => undefined)
    const { clock, report } = this.#ports
    const listed = this.#refusalOf(address)
    const mostly = this.#gatekeeper.acl(address)
    const operates = mostly !== 'not-listed' && mayControl(levelsOf(mostly, this.#limit()))
    const refusal = listed === 'welcome' ? this.#guests.enter(address, operates ? 'control' : 'read', clock.now()) : listed
    if (refusal !== 'welcome') {
      const id = listed === 'welcome' ? 'connection-limit' : 'connection-refused-acl'
      report(id, { source, listener: this.#settings.name, reason: refusal })
      return void raw.destroy()
    }
    this.#raw.add(raw)
    this.#sources.set(raw, source)
    raw.on('close', () => {
      this.#raw.delete(raw)
      this.#guests.leave(address)
    })
    if (this.#tls === 'none') this.#welcome(raw, 'none', source)
    else this.#tls.server.emit('connection', raw)
  }

  /** In the clear everybody reads at most. */
  #limit(): LevelLimit {
    return { kind: this.#settings.security.kind === 'tls' ? 'none' : 'clear-text' }
  }

  #refusalOf(address: string): string {
    const access = this.#gatekeeper.acl(address)
    if (access === 'not-listed') return 'not in the access control list'
    if (levelAt(levelsOf(access, { kind: 'none' }), '') !== 'none') return 'welcome'
    return `level none by ${access.usual === 'none' ? 'every entry' : access.usual.from}`
  }

  /** Run after each handshake, a resumed one too: OpenSSL resumes without looking at dates and revocation again. */
  #welcome(socket: Socket, peer: Peer | 'none', source: string): void {
    lastConnection += 1
    const connection = toConnectionId(lastConnection)
    const standing = this.#standingOf(peer, socket.remoteAddress ?? '', source, connection)
    const { report, clock, admission, serve, left } = this.#ports
    const { name: listener, inFlight, limits } = this.#settings
    if (standing.kind === 'refused') {
      const { event, name, reason } = standing
      if (event === 'role-invalid') report(event, { subject: name, source, listener, reason })
      else report(event, { source, listener, reason: name === '' ? reason : `${name}: ${reason}` })
      return void socket.destroy()
    }
    const { subject, between } = standing
    if (this.#tls !== 'none') this.#tls.remember(between)
    if (subject.role === 'NULL') report('role-missing', { subject: subject.name, source, listener })
    else this.#reportUnknownRole(subject, source)
    report('connection-opened', { subject: subject.name, role: subject.role, source, listener, reason: describeLevel(subject) })
    const ended = (): void => {
      this.#inside.delete(guest)
      left(connection)
    }
    const operates = mayControl(subject.levels) && this.#gatekeeper.operates(subject.role)
    const { idleMs } = limits
    const session = startSession(socket, { subject, listener, inFlight, idleMs, clock, report, admission, operates, serve, ended })
    const guest: Guest = { session, peer, subject, standing: standing.text }
    this.#inside.add(guest)
  }

  /** A role that the site does not have is no reason to refuse a connection; without this word, each request is refused for no visible one. */
  #reportUnknownRole({ name: subject, role }: Client, source: string): void {
    const standing = this.#gatekeeper.standingOfRole(role)
    if (standing.kind === 'known') return
    const reason = `${describeUnknownRole(role, standing)}, so it has no rights`
    this.#ports.report('role-invalid', { subject, source, listener: this.#settings.name, reason })
  }

  /** What a client is at this moment; a connection whose text changes has become another's. */
  #standingOf(peer: Peer | 'none', address: string, source: string, connection: ConnectionId): Standing {
    const { acl, judge, rightsOf } = this.#gatekeeper
    const { security } = this.#settings
    const refused = (reason: string): Standing => ({ kind: 'refused', event: 'tls-handshake-failed', name: '', reason })
    const access = acl(address)
    if (access === 'not-listed') return refused('its address is not in the access control list any more')
    const judged: Judged =
      security.kind === 'clear-text'
        ? { kind: 'known', name: bare(address), role: security.role, limit: { kind: 'clear-text' }, between: [] }
        : peer === 'none'
          ? { kind: 'refused', event: 'tls-handshake-failed', name: '', reason: 'no certificate' }
          : judge(peer)
    if (judged.kind === 'refused') return judged
    const levels = levelsOf(access, judged.limit)
    if (levelAt(levels, '') === 'none') return refused('its address has level none')
    const { name, role, between } = judged
    const text = JSON.stringify([name, role, describeLevels(levels), rightsOf(role)])
    return { kind: 'stands', text, between, subject: { kind: 'client', name, role, source, levels, connection } }
  }

  #change(settings: ListenerSettings, credentials: Credentials | 'none', gatekeeper: AdmissionPolicy): void {
    this.#settings = settings
    this.#gatekeeper = gatekeeper
    if (this.#tls !== 'none' && credentials !== 'none') this.#tls.change(credentials)
    this.#recheck()
  }

  #recheck(): void {
    for (const guest of this.#inside) {
      const { subject, peer, session } = guest
      const { source, connection } = subject
      const standing = this.#standingOf(peer, source.replace(/:\d+$/, ''), source, connection)
      if (standing.kind === 'stands' && standing.text === guest.standing) continue
      const reason = standing.kind === 'refused' ? standing.reason : describeChange(standing.subject)
      const listener = this.#settings.name
      this.#ports.report('access-withdrawn', { subject: subject.name, role: subject.role, source, listener, reason })
      session.close(reason)
    }
  }

  #recheckLater(): void {
    this.#timers.recheck = this.#ports.clock.after(RECHECK_MS, () => {
      this.#recheck()
      this.#recheckLater()
    })
  }

  #remind(): void {
    const { name: listener, host, port } = this.#settings
    this.#ports.report('plaintext-listener-on', { listener, source: `${host}:${port}` })
    this.#timers.reminder = this.#ports.clock.after(CLEAR_TEXT_REMINDER_MS, () => this.#remind())
  }

  #sourceUnder(socket: TLSSocket): string {
    const below = (socket as unknown as { _parent?: Socket })._parent
    return (below === undefined ? undefined : this.#sources.get(below)) ?? 'unknown'
  }

  #stopTimers(): void {
    this.#timers.recheck()
    this.#timers.reminder()
    if (this.#tls !== 'none') this.#tls.close()
  }

  #close(): Promise<void> {
    this.#stopTimers()
    return new Promise((closed) => {
      this.#tcp.close(() => closed())
      for (const raw of this.#raw) raw.destroy()
    })
  }
}

const mayControl = ({ usual, of }: AccessLevels): boolean => usual === 'control' || [...of.values()].includes('control')

/** The level that a client gets, and what keeps it from more. */
function describeLevel({ levels }: Client): string {
  return mayControl(levels) ? 'level control' : `level read: ${describeLevelCause(causeOfLevel(levels, ''))}`
}

const describeChange = (now: Client): string =>
  `what it may do was changed${now.levels.limit.kind === 'lowered' ? `, ${describeLevel(now)}` : ''}`

const bare = (address: string): string => address.replace(/^::ffff:/, '')
