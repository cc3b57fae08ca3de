import { X509Certificate } from 'node:crypto'
import { type LookupFunction, type Socket, connect } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as connectTls } from 'node:tls'
import { type Clock, cipherSuites } from '../platform/index.ts'
import { type ClaimEndpoint, type EndpointClaim, addressOf, describeConflict } from './endpoints.ts'
import { CONNECT_MS } from './limits.ts'
import type { OpenWire, Wire, WireEvents } from './wire.ts'

/** Modbus/TCP Security towards the device (port 802): PEM texts of the own certificate and key, and who signs the device's. */
export type TlsTowardsDevice = {
  readonly certificate: string
  readonly key: string
  /** The authority of devices, or the one certificate that this interface has. */
  readonly trust: { readonly kind: 'authority' | 'pinned'; readonly pem: string }
  /** The name in the device's certificate; the host's own when empty. */
  readonly serverName: string
  /** Told of the certificate of the device, each time that a connection stands. */
  readonly saw: (certificate: X509Certificate) => void
}
export type TcpSettings = { readonly host: string; readonly port: number; readonly tls: TlsTowardsDevice | 'none' }

/** Resolves a host name. */
export type Lookup = LookupFunction

export type TcpPorts = {
  readonly clock: Clock
  readonly claimEndpoint: ClaimEndpoint
  /** Resolves host names; the system's resolver when it is left out. */
  readonly lookup?: Lookup | undefined
}

/** A connection to a Modbus TCP interface (IFE, EIFE), in the clear or in TLS. One that has reached another bus's device is not used. */
export const tcpWire =
  (settings: TcpSettings, ports: TcpPorts): OpenWire =>
  (events) =>
    new TcpWire(settings, ports, events)

/** After this long without traffic the kernel asks whether the other end is there, milliseconds. */
const KEEP_ALIVE_MS = 10_000

class TcpWire implements Wire {
  readonly #settings: TcpSettings
  readonly #ports: TcpPorts
  readonly #claim: EndpointClaim
  readonly #events: WireEvents
  #socket: Socket | 'none' = 'none'

  constructor(settings: TcpSettings, ports: TcpPorts, events: WireEvents) {
    this.#settings = settings
    this.#ports = ports
    this.#claim = ports.claimEndpoint()
    this.#events = events
  }

  open(): void {
    const { host, port, tls } = this.#settings
    const { clock, lookup } = this.#ports
    const to = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, ...(lookup && { lookup }) }
    const socket = tls === 'none' ? connect(to) : connectTls({ ...to, ...optionsOf(tls, host) })
    this.#socket = socket
    let why = 'the other end closed it'
    let state: 'opening' | 'open' | 'ended' = 'opening'
    let reached: 'nothing' | 'its-own' | 'another-bus' = 'nothing'
    const cancel = clock.deadline(CONNECT_MS, () => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`)))
    // First of all listeners: before TLS sends its first message.
    socket.prependOnceListener('connect', () => {
      const held = this.#claim.hold(addressOf(socket.remoteAddress ?? host, socket.remotePort ?? port))
      reached = held.kind === 'held' ? 'its-own' : 'another-bus'
      if (held.kind === 'another-bus') socket.destroy(new Error(describeConflict(held.conflict)))
    })
    socket.once(tls === 'none' ? 'connect' : 'secureConnect', () => {
      cancel()
      if (reached !== 'its-own') return // it is being destroyed
      const refusal = tls === 'none' ? 'welcome' : look(socket as TLSSocket, tls, clock)
      if (refusal !== 'welcome') return void socket.destroy(new Error(refusal))
      state = 'open'
      this.#events.opened()
    })
    socket.on('data', (chunk: Buffer) => this.#events.bytes(chunk))
    socket.on('end', () => {
      if (state !== 'open') return
      state = 'ended' // what is written from here on would be lost
      this.#socket = 'none'
      socket.destroy()
      this.#events.ended()
    })
    socket.on('error', (error: Error) => (why = error.message))
    socket.on('close', () => {
      cancel()
      if (state === 'ended') return
      this.#socket = 'none'
      const said = `${host}:${port}: ${why}`
      if (state === 'open') return this.#events.lost(said)
      this.#claim.release()
      this.#events.failed(said)
    })
  }

  write(bytes: Uint8Array): void {
    if (this.#socket !== 'none') this.#socket.write(bytes)
  }

  drop(why: string): void {
    if (this.#socket !== 'none') this.#socket.destroy(new Error(why))
  }

  close(): Promise<void> {
    const socket = this.#socket
    this.#claim.release()
    return new Promise((resolve) => {
      if (socket === 'none') return resolve()
      socket.once('close', () => resolve())
      socket.destroy()
    })
  }
}

/** The device's certificate, before one byte of Modbus is sent to it. */
function look(socket: TLSSocket, { trust, saw }: TlsTowardsDevice, clock: Clock): string {
  const shown = socket.getPeerX509Certificate()
  if (shown === undefined) return 'the interface showed no certificate'
  if (trust.kind === 'pinned' && !shown.raw.equals(new X509Certificate(trust.pem).raw))
    return `the interface showed another certificate than the pinned one: ${shown.subject.replaceAll('\n', ', ')}, ${shown.fingerprint256}`
  if (clock.utcUs() / 1000 > shown.validToDate.getTime()) return `the certificate of the interface has expired on ${shown.validTo}`
  saw(shown)
  return 'welcome'
}

/** A name that is an address is not sent (RFC 6066, 3). */
function optionsOf({ certificate, key, trust, serverName }: TlsTowardsDevice, host: string): ConnectionOptions {
  const name = serverName === '' ? host : serverName
  return {
    cert: certificate,
    key,
    ca: trust.pem,
    minVersion: 'TLSv1.2',
    ciphers: cipherSuites,
    rejectUnauthorized: trust.kind === 'authority', // a pinned one is compared byte for byte instead
    ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }),
  }
}
