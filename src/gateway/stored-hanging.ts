import { z } from 'zod'
import type { Tag, TagJob } from '../policy/index.ts'
import type { MasterLockState } from './master-lock.ts'

const removal = z.union([z.literal('none'), z.object({ by: z.string(), reason: z.string(), utcUs: z.number() })])
const tag = z.object({
  id: z.string(),
  on: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('breaker'), breaker: z.string() }),
    z.object({ kind: z.literal('job'), job: z.string() }),
  ]),
  owner: z.string(),
  reason: z.string(),
  workOrder: z.string(),
  sinceUtcUs: z.number(),
  offeredTo: z.string(),
  removal,
})
const job = z.object({
  name: z.string(),
  breakers: z.array(z.string()),
  leader: z.string(),
  reason: z.string(),
  workOrder: z.string(),
  sinceUtcUs: z.number(),
})
const masterLock = z.object({ on: z.boolean(), by: z.string(), reason: z.string(), sinceUtcUs: z.number() })

function parsed<T>(schema: z.ZodType<T>, text: string): T | 'none' {
  try {
    const found = schema.safeParse(JSON.parse(text))
    return found.success ? found.data : 'none'
  } catch {
    return 'none'
  }
}

/** A tag as it is stored; `none`: the text is not one. */
export const tagOf = (text: string): Tag | 'none' => parsed(tag, text)
export const jobOf = (text: string): TagJob | 'none' => parsed(job, text)
export const masterLockOf = (text: string): MasterLockState | 'none' => parsed(masterLock, text)
