import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type Profile, operationClasses } from '../breakers/index.ts'
import { type RegisterNumber, toRegisterNumber } from '../modbus/index.ts'
import { toProblems } from './mistakes.ts'
import type { Problem } from './problem.ts'
import { parseToml } from './toml.ts'

const register = z.int().min(1).max(0x10000)
const bit = z.int().min(0).max(15)
const source = z.string().min(1)
const operationClass = z.enum(operationClasses)

const profileSchema = z.strictObject({
  family: z.string().min(1),
  status: z.strictObject({
    register,
    'closed-bit': bit,
    'tripped-bit': z.union([bit, z.literal('none')]),
    'invalid-bit': bit,
    currents: register,
    source,
  }),
  command: z
    .array(
      z.strictObject({
        code: z.int().min(1).max(0xffff),
        words: z.string().min(1),
        class: operationClass,
        length: z.int().min(10).max(30),
        destination: z.int().min(0).max(0xffff),
        security: z.int().min(0).max(1),
        source,
      }),
    )
    .default([]),
  writable: z.array(z.strictObject({ from: register, to: register, class: operationClass, words: z.string().min(1), source })).default([]),
})

/** The profiles that come with the gateway: `config/profiles` of the package. */
export const profileFolder = join(import.meta.dirname, '../../config/profiles')

export const profileNames = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.toml'))
    .map((name) => name.slice(0, -'.toml'.length))
    .sort()

/** Reads one profile; every mistake in it comes back with its place. */
export function loadProfile(folder: string, name: string): Profile | readonly Problem[] {
  const file = join(folder, `${name}.toml`)
  const document = parseToml(file, readFileSync(file, 'utf8'))
  if ('text' in document) return [document]
  const parsed = profileSchema.safeParse(document.values)
  if (!parsed.success) return toProblems(file, document, parsed.error.issues, {})
  const { family, status, command, writable } = parsed.data
  const mask = (position: number | 'none'): number => (position === 'none' ? 0 : 1 << position)
  return {
    name,
    family,
    status: {
      register: number(status.register),
      closed: mask(status['closed-bit']),
      tripped: mask(status['tripped-bit']),
      invalid: mask(status['invalid-bit']),
      currents: number(status.currents),
    },
    commands: command,
    writable: writable.map((range) => ({ ...range, from: number(range.from), to: number(range.to) })),
  }
}

function number(n: number): RegisterNumber {
  const checked = toRegisterNumber(n)
  if (checked === undefined) throw new Error(`the schema let register ${n} through`)
  return checked
}
