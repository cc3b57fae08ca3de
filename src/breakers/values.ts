import { type Request, registerOf } from '../modbus/index.ts'
import { COMMAND_FIRST, HEAD_BYTES, PARAMETER_FIRST, PARAMETER_LAST } from './command-interface.ts'
import type { Operation } from './operation.ts'
import { registersOf, valueOf } from './parameter.ts'
import type { Command, Parameter } from './profile.ts'

/** What an operation does to the contacts. All that is no open, close or reset command of a profile is `other`. */
export const acts = ['open', 'close', 'reset', 'other'] as const
export type Act = (typeof acts)[number]

export const actOf = ({ command }: Operation): Act => (command === 'none' ? 'other' : command.act)

/** One value that an operation writes. */
export type Written =
  /** A command's parameter, in its own unit, by its words in the profile (`pick-up Ir`). */
  | { readonly kind: 'setting'; readonly setting: string; readonly value: number }
  /** A command's parameter without a name: the words of the command say what it is. */
  | { readonly kind: 'unnamed'; readonly register: number }
  /** Bytes of a command that its profile does not describe: they may be any setting. */
  | { readonly kind: 'undescribed'; readonly register: number }
  /** A plain write of one register, its raw value. */
  | { readonly kind: 'register'; readonly register: number; readonly value: number }

/** The name of a written value, as guards and grants spell it; `none` for what has no name. */
export function settingOf(written: Written): string {
  switch (written.kind) {
    case 'setting':
      return written.setting
    case 'register':
      return `register ${written.register}`
    case 'unnamed':
    case 'undescribed':
      return 'none'
  }
}

/** All values that an operation writes, none left out. `not-known` for what cannot be said before it is done, such as a masked write. */
export function valuesOf({ command, request }: Operation): readonly Written[] | 'not-known' {
  if (command !== 'none') return request.kind === 'write-multiple-registers' ? parametersOf(command, request.values) : 'not-known'
  return written(request)
}

function parametersOf(command: Command, values: readonly number[]): readonly Written[] | 'not-known' {
  if (command.parameters.some(({ type }) => type === 'date')) return 'not-known'
  const described = command.parameters.flatMap(({ register, words, type, scale }): Written[] => {
    if (type === 'date') return []
    const words16 = values.slice(register - COMMAND_FIRST, register - COMMAND_FIRST + registersOf(type))
    return [words === '' ? { kind: 'unnamed', register } : { kind: 'setting', setting: words, value: valueOf(type, words16) / scale }]
  })
  return [...described, ...undescribed(command, values)]
}

/**
 * Registers with a byte that no parameter of the profile covers, and that the length word counts as written or that is not 0. A byte
 * beyond the length reaches the device as well: only 0 there is nothing.
 */
function undescribed({ parameters }: Command, values: readonly number[]): Written[] {
  const written = (values[1] ?? 0) - HEAD_BYTES
  const covered = new Set(parameters.flatMap(bytesOf))
  const found = new Set<number>()
  for (let byte = 0; byte < 2 * (PARAMETER_LAST - PARAMETER_FIRST + 1); byte++) {
    const register = PARAMETER_FIRST + (byte >> 1)
    const word = values[register - COMMAND_FIRST] ?? 0
    const value = byte % 2 === 0 ? word >> 8 : word & 0xff
    if (!covered.has(byte) && (byte < written || value !== 0)) found.add(register)
  }
  return [...found].map((register) => ({ kind: 'undescribed', register }))
}

/** The bytes of a parameter, counted from the high byte of register 8006. */
function bytesOf({ register, type }: Parameter): number[] {
  const first = 2 * (register - PARAMETER_FIRST)
  if (type === 'high-byte') return [first]
  if (type === 'low-byte') return [first + 1]
  return Array.from({ length: 2 * registersOf(type) }, (_, i) => first + i)
}

function written(request: Request): readonly Written[] | 'not-known' {
  switch (request.kind) {
    case 'write-single-register':
      return [{ kind: 'register', register: registerOf(request.address), value: request.value }]
    case 'write-multiple-registers':
      return request.values.map((value, i) => ({ kind: 'register', register: registerOf(request.address) + i, value }))
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-scattered-registers':
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-device-identification':
    case 'read-date-time':
    case 'read-exception-status':
    case 'read-fifo-queue':
    case 'read-file-record':
    case 'read-write-multiple-registers':
    case 'report-server-id':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'diagnostics':
    case 'mask-write-register':
    case 'write-date-time':
    case 'write-file-record':
    case 'write-multiple-coils':
    case 'write-single-coil':
      return 'not-known'
  }
}
