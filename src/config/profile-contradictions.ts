import { type Act, type OperationClass, registersOf, touchesCommands } from '../breakers/index.ts'
import type { ProfileFile } from './profile-schema.ts'

type CommandFile = ProfileFile['command'][number]
type ParameterFile = CommandFile['parameter'][number]

/** Which classes fit what a command does to the contacts. What moves them is control: it is locked, recorded and judged as that. */
export const classesOfAct: Readonly<Record<Act, readonly OperationClass[]>> = {
  open: ['control'],
  close: ['control'],
  reset: ['control'],
  other: ['monitor', 'control', 'protection-setting', 'other-setting', 'clock', 'password', 'diagnostic'],
}

/** What the documents say of every family (DOCA0091EN, DOCA0054EN, DOCA0105EN, DOCA0213EN, DOCA0384EN): guards for an act rest on it. */
const documentedActs: ReadonlyMap<number, Act> = new Map([
  [904, 'open'],
  [905, 'close'],
  [906, 'reset'],
])

/** Setting the clock takes no password and no security type: only its class keeps it locked (DOCA0091EN "IFM Interface Commands"). */
const SET_CLOCK = 769

/** Reading is neither locked nor recorded: a command that takes a password, or has a security type for one, does more than read. */
const isReading = (operationClass: OperationClass): boolean => operationClass === 'monitor'

/** Each contradiction in one command, by the key that it is about. */
export function contradictionsOf(command: CommandFile): readonly { readonly key: keyof CommandFile; readonly text: string }[] {
  const { code, act, class: operationClass, security, password } = command
  const found: { key: keyof CommandFile; text: string }[] = []
  const documented = documentedActs.get(code)
  if (documented !== undefined && act !== documented)
    found.push({ key: 'act', text: `command ${code} has act = "${act}": by the documents of every family it is "${documented}"` })
  if (!classesOfAct[act].includes(operationClass))
    found.push({
      key: 'class',
      text: `command ${code} has act = "${act}" and class "${operationClass}": what moves the contacts is class "control"`,
    })
  if (code === SET_CLOCK && operationClass !== 'clock')
    found.push({ key: 'class', text: `command ${code} has class "${operationClass}": by the documents of every family it sets the clock` })
  if (isReading(operationClass) && (security !== 0 || password !== undefined))
    found.push({
      key: 'class',
      text: `command ${code} is class "monitor" and takes a password or security type 1: what only reads has security = 0 and no password`,
    })
  if (password !== undefined && security === 0)
    found.push({ key: 'security', text: `command ${code} has a password and security type 0: expected security = 1` })
  return found
}

/** Bytes of a parameter, counted from the high byte of register 8006. */
function bytesOf({ register, type }: ParameterFile): number[] {
  const first = 2 * (register - 8006)
  if (type === 'high-byte') return [first]
  if (type === 'low-byte') return [first + 1]
  return Array.from({ length: 2 * registersOf(type) }, (_, i) => first + i)
}

/** What parameters of one command contradict in each other: bytes that are two things, a name that is two values, bytes behind the end. */
export function parameterContradictions(command: CommandFile): readonly { readonly at: number; readonly text: string }[] {
  const { code, length, parameter } = command
  const longest = length === 'unconfirmed' ? 30 : Math.max(...(Array.isArray(length) ? length : [length]))
  return parameter.flatMap((one, at) => {
    const said = `parameter ${one.words === '' ? `at ${one.register}` : `"${one.words}"`} of command ${code}`
    const before = parameter.slice(0, at)
    const texts: string[] = []
    if (before.some((other) => bytesOf(other).some((byte) => bytesOf(one).includes(byte))))
      texts.push(`${said} has bytes that another parameter has: one byte has one meaning`)
    if (one.words !== '' && before.some(({ words }) => words === one.words))
      texts.push(`${said} has the name of another: guards and grants know a value by its name`)
    if ((bytesOf(one)[0] ?? 0) >= longest - 10) texts.push(`${said} begins behind the end of the command: its length is ${longest} bytes`)
    return texts.map((text) => ({ at, text }))
  })
}

type Range = { readonly from: number; readonly to: number }
const meet = (a: Range, b: Range): boolean => a.from <= b.to && b.from <= a.to
const words = ({ from, to }: Range): string => (from === to ? `register ${from}` : `registers ${from} to ${to}`)

/** Why a state cannot be read from where a profile says; `writable`: all registers that plain writes reach. */
export function statusContradiction(status: NonNullable<ProfileFile['status']>, writable: readonly Range[]): string | undefined {
  const shows = [
    { from: status.register, to: status.register },
    { from: status.currents, to: status.currents + 3 },
  ]
  const bits = [status['closed-bit'], status['tripped-bit'], status['invalid-bit']].filter((one) => one !== 'none')
  if (new Set(bits).size < bits.length) return 'two of closed-bit, tripped-bit and invalid-bit are the same bit: each says something else'
  const forged = shows.find((range) => writable.some((other) => meet(range, other)))
  if (forged !== undefined) return `${words(forged)} shows the state and is writable: who writes it would forge what everybody sees`
  return shows.some(({ from, to }) => touchesCommands(from, to - from + 1))
    ? 'the state is read from the command interface (8000 to 8019): it would be what a client has written there'
    : undefined
}

/** The command interface with its result, 8000 to 8149: what is read there belongs to one client, and never comes from memory. */
const COMMANDS_AND_RESULT: Range = { from: 8000, to: 8149 }

export function refreshContradiction(range: Range, writable: readonly Range[]): string | undefined {
  if (meet(range, COMMANDS_AND_RESULT))
    return `refresh ${range.from} to ${range.to} covers the command interface and its result (8000 to 8149): they are never answered from memory`
  return writable.some((other) => meet(range, other))
    ? `refresh ${range.from} to ${range.to} covers a register that can be written: a read right after the write would show the old value`
    : undefined
}

/** A profile without commands has nobody's password to hide: the registers of one cannot be described as plain ones. */
export const readableContradiction = ({ from, to }: Range, hasCommands: boolean): string | undefined =>
  !hasCommands && touchesCommands(from, to - from + 1)
    ? `readable ${from} to ${to} covers the command interface (8000 to 8019), and the profile has no commands: the password there would be shown`
    : undefined

/** Which classes a function can have. Only reading a queue can be no more than reading; the others change the device or its line. */
export const classesOfFunction: Readonly<Record<ProfileFile['function'][number]['name'], readonly OperationClass[]>> = {
  '8/1': ['diagnostic', 'control'],
  '8/3': ['diagnostic', 'control'],
  '8/4': ['diagnostic', 'control'],
  '8/10': ['diagnostic', 'control'],
  '8/20': ['diagnostic', 'control'],
  '24': ['monitor', 'diagnostic', 'other-setting', 'control'],
  '43/16': ['clock', 'control'],
}
