import { z } from 'zod'
import { acts, operationClasses } from '../breakers/index.ts'
import { HOUR, MINUTE, duration } from './duration.ts'
import { toHours } from './hours.ts'

/** What each key of [locks] and [[guard]] expects. */
export const guardExpectations: Readonly<Record<string, string>> = {
  locks: 'a table [locks]',
  'locks.longest-unlock': 'the longest that a lock can be opened for, from 1m to 24h, such as "8h"',
  'locks.shift-ends': 'a list of times of day of this machine, such as ["06:00", "14:00", "22:00"]',
  guard: 'a [[guard]]',
  'guard.name': 'a name for people, such as "Ir of the pumps"',
  'guard.classes': `a list of operation classes out of ${operationClasses.slice(1, 7).join(', ')}, such as ["control"]`,
  'guard.acts': `which of them, by what they do: a list out of ${acts.join(', ')}, such as ["close"]`,
  'guard.breakers': 'a list of names or groups of breakers, such as ["Q1", "feeders"]',
  'guard.setting': 'a setting by the words of the profile, such as "pick-up Ir", or a register, such as "register 3001"',
  'guard.minimum': 'the least value that is allowed, in the unit of the setting, such as 160',
  'guard.maximum': 'the greatest value that is allowed, such as 400',
  'guard.step': 'the largest change at a time, such as 20',
  'guard.register': 'the holding register in which the breaker shows the present value, for step, such as 8754',
  'guard.most': 'how many operations one client may do within the time, from 1 to 1000, such as 3',
  'guard.within': 'a time from 1s to 24h, such as "10m"',
  'guard.only-during': 'a list of days and times of this machine, such as ["Mon-Fri 06:00-18:00"], or "Mon-Fri 22:00-06:00" over midnight',
  'guard.select-within': 'a time from 1s to 60s within which the same has to be asked for twice, such as "10s"',
  'guard.grant': 'true, where each operation needs a grant that a second person has approved',
}

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)
const usual = { 'longest-unlock': '8h', 'shift-ends': ['06:00', '14:00', '22:00'] }
export const locksSchema = z
  .strictObject({
    'longest-unlock': duration(MINUTE, 24 * HOUR).default(usual['longest-unlock']),
    'shift-ends': z.array(time).max(12).default(usual['shift-ends']),
  })
  .default(usual)

const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)
export const guardSchema = z.strictObject({
  name: z.string().min(1).max(64),
  classes: z.array(z.enum(operationClasses.slice(1, 7))).min(1),
  acts: z.array(z.enum(acts)).min(1).optional(),
  breakers: z.array(name).min(1).optional(),
  setting: z.string().min(1).max(64).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  step: z.number().positive().optional(),
  register: z.int().min(1).max(0x10000).optional(),
  most: z.int().min(1).max(1000).optional(),
  within: duration(1000, 24 * HOUR).optional(),
  'only-during': z
    .array(z.string().refine((text) => toHours(text) !== undefined))
    .min(1)
    .optional(),
  'select-within': duration(1000, MINUTE).optional(),
  grant: z.literal(true).optional(),
})
export type GuardFile = z.infer<typeof guardSchema>
