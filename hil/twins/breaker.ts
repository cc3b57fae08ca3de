import { type DocumentedCommand, type Effect, type Family, type Level, type Ranges, families } from './documents.ts'

export { families }

export type TwinSettings = {
  readonly name: string
  readonly family: Family
  readonly closed: boolean
  /** Rated load, A: what flows when it is closed. */
  readonly load: number
  /** False keeps all values still, so that a test can compare them. */
  readonly moving: boolean
}

/** How long a mechanism takes to open or close, milliseconds. */
const MECHANISM_MS = 80
/** The passwords of every virtual breaker. */
export const passwords = { operator: 'op42', administrator: 'Adm1' } as const
const IN_PROGRESS = 0x0003
const IO_OUTPUTS: Readonly<Record<number, number>> = { 0x2001: 14601, 0x2101: 17601 }

const inRanges = (ranges: Ranges, first: number, count: number): boolean =>
  Array.from({ length: count }, (_, i) => first + i).every((n) => ranges.some(([from, to]) => from <= n && n <= to))

/** A virtual breaker: registers by their documented numbers, and a mechanism behind the command interface. */
export class Twin {
  readonly name: string
  readonly product: string
  closed: boolean
  tripped = false
  /** As it says of itself; another one stands for a device that was exchanged. */
  firmware = 'V1.0'
  closeInhibited = false
  simpleCommands = false
  /** The last command that changed a setting: its code, and the registers from 8000 as they came. */
  stored: { readonly code: number; readonly registers: readonly number[] } | 'nothing' = 'nothing'
  /** How far the device's clock is ahead of the machine's, milliseconds. */
  clockAheadMs = 0
  readonly #settings: TwinSettings
  readonly #registers = new Uint16Array(65537)
  #energyWh = 1_250_000
  #phase = 0

  constructor(settings: TwinSettings) {
    this.name = settings.name
    this.product = settings.family.product
    this.closed = settings.closed
    this.#settings = settings
    for (const [from, to] of settings.family.registers) for (let n = from; n <= to; n++) this.#registers[n] = (n * 7) & 0x0fff
    this.#registers.fill(0, 8000, 8150)
    this.#registers.fill(0, 12000, 12114)
    this.refresh()
  }

  /** True when the documents list all of these registers. */
  has(number: number, quantity: number): boolean {
    return inRanges(this.#settings.family.registers, number, quantity)
  }

  /** Register values from `number` on, as a device returns them. */
  read(number: number, quantity: number): number[] {
    return Array.from(this.#registers.subarray(number, number + quantity))
  }

  /** A write by Modbus functions: a command when it covers 8000, with what the following registers then hold. */
  write(number: number, values: readonly number[]): 'written' | 'no-such-register' {
    const last = number + values.length - 1
    const buffer = number >= 8000 && last <= 8019
    const output = Object.values(IO_OUTPUTS).includes(number) && values.length === 1 && this.simpleCommands
    if (!buffer && !output && !inRanges(this.#settings.family.writable, number, values.length)) return 'no-such-register'
    this.#registers.set(values, number)
    if (number <= 8000 && last >= 8000) this.#command()
    return 'written'
  }

  /** A fault: trips, as the trip unit would. */
  trip(): void {
    this.closed = false
    this.tripped = true
    this.refresh()
  }

  #command(): void {
    const [code = 0, length = 0, destination = 0, security] = this.read(8000, 4)
    const { family } = this.#settings
    const module = destination & 0xff00
    const finish = (error: number, data: readonly number[] = []): void => {
      this.#registers[8020] = code
      this.#registers[8021] = error === 0 ? 0 : module | error
      this.#registers[8022] = 2 * data.length
      this.#registers.fill(0, 8023, 8150)
      this.#registers.set(data, 8023)
      this.refresh()
    }
    const known = family.commands.map((commands) => commands.get(code)).find((command) => command?.destination.includes(destination))
    if (known === undefined || !(known.length === 'any' || known.length.includes(length))) return finish(0x02)
    if (!this.#maySend(known, security)) return finish(0x01)
    const refused = this.#refusal(known.effect)
    if (refused !== 0) return finish(refused)
    if (known.effect === 'open' || known.effect === 'close' || known.effect === 'reset') {
      this.#registers[8020] = code
      this.#registers[8021] = IN_PROGRESS
      const { effect } = known
      setTimeout(() => {
        if (effect === 'reset') this.tripped = false
        else this.closed = effect === 'close'
        finish(0)
      }, MECHANISM_MS).unref()
      return
    }
    finish(0, this.#effect(known.effect, code, destination))
  }

  #maySend({ level }: DocumentedCommand, security: number | undefined): boolean {
    const [first = 0, second = 0] = this.read(8004, 2)
    const sent = String.fromCharCode(first >> 8, first & 0xff, second >> 8, second & 0xff)
    const allowed: Readonly<Record<Level, readonly string[]>> = {
      none: ['\0\0\0\0'],
      operator: [passwords.operator, passwords.administrator],
      administrator: [passwords.administrator],
    }
    return (level === 'none' || security === 1) && allowed[level].includes(sent)
  }

  #effect(effect: Effect, code: number, destination: number): readonly number[] {
    const parameters = this.read(8006, 4)
    switch (effect) {
      case 'inhibit':
        this.closeInhibited = parameters[0] === 1
        return []
      case 'simple-commands':
        this.simpleCommands = (parameters[0] ?? 0) >> 8 === 1
        return []
      case 'output': {
        const bit = 1 << ((parameters[0] ?? 1) - 1)
        const register = IO_OUTPUTS[destination] ?? 14601
        const before = this.#registers[register] ?? 0
        this.#registers[register] = parameters[1] === 0x0100 ? before | bit : before & ~bit
        return []
      }
      case 'clock': {
        const [monthDay = 0, yearHour = 0, minuteSecond = 0, ms = 0] = parameters
        const at = Date.UTC(
          2000 + (yearHour >> 8),
          (monthDay >> 8) - 1,
          monthDay & 0xff,
          yearHour & 0xff,
          minuteSecond >> 8,
          minuteSecond & 0xff,
          ms,
        )
        this.clockAheadMs = at - Date.now()
        return []
      }
      case 'read-clock': {
        const now = new Date(Date.now() + this.clockAheadMs)
        return [
          ((now.getUTCMonth() + 1) << 8) | now.getUTCDate(),
          ((now.getUTCFullYear() - 2000) << 8) | now.getUTCHours(),
          (now.getUTCMinutes() << 8) | now.getUTCSeconds(),
          now.getUTCMilliseconds(),
        ]
      }
      case 'store':
        this.stored = { code, registers: this.read(8000, 20) }
        return []
      case 'return-data':
        return [0xffff, 0xffff, code & 0xff, 1, 2, 3]
      case 'open':
      case 'close':
      case 'reset':
        return []
    }
  }

  /** Low byte of the documented error (DOCA0213EN, DOCA0054EN), or 0. */
  #refusal(effect: Effect): number {
    switch (effect) {
      case 'open':
        return this.closed ? 0 : 0x99
      case 'close':
        return this.closeInhibited ? 0xa0 : this.tripped ? 0x97 : this.closed ? 0x98 : 0
      case 'reset':
        return this.tripped ? 0 : 0x9a
      case 'inhibit':
      case 'clock':
      case 'read-clock':
      case 'output':
      case 'simple-commands':
      case 'store':
      case 'return-data':
        return 0
    }
  }

  /** Brings the 12000 data set up to date; call it about once a second. Places marked unverified in the facts are plausible only. */
  refresh(): void {
    const { load, moving, family } = this.#settings
    if (moving) this.#phase += 0.07
    const amps = (i: number): number => (this.closed ? Math.round(load * (1 + 0.02 * i + 0.03 * Math.sin(this.#phase + 2 * i))) : 0)
    const volts = (i: number): number => Math.round(400 + 2 * Math.sin(this.#phase / 3 + i))
    const currents = [amps(0), amps(1), amps(2), this.closed ? 3 : 0]
    if (moving && this.closed) this.#energyWh += Math.round((Math.sqrt(3) * 400 * (currents[0] ?? 0)) / 3600)
    const ready = family.masterpact ? 0x08 | (this.closed ? 0 : 0x20) : 0
    const status = (this.closed ? 0x01 : 0) | (this.tripped && family.destination !== 0x1201 ? 0x02 : 0) | (this.tripped ? 0x04 : 0) | ready
    const set = (number: number, values: readonly number[]): void => this.#registers.set(values, number)
    set(12000, [family.masterpact ? 0x802f : 0x8007, status])
    set(12016, currents)
    set(12030, [volts(0), volts(1), volts(2), ...[0, 1, 2].map((i) => Math.round(volts(i) / Math.sqrt(3)))])
    set(12036, [500])
    set(12050, [(this.#energyWh / 1000) >>> 16, (this.#energyWh / 1000) & 0xffff])
    set(32000, this.read(12000, 2))
    if (family.destination === 0x1101) set(563, [status & 0x07])
    if (family.destination === 0x1201) set(661, [status & 0x07])
  }
}
