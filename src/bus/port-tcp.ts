import { X509Certificate } from 'node:crypto'
import { type Socket, connect } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as connectTls } from 'node:tls'
import { type Clock, cipherSuites } from '../platform/index.ts'
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

/** A connection to a Modbus TCP interface (IFE, EIFE), in the clear or in TLS. */
export const tcpWire =
  (settings: TcpSettings, clock: Clock): OpenWire =>
  (events) =>
    new TcpWire(settings, clock, events)

/** After this long without traffic the kernel asks whether the other end is there, milliseconds. */
const KEEP_ALIVE_MS = 10_000

class TcpWire implements Wire {
  readonly #settings: TcpSettings
  readonly #clock: Clock
  readonly #events: WireEvents
  #socket: Socket | 'none' = 'none'

  constructor(settings: TcpSettings, clock: Clock, events: WireEvents) {
    this.#settings = settings
    this.#clock = clock
    this.#events = events
  }

  open(): void {
    const { host, port, tls } = this.#settings
    const to = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }
    const socket = tls === 'none' ? connect(to) : connectTls({ ...to, ...optionsOf(tls, host) })
    this.#socket = socket
    let why = 'the other end closed it'
    let state: 'opening' | 'open' | 'ended' = 'opening'
    const cancel = this.#clock.deadline(CONNECT_MS, () => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`)))
    socket.once(tls === 'none' ? 'connect' : 'secureConnect', () => {
      cancel()
      const refusal = tls === 'none' ? 'welcome' : look(socket as TLSSocket, tls, this.#clock)
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
      if (state === 'open') this.#events.lost(said)
      else this.#events.failed(said)
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
