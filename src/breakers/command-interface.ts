import { type Request, registerOf, toAddress } from '../modbus/index.ts'
import { registersWritten } from './access.ts'
import type { Operation } from './operation.ts'
import { describeParameter, describeValue, registersOf } from './parameter.ts'
import type { Command, Parameter, PasswordLevel, Profile } from './profile.ts'

/**
 * The command interface of MicroLogic units: one write of 20 registers from 8000 runs a command; 8020 and on hold its result
 * (DOCA0091EN, "Command Interface").
 */
export const COMMAND_FIRST = 8000
export const COMMAND_LAST = 8019
export const COMMAND_REGISTERS = 20
/** Last command and its state, and the end of the data that it returned. */
export const RESULT_FIRST = 8020
export const RESULT_STATUS = 8021
export const RESULT_DATA = 8023
export const RESULT_LAST = 8149
/** Where the password stands: four characters in two registers. */
export const PASSWORD_FIRST = 8004
export const PASSWORD_LAST = 8005
/** Value of register 8021 while the command runs. */
export const IN_PROGRESS = 0x0003

/** What 8016 to 8019 hold by the documents; what a client writes there is dropped. */
const RESERVED = [0, 8019, 8020, 8021] as const

export type Recognised =
  { readonly kind: 'command'; readonly command: Command; readonly words: string } | { readonly kind: 'unknown'; readonly why: string }

/** Finds the documented command that the 20 values from register 8000 are, or says in what they differ from it. */
export function recogniseCommand(values: readonly number[], commands: readonly Command[]): Recognised {
  const [code, length = 0, destination = 0, security] = values
  const known = commands.filter((candidate) => candidate.code === code)
  const differs = (what: string, is: number | undefined, documented: string): Recognised => ({
    kind: 'unknown',
    why: `command ${String(code)} to {breaker} with ${what} ${String(is)} instead of ${documented}`,
  })
  if (known.length === 0) return { kind: 'unknown', why: `command ${String(code)} to {breaker}, which is not in its profile` }
  const command = known.find((candidate) => candidate.destinations.includes(destination))
  if (command === undefined) return differs('destination', destination, known.flatMap(({ destinations }) => destinations).join(' or '))
  if (security !== command.security) return differs('security type', security, String(command.security))
  const words = wordsOf(command, values)
  if (command.lengths.length === 0)
    return { kind: 'unknown', why: `${words}: no document here gives the length of command ${command.code}, and its profile neither` }
  if (!command.lengths.includes(length)) return differs('length', length, command.lengths.join(' or '))
  // Reading takes no lock: what it does not need is no way to put bytes of a client's choice on the line.
  if (command.class === 'monitor' && values.slice(4 + Math.ceil((length - HEAD_BYTES) / 2) + 2, RESERVED_AT).some((value) => value !== 0))
    return { kind: 'unknown', why: `${words}, with values behind its length` }
  return { kind: 'command', command, words }
}
/** Where the reserved registers of a command begin, counted from 8000. */
const RESERVED_AT = 16

/** Register 8006: parameters stand behind code, length, destination, security type and password, which count as 10 bytes. */
export const PARAMETER_FIRST = 8006
export const PARAMETER_LAST = 8015
export const HEAD_BYTES = 10

function wordsOf({ words, class: operationClass, parameters }: Command, values: readonly number[]): string {
  // What it sets is a secret: said is only that it is set.
  if (operationClass === 'password') return words.replace('{parameters}', 'the password').replace(/\{80\d\d\}/g, '…')
  const placed = parameters.filter(({ register }) => words.includes(`{${register}}`))
  const filled = placed.reduce(
    (text, parameter) => text.replace(`{${parameter.register}}`, describeValue(parameter, values, COMMAND_FIRST)),
    words,
  )
  const said = parameters.filter((one) => !placed.includes(one)).map((one) => describeParameter(one, values, COMMAND_FIRST))
  // What is changed and has no words in the profile is said in numbers: a record must not leave out a value.
  const rest = operationClass === 'monitor' ? [] : undescribed(parameters, values)
  const list = said.join(', ')
  const whole = filled.includes('{parameters}') ? filled.replace('{parameters}', list) : list === '' ? filled : `${filled}: ${list}`
  return rest.length === 0 ? whole : `${whole} (${rest.join(', ')})`
}

function undescribed(parameters: readonly Parameter[], values: readonly number[]): string[] {
  const count = Math.max(0, Math.ceil(((values[1] ?? 0) - HEAD_BYTES) / 2))
  const described = parameters.flatMap(({ register, type }) => Array.from({ length: registersOf(type) }, (_, i) => register + i))
  return Array.from({ length: Math.min(count, 10) }, (_, i) => PARAMETER_FIRST + i)
    .filter((register) => !described.includes(register))
    .map((register) => `${register} = ${values[register - COMMAND_FIRST] ?? 0}`)
}

/** The same write with the password and the reserved registers empty: what a client put there goes nowhere. */
export const withoutPassword = (values: readonly number[]): readonly number[] => withTail(values, [0, 0])

function withTail(values: readonly number[], password: readonly [number, number]): readonly number[] {
  const fixed = COMMAND_REGISTERS - RESERVED.length
  return values.map((value, i) => password[i - (PASSWORD_FIRST - COMMAND_FIRST)] ?? RESERVED[i - fixed] ?? value)
}

/**
 * The operation as it goes to the breaker: the password of the least level that the command takes and the vault has, in its registers.
 * `no-password` when it needs one and there is none.
 */
export function insertPassword(operation: Operation, passwordOf: (level: PasswordLevel) => string | undefined): Operation | 'no-password' {
  const { command, request } = operation
  if (command === 'none' || request.kind !== 'write-multiple-registers' || command.passwords.length === 0) return operation
  for (const level of command.passwords) {
    const password = passwordOf(level)
    if (password === undefined) continue
    return { ...operation, request: { ...request, values: withTail(request.values, inRegisters(password)) } }
  }
  return 'no-password'
}

function inRegisters(password: string): [number, number] {
  const at = (i: number): number => password.charCodeAt(i) & 0xff
  return [(at(0) << 8) | at(1), (at(2) << 8) | at(3)]
}

/** True for a write that is a whole command and nothing else: 20 registers from 8000 by FC 16. */
export const isWholeCommand = (request: Request): boolean =>
  request.kind === 'write-multiple-registers' &&
  registerOf(request.address) === COMMAND_FIRST &&
  request.values.length === COMMAND_REGISTERS

export const touchesCommands = (first: number, count: number): boolean => first <= COMMAND_LAST && first + count - 1 >= COMMAND_FIRST

/**
 * True for a write into the command interface that is no whole command. It may carry a password that did not come from the vault, or run
 * what an earlier command has left there, its password included: no mode lets it pass.
 */
export const reachesIntoCommands = (request: Request): boolean =>
  !isWholeCommand(request) && registersWritten(request).some(({ first, count }) => touchesCommands(first, count))

/** The command that opens a breaker of this profile, as its documents give it; `none` where they give none. */
export function openRequest({ commands }: Profile): Request | 'none' {
  const command = commands.find(({ act, lengths }) => act === 'open' && lengths.length > 0)
  const address = toAddress(COMMAND_FIRST - 1)
  if (command === undefined || address === undefined) return 'none'
  const head = [command.code, command.lengths[0] ?? HEAD_BYTES, command.destinations[0] ?? 0, command.security]
  const values = withTail([...head, ...Array<number>(COMMAND_REGISTERS - head.length).fill(0)], [0, 0])
  return { kind: 'write-multiple-registers', address, values }
}
