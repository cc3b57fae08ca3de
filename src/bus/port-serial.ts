import { SerialPort } from 'serialport'
import { type AdapterSystem, checkLatency, hintOfOpening } from './adapter.ts'
import { type ClaimEndpoint, type EndpointClaim, describeConflict } from './endpoints.ts'
import type { OpenWire, Wire, WireEvents } from './wire.ts'

/** Who turns the driver of a two-wire line: the adapter itself, the kernel (TIOCSRS485), or this program by RTS. */
export const directions = ['adapter', 'kernel', 'rts'] as const
export type Direction = (typeof directions)[number]

export type SerialSettings = {
  readonly path: string
  readonly baud: number
  readonly parity: 'even' | 'odd' | 'none'
  readonly stopBits: 1 | 2
  readonly direction: Direction
}

/** What is used of a port of `serialport`. */
export type Port = Pick<SerialPort, 'open' | 'set' | 'write' | 'drain' | 'close' | 'on' | 'removeAllListeners' | 'isOpen' | 'port'>
type CreatePort = (settings: SerialSettings) => Port
const realPort: CreatePort = ({ path, baud, parity, stopBits }) =>
  new SerialPort({ path, baudRate: baud, dataBits: 8, parity, stopBits, autoOpen: false, lock: true })

/** A serial port. What it cannot do as asked, such as turning the driver, keeps it closed; what only slows it is a warning. */
export const serialWire =
  (settings: SerialSettings, system: AdapterSystem, claimEndpoint: ClaimEndpoint, createPort: CreatePort = realPort): OpenWire =>
  (events) =>
    new SerialWire(settings, system, events, claimEndpoint(), createPort(settings))

class SerialWire implements Wire {
  readonly #settings: SerialSettings
  readonly #system: AdapterSystem
  readonly #events: WireEvents
  readonly #claim: EndpointClaim
  readonly #port: Port
  #warned = ''

  constructor(settings: SerialSettings, system: AdapterSystem, events: WireEvents, claim: EndpointClaim, port: Port) {
    this.#settings = settings
    this.#system = system
    this.#events = events
    this.#claim = claim
    this.#port = port
    this.#port.on('data', (bytes: Buffer) => events.bytes(bytes))
    this.#port.on('error', () => undefined) // each error also arrives at the call that met it
    this.#port.on('close', () => events.lost('the port was lost'))
  }

  open(): void {
    const { path, direction } = this.#settings
    // Before it is opened, which would set its baud rate; and once more by what was opened, should a link have changed meanwhile.
    const before = this.#holds(path)
    if (before !== 'held') return this.#events.failed(before.why)
    this.#port.open((error) => {
      if (error !== null) {
        this.#claim.release()
        return this.#events.failed([error.message, hintOfOpening(path, this.#system)].filter(Boolean).join('; '))
      }
      const opened = this.#holds(descriptorOf(this.#port))
      if (opened !== 'held') return this.#refuse(opened.why)
      const latency = checkLatency(path, this.#system)
      if (latency !== 'fine') this.#warn(latency)
      if (direction === 'kernel' && !this.#system.letKernelDrive(descriptorOf(this.#port)))
        return this.#refuse(`the driver of ${path} does not turn the direction (TIOCSRS485): set direction = "adapter" or "rts"`)
      if (direction !== 'rts') return this.#events.opened()
      this.#port.set({ rts: false }, (failed) => {
        if (failed === null) return this.#events.opened()
        this.#refuse(`${path} has no RTS line (${failed.message}): set direction = "adapter"`)
      })
    })
  }

  write(bytes: Uint8Array): void {
    if (!this.#port.isOpen) return
    if (this.#settings.direction !== 'rts') return void this.#port.write(Buffer.from(bytes))
    // On before the first bit, off after the last: a driver that is late eats the reply, one that is early cuts the CRC.
    this.#port.set({ rts: true }, () => {
      this.#port.write(Buffer.from(bytes))
      this.#port.drain(() => this.#port.set({ rts: false }))
    })
  }

  drop(): void {
    if (this.#port.isOpen) this.#port.close()
  }

  close(): Promise<void> {
    this.#claim.release()
    return new Promise((resolve) => {
      if (this.#port.isOpen) this.#port.close(() => resolve())
      else resolve()
    })
  }

  #holds(port: string | number): 'held' | { readonly why: string } {
    const device = this.#system.deviceOf(port)
    const held = device === 'none' ? 'held' : this.#claim.hold(device)
    return held === 'held' || held.kind === 'held' ? 'held' : { why: describeConflict(held.conflict) }
  }

  #refuse(why: string): void {
    this.#claim.release()
    this.#port.removeAllListeners('close')
    this.#port.close(() => {
      this.#port.on('close', () => this.#events.lost('the port was lost'))
      this.#events.failed(why)
    })
  }

  /** Once for each new reason: a port that comes and goes does not say it each time. */
  #warn(why: string): void {
    if (why !== this.#warned) this.#events.warning(why)
    this.#warned = why
  }
}

/** The binding of a port on Linux has its file descriptor. */
const descriptorOf = (port: Port): number => (port.port as unknown as { fd: number }).fd
