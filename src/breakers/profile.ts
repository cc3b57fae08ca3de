import type { RegisterNumber } from '../modbus/index.ts'
import type { OperationClass } from './operation-class.ts'

/** The password profiles of a MicroLogic unit, the one with the fewest rights first (DOCA0122EN, DOCA0102EN "Password Management"). */
export const passwordLevels = ['operator', 'engineer', 'services', 'administrator'] as const
export type PasswordLevel = (typeof passwordLevels)[number]

/** How a command's parameter stands in its registers. `date` is four registers: month and day, year and hour, minutes and seconds, ms. */
export const parameterTypes = ['uint16', 'int16', 'uint32', 'float32', 'high-byte', 'low-byte', 'date'] as const
export type ParameterType = (typeof parameterTypes)[number]

/** One parameter of a command, for its words: pick-up Ir = 400 A. */
export type Parameter = {
  readonly register: RegisterNumber
  readonly words: string
  readonly type: ParameterType
  readonly unit: string
  /** The value in the register is the real one times this. */
  readonly scale: number
  /** Words that stand for single values, such as 1: inhibit. */
  readonly values: ReadonlyMap<number, string>
}

/** A command of the command interface, exactly as documented: anything that differs is unknown. */
export type Command = {
  readonly code: number
  /** With `{breaker}`, and where its parameters belong: `{8006}` for the value of one, `{parameters}` for all others by name. */
  readonly words: string
  readonly class: OperationClass
  /** What it does to the contacts. */
  readonly act: 'open' | 'close' | 'reset' | 'other'
  /** Bytes of the parameters, the length word included (10–30); empty where no document says: then nothing passes. */
  readonly lengths: readonly number[]
  readonly destinations: readonly number[]
  readonly security: number
  /** Whose passwords the device takes for it, least first; none: the device asks for no password. */
  readonly passwords: readonly PasswordLevel[]
  readonly parameters: readonly Parameter[]
  readonly source: string
}

/** Registers or coils that plain write functions may reach, and what writing them means. `words` has `{breaker}`. */
export type WritableRange = {
  readonly from: number
  readonly to: number
  readonly class: OperationClass
  readonly words: string
  readonly source: string
}

/** Registers that the documents list: what a read of them is called. Other reads pass as well. */
export type ReadableRange = { readonly from: number; readonly to: number; readonly words: string; readonly source: string }

/** Registers that the device renews only so often, by its documents: an answer that is younger is as good as a new one. */
export type RefreshRange = { readonly from: number; readonly to: number; readonly everyMs: number }

/** Functions beyond reading that a device has by its documents. What is not named here is unknown. */
export const optionalFunctions = ['8/1', '8/3', '8/4', '8/10', '8/20', '24', '43/16'] as const
export type OptionalFunction = (typeof optionalFunctions)[number]
export type KnownFunction = { readonly name: OptionalFunction; readonly class: OperationClass; readonly source: string }

/** Where a breaker shows its state. Each bit is a mask in `register`. */
export type StatusMap = {
  readonly register: RegisterNumber
  readonly closed: number
  readonly tripped: number
  readonly invalid: number
  readonly currents: RegisterNumber
}

/** Four characters for each of four profiles, or one account with a long one (MicroLogic Active); DOCA0122EN, S-19, S-20. */
export const passwordRules = ['four-characters', 'micrologic-active'] as const
export type PasswordRule = (typeof passwordRules)[number]

/** A breaker family behind one kind of interface: data, from config/profiles. */
export type Profile = {
  readonly name: string
  readonly family: string
  /** What it is reached through, in words. */
  readonly interface: string
  /** What whoever configures it must know; empty when there is nothing. */
  readonly warning: string
  /** What a password of this family looks like; the vault takes no other. */
  readonly passwordRule: PasswordRule
  readonly status: StatusMap | 'none'
  readonly commands: readonly Command[]
  readonly writable: readonly WritableRange[]
  readonly coils: readonly WritableRange[]
  readonly readable: readonly ReadableRange[]
  readonly refresh: readonly RefreshRange[]
  readonly functions: readonly KnownFunction[]
  /** Registers that tell this family from others: a unit that has them all may be one. */
  readonly identify: readonly number[]
}
