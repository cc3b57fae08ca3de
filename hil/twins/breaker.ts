/** What a family's command interface looks like from outside (facts: DOCA0091EN, DOCA0054EN, DOCA0105EN). */
export type Family = {
  readonly product: string
  /** Destination word of its commands; a module's errors carry its first byte. */
  readonly destination: number
  readonly commands: readonly ('open' | 'close' | 'reset')[]
  /** MasterPacT shows a charged spring and "ready to close"; ComPacT NSX shows SD. */
  readonly masterpact: boolean
}

export const families = {
  nsx: { product: 'ComPacT NSX250', destination: 0x1101, commands: ['open', 'close', 'reset'], masterpact: false },
  nw: { product: 'MasterPacT NW16', destination: 0x1201, commands: ['open', 'close'], masterpact: true },
  ns: { product: 'ComPacT NS800', destination: 0x1201, commands: ['open', 'close'], masterpact: false },
  mtz: { product: 'MasterPacT MTZ2', destination: 0x1501, commands: ['open', 'close'], masterpact: true },
} as const satisfies Record<string, Family>

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
/** The password of every virtual breaker, as two registers: "0000". */
const PASSWORD = [0x3030, 0x3030]
const IN_PROGRESS = 0x0003

const codes: Readonly<Record<number, 'open' | 'close' | 'reset'>> = { 904: 'open', 905: 'close', 906: 'reset' }

/** A virtual breaker: registers by their documented numbers, and a mechanism behind the command interface. */
export class Twin {
  readonly name: string
  readonly product: string
  closed: boolean
  tripped = false
  readonly #settings: TwinSettings
  readonly #registers = new Uint16Array(65537)
  #energyWh = 1_250_000
  #phase = 0

  constructor(settings: TwinSettings) {
    this.name = settings.name
    this.product = settings.family.product
    this.closed = settings.closed
    this.#settings = settings
    this.refresh()
  }

  /** Register values from `number` on, as a device returns them. */
  read(number: number, quantity: number): number[] {
    return Array.from(this.#registers.subarray(number, number + quantity))
  }

  /** A write by Modbus functions. Writing 8000 runs a command with what the following registers then hold. */
  write(number: number, values: readonly number[]): void {
    this.#registers.set(values, number)
    if (number <= 8000 && number + values.length > 8000) this.#command()
  }

  /** A fault: trips, as the trip unit would. */
  trip(): void {
    this.closed = false
    this.tripped = true
    this.refresh()
  }

  #command(): void {
    const [code = 0, length, destination, security, first, second] = this.read(8000, 6)
    const { family } = this.#settings
    const base = family.destination & 0xff00
    const finish = (error: number): void => {
      this.#registers[8020] = code
      this.#registers[8021] = error === 0 ? 0 : base | error
      this.refresh()
    }
    const action = codes[code]
    if (
      action === undefined ||
      !(family.commands as readonly string[]).includes(action) ||
      destination !== family.destination ||
      length !== 10
    ) {
      return finish(0x02)
    }
    if (security !== 1 || first !== PASSWORD[0] || second !== PASSWORD[1]) return finish(0x01)
    const refused = this.#refusal(action)
    if (refused !== 0) return finish(refused)
    this.#registers[8020] = code
    this.#registers[8021] = IN_PROGRESS
    setTimeout(() => {
      this.closed = action === 'close'
      if (action === 'reset') this.tripped = false
      finish(0)
    }, MECHANISM_MS).unref()
  }

  /** Low byte of the documented error (DOCA0213EN, DOCA0054EN), or 0. */
  #refusal(action: 'open' | 'close' | 'reset'): number {
    switch (action) {
      case 'open':
        return this.closed ? 0 : 0x99
      case 'close':
        return this.tripped ? 0x97 : this.closed ? 0x98 : 0
      case 'reset':
        return this.tripped ? 0 : 0x9a
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
