import { z } from 'zod'
import { parseJson } from '../../platform/index.ts'
import { type Attempts, noAttempts } from './attempts.ts'
import type { People } from './user.ts'

const password = z.object({ hash: z.string(), setMs: z.number(), mustChange: z.boolean(), history: z.array(z.string()) })
const passkey = z.object({
  id: z.string(),
  publicKey: z.string(),
  counter: z.number(),
  transports: z.array(z.string()),
  name: z.string(),
  addedMs: z.number(),
})
const user = z.object({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  state: z.enum(['active', 'disabled']),
  createdMs: z.number(),
  lastLoginMs: z.union([z.number(), z.literal('never')]),
  password,
  totp: z.union([z.object({ secret: z.string(), lastStep: z.number() }), z.literal('none')]),
  passkeys: z.array(passkey),
  pin: z.union([z.object({ hash: z.string(), setMs: z.number(), history: z.array(z.string()) }), z.literal('none')]),
  // Files of earlier versions do not have it.
  formerPins: z.array(z.string()).default([]),
})
const service = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.array(z.string()),
  enrols: z.string(),
  untilMs: z.number(),
  createdMs: z.number(),
  createdBy: z.string(),
  lastUsedMs: z.union([z.number(), z.literal('never')]),
  tokenHash: z.string(),
})
const people = z.object({ users: z.array(user), services: z.array(service) })

/** The people as their file has them; `not-people`: it is something else. */
export function peopleOf(content: unknown): People | 'not-people' {
  const found = people.safeParse(content)
  return found.success ? found.data : 'not-people'
}

const count = z.object({ failures: z.number(), lastMs: z.number(), lockedUntilMs: z.number() })
const counts = z.record(z.string(), count)
const attempts = z.object({ pairs: counts, sources: counts, names: counts, known: z.record(z.string(), z.array(z.string())) })

/** Counts of wrong log-ins as they are stored. What cannot be read begins again. */
export function attemptsOf(text: string | undefined): Attempts {
  const found = text === undefined ? 'none' : parseJson(attempts, text)
  return found === 'none' ? noAttempts : found
}
