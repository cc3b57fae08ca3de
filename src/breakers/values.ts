import { type Request, registerOf } from '../modbus/index.ts'
import { COMMAND_FIRST } from './command-interface.ts'
import type { Operation } from './operation.ts'
import { valueOf } from './parameter.ts'

/** What an operation does to the contacts. All that is no open, close or reset command of a profile is `other`. */
export const acts = ['open', 'close', 'reset', 'other'] as const
export type Act = (typeof acts)[number]

export const actOf = ({ command }: Operation): Act => (command === 'none' ? 'other' : command.act)

/** One value that an operation writes: a command's parameter by its name, or a register by its number. */
export type Written = { readonly setting: string; readonly value: number }

/**
 * All values that an operation writes: parameters in their own unit by the words of the profile (`pick-up Ir`), plain writes as
 * `register 3001` with the raw value. `not-known` for what cannot be told in advance, such as a masked write.
 */
export function valuesOf({ command, request }: Operation): readonly Written[] | 'not-known' {
  if (command !== 'none') return request.kind === 'write-multiple-registers' ? parametersOf(command, request.values) : 'not-known'
  return written(request)
}

function parametersOf(command: Exclude<Operation['command'], 'none'>, values: readonly number[]): readonly Written[] | 'not-known' {
  if (command.parameters.some(({ type }) => type === 'date')) return 'not-known'
  return command.parameters.flatMap(({ register, words, type, scale }) =>
    type === 'date' || words === ''
      ? []
      : [{ setting: words, value: valueOf(type, values.slice(register - COMMAND_FIRST, register - COMMAND_FIRST + 2)) / scale }],
  )
}

function written(request: Request): readonly Written[] | 'not-known' {
  switch (request.kind) {
    case 'write-single-register':
      return [{ setting: `register ${registerOf(request.address)}`, value: request.value }]
    case 'write-multiple-registers':
      return request.values.map((value, i) => ({ setting: `register ${registerOf(request.address) + i}`, value }))
    default:
      return 'not-known'
  }
}
