import type { RegisterNumber } from '../modbus/index.ts'
import type { OperationClass } from './operation.ts'

/** A command of the command interface, exactly as documented: anything that differs is unknown. */
export type Command = {
  readonly code: number
  readonly words: string
  readonly class: OperationClass
  /** Bytes of the parameters, the length word included (10–30). */
  readonly length: number
  readonly destination: number
  readonly security: number
  readonly source: string
}

/** Registers that plain write functions may reach, and what writing them means. */
export type WritableRange = {
  readonly from: RegisterNumber
  readonly to: RegisterNumber
  readonly class: OperationClass
  readonly words: string
  readonly source: string
}

/** Where a breaker shows its state. Each bit is a mask in `register`. */
export type StatusMap = {
  readonly register: RegisterNumber
  readonly closed: number
  readonly tripped: number
  readonly invalid: number
  readonly currents: RegisterNumber
}

/** A breaker family behind one kind of interface: data, from config/profiles. */
export type Profile = {
  readonly name: string
  readonly family: string
  readonly status: StatusMap
  readonly commands: readonly Command[]
  readonly writable: readonly WritableRange[]
}
