import { z } from 'zod'
import { acts, operationClasses, optionalFunctions, parameterTypes, passwordLevels, passwordRules } from '../breakers/index.ts'
import { duration } from './duration.ts'

/** What each key of a profile expects, with an example. */
export const profileExpectations: Readonly<Record<string, string>> = {
  family: 'the family as on the front, such as "ComPacT NSX"',
  interface: 'what it is reached through, such as "BSCM, behind an IFM or IFE"',
  warning: 'a text for whoever configures it',
  'password-rule': '"four-characters" or "micrologic-active": what its passwords look like',
  include: 'names of profiles that are reached at the same unit, such as ["io-module"]',
  status: 'a table [status], or none for what has no state',
  'status.register': 'a register number from 1 to 65536, such as 12001',
  'status.closed-bit': 'a bit from 0 to 15',
  'status.tripped-bit': 'a bit from 0 to 15, or "none"',
  'status.invalid-bit': 'a bit from 0 to 15',
  'status.currents': 'the register of the current of phase 1, such as 12016',
  'status.source': 'the document that it is from, such as "DOCA0091EN"',
  command: 'a [[command]]',
  'command.code': 'the code of register 8000, such as 904',
  'command.words': 'what it does, with {breaker}, such as "open circuit breaker {breaker}"',
  'command.class': `one of ${operationClasses.slice(0, 6).join(', ')}`,
  'command.act': `what it does to the contacts: one of ${acts.join(', ')}; left out: other`,
  'command.length': 'the length word of register 8001 from 10 to 30, a list of them, or "unconfirmed"',
  'command.destination': 'the destination word of register 8002, such as 4353, or a list of them',
  'command.security': 'the security type of register 8003: 0 or 1',
  'command.password': `who may run it, such as ["operator", "administrator"]; left out when it needs no password`,
  'command.source': 'the document that it is from, such as "DOCA0091EN"',
  'command.parameter': 'a list of parameters, such as [{ register = 8006, words = "pick-up Ir", unit = "A" }]',
  'command.parameter.register': 'a register from 8006 to 8015',
  'command.parameter.words': 'its name, such as "pick-up Ir"',
  'command.parameter.type': `one of ${parameterTypes.join(', ')}`,
  'command.parameter.unit': 'a unit, such as "A"',
  'command.parameter.scale': 'by what the real value was multiplied, such as 10',
  'command.parameter.values': 'words for single values, such as { 0 = "enable", 1 = "inhibit" }',
  writable: 'a [[writable]]',
  coil: 'a [[coil]]',
  readable: 'a [[readable]]',
  refresh: 'a [[refresh]]',
  'refresh.every': 'how often the device renews them, from 100ms to 60s, such as "1s"',
  identify: 'a [[identify]]',
  'identify.register': 'a register that only this family has, such as 563',
  'identify.source': 'the document that it is from',
  function: 'a [[function]]',
  'function.name': `one of ${optionalFunctions.join(', ')}`,
  'function.class': 'an operation class, such as "diagnostic"',
  'function.source': 'the document that it is from',
  ...Object.fromEntries(
    ['writable', 'coil', 'readable', 'refresh'].flatMap((table) => [
      [`${table}.from`, 'the first number of the range, from 1 to 65536'],
      [`${table}.to`, 'the last number of the range'],
      [`${table}.class`, `one of ${operationClasses.slice(1, 7).join(', ')}`],
      [
        `${table}.words`,
        table === 'readable' || table === 'refresh' ? 'what they hold, such as "currents"' : 'what writing does, with {breaker}',
      ],
      [`${table}.source`, 'the document that it is from, such as "DOCA0091EN"'],
    ]),
  ),
}

const number = z.int().min(1).max(0x10000)
const word = z.int().min(0).max(0xffff)
const length = z.int().min(10).max(30)
const bit = z.int().min(0).max(15)
const source = z.string().min(1)
const withBreaker = z.string().refine((text) => text.includes('{breaker}'))
/** What a command may be: what is `unknown` or `file` is refused anyway, and needs no line. */
const commandClass = z.enum(operationClasses.filter((name) => name !== 'unknown' && name !== 'file'))
const intrusiveClass = z.enum(operationClasses.filter((name) => name !== 'monitor' && name !== 'unknown' && name !== 'file'))

const parameter = z.strictObject({
  register: z.int().min(8006).max(8015),
  words: z.string().default(''),
  type: z.enum(parameterTypes).default('uint16'),
  unit: z.string().default(''),
  scale: z.number().positive().default(1),
  values: z.record(z.string().regex(/^\d+$/), z.string().min(1)).default({}),
})

const command = z.strictObject({
  code: z.int().min(1).max(0xffff),
  words: withBreaker,
  class: commandClass,
  act: z.enum(acts).default('other'),
  length: z.union([length, z.array(length).min(1), z.literal('unconfirmed')]),
  destination: z.union([word, z.array(word).min(1)]),
  security: z.int().min(0).max(1),
  password: z.array(z.enum(passwordLevels)).min(1).optional(),
  parameter: z.array(parameter).default([]),
  source,
})

const writable = z.strictObject({ from: number, to: number, class: intrusiveClass, words: withBreaker, source })

/** The shape of a profile. What belongs together across keys is checked in `profiles.ts`. */
export const profileSchema = z.strictObject({
  family: z.string().min(1),
  interface: z.string().min(1),
  warning: z.string().default(''),
  'password-rule': z.enum(passwordRules).default('four-characters'),
  include: z.array(z.string().regex(/^(parts\/)?[a-z0-9-]+$/)).default([]),
  status: z
    .strictObject({
      register: number,
      'closed-bit': bit,
      'tripped-bit': z.union([bit, z.literal('none')]),
      'invalid-bit': bit,
      currents: number,
      source,
    })
    .optional(),
  command: z.array(command).default([]),
  writable: z.array(writable).default([]),
  coil: z.array(writable).default([]),
  readable: z.array(z.strictObject({ from: number, to: number, words: z.string().min(1), source })).default([]),
  refresh: z
    .array(z.strictObject({ from: number, to: number, every: duration(100, 60_000), words: z.string().min(1), source }))
    .default([]),
  identify: z.array(z.strictObject({ register: number, source })).default([]),
  function: z.array(z.strictObject({ name: z.enum(optionalFunctions), class: z.enum(operationClasses), source })).default([]),
})
export type ProfileFile = z.infer<typeof profileSchema>
