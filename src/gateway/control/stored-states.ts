import { z } from 'zod'
import type { Tag, TagJob } from '../../policy/index.ts'
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

const signature = z.object({ breaker: z.string(), item: z.string(), by: z.string(), utcUs: z.number(), note: z.string() })
const learned = z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())]))

/**
 * Whether a state that an older version wrote, without a MAC, goes on after an update: what people signed for, and what the gateway has
 * seen of breakers and addresses. It neither bars nor permits anything. Cursors begin again, and certificates are seen again.
 */
export function isKeptFromOlder(key: string, text: string): boolean {
  if (key.startsWith('checklist/')) return parsed(signature, text) !== 'none'
  if (key === 'learned') return parsed(learned, text) !== 'none'
  return key === 'sources' || key.startsWith('seen/') || key.startsWith('identity/') || key.startsWith('certificate-told/')
}
