import { toAddress } from '../modbus/index.ts'
import { HEAD_BYTES } from './command-interface.ts'
import type { OperationClass } from './operation-class.ts'
import type { Command, Profile } from './profile.ts'
import { type Act, type Written, settingOf, valuesOf } from './values.ts'

type Which = (operationClass: OperationClass, act: Act) => boolean

/** Whether a breaker of this profile has any operation of that kind beside reading. */
export const hasOperation = ({ commands, writable, coils, functions }: Profile, which: Which): boolean =>
  commands.some(({ class: one, act, lengths }) => lengths.length > 0 && which(one, act)) ||
  [...writable, ...coils, ...functions].some(({ class: one }) => which(one, 'other'))

/** The names of all settings that operations of that kind write, by the words of the profile, without plain registers. */
export const namedSettings = (profile: Profile, which: Which): readonly string[] => [
  ...new Set(profile.commands.filter(({ class: one, act }) => which(one, act)).flatMap(namesOf)),
]

const namesOf = ({ parameters }: Command): string[] =>
  parameters.filter(({ type, words }) => type !== 'date' && words !== '').map(({ words }) => words)

/** Whether an operation of that kind writes a setting of this name, a plain register (`register 3001`) included. */
export function hasSetting(profile: Profile, setting: string, which: Which): boolean {
  const register = Number(/^register ([1-9]\d*)$/.exec(setting)?.[1] ?? NaN)
  if (profile.writable.some(({ from, to, class: one }) => from <= register && register <= to && which(one, 'other'))) return true
  return namedSettings(profile, which).includes(setting)
}

/** What a command writes beside some settings: other settings by their names, and whether there is anything without a name. */
export type AlsoWrites = { readonly code: number; readonly settings: readonly string[]; readonly withoutName: boolean }

/** For each command of the class that writes one of these settings: what else it writes. Empty: no command does. */
export function alsoWritten(profile: Profile, operationClass: OperationClass, settings: readonly string[]): readonly AlsoWrites[] {
  return profile.commands
    .filter((command) => command.class === operationClass && namesOf(command).some((name) => settings.includes(name)))
    .flatMap((command) =>
      command.lengths.map((length) => {
        const values = writtenBy(command, length)
        const names = values.map(settingOf)
        return {
          code: command.code,
          settings: [...new Set(names.filter((name) => name !== 'none' && !settings.includes(name)))],
          withoutName: names.includes('none'),
        }
      }),
    )
}

/** All that a command of this length writes; which values is of no interest here. */
function writtenBy(command: Command, length: number): readonly Written[] {
  const address = toAddress(0)
  if (address === undefined) throw new Error('0 is an address')
  const values = [command.code, Math.max(length, HEAD_BYTES), ...Array<number>(18).fill(0)]
  const written = valuesOf({ class: command.class, words: '', command, request: { kind: 'write-multiple-registers', address, values } })
  return written === 'not-known' ? [] : written
}
