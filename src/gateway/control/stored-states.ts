import { z } from 'zod'
import { operationClasses } from '../../breakers/index.ts'
import { parseJson, toMonotonic } from '../../platform/index.ts'
import type { Grant, LockState, Tag, TagJob } from '../../policy/index.ts'

/** The lock of the whole site: while it is on, nothing intrusive passes anywhere. */
export type MasterLockState = { readonly on: boolean; readonly by: string; readonly reason: string; readonly sinceUtcUs: number }

/** What people have signed for: that a thing was done at a breaker, and when. */
export type Signature = {
  readonly breaker: string
  readonly item: string
  readonly by: string
  readonly utcUs: number
  readonly note: string
}

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
const instant = z.number().transform(toMonotonic)
const lockedBy = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('default') }),
  z.object({ kind: z.literal('person'), name: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('timer') }),
  z.object({ kind: z.literal('restart') }),
  z.object({ kind: z.literal('trust'), part: z.string() }),
])
const lock = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('locked'), by: lockedBy, sinceUtcUs: z.number() }),
  z.object({
    kind: z.literal('unlocked'),
    by: z.string(),
    reason: z.string(),
    workOrder: z.string(),
    until: instant,
    untilUtcUs: z.number(),
  }),
])
const operationClass = z.enum(operationClasses)
const limits = z.object({ setting: z.string(), minimum: z.number(), maximum: z.number() })
const grantedFor = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('class'), class: operationClass }),
  limits.extend({ kind: z.literal('setting'), class: operationClass, also: z.array(limits).optional() }),
  z.object({
    kind: z.literal('registers'),
    class: operationClass,
    from: z.number(),
    to: z.number(),
    minimum: z.number(),
    maximum: z.number(),
  }),
])
const grant = z.object({
  id: z.string(),
  version: z.number(),
  client: z.string(),
  breaker: z.string(),
  for: grantedFor,
  uses: z.number(),
  used: z.number(),
  window: z.object({ startsMs: z.number(), lengthMs: z.number(), fromUtcUs: z.number(), untilUtcUs: z.number() }),
  askedBy: z.string(),
  askedUtcUs: z.number(),
  reason: z.string(),
  workOrder: z.string(),
  state: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('requested') }),
    z.object({ kind: z.literal('approved'), by: z.string(), from: instant, until: instant }),
    z.object({ kind: z.literal('refused'), by: z.string(), reason: z.string() }),
    z.object({ kind: z.literal('revoked'), by: z.string(), reason: z.string() }),
    z.object({ kind: z.literal('expired') }),
  ]),
})
const masterLock = z.object({ on: z.boolean(), by: z.string(), reason: z.string(), sinceUtcUs: z.number() })

/** A tag as it is stored; `none`: the text is not one. */
export const tagOf = (text: string): Tag | 'none' => parseJson(tag, text)
export const jobOf = (text: string): TagJob | 'none' => parseJson(job, text)
export const lockOf = (text: string): LockState | 'none' => parseJson(lock, text)
export const grantOf = (text: string): Grant | 'none' => parseJson(grant, text)
export const masterLockOf = (text: string): MasterLockState | 'none' => parseJson(masterLock, text)

const signature = z.object({ breaker: z.string(), item: z.string(), by: z.string(), utcUs: z.number(), note: z.string() })
export const signatureOf = (text: string): Signature | 'none' => parseJson(signature, text)

/** What each key holds that bars or permits something. */
const barring: readonly (readonly [string, (text: string) => unknown])[] = [
  ['lock/', lockOf],
  ['tag/', tagOf],
  ['tag-job/', jobOf],
  ['grant/', grantOf],
  ['master-lock', masterLockOf],
]
/** Keys of states that bar or permit something and cannot be read: what they say is not known, so that no operation may be decided. */
export const unreadableStates = (states: ReadonlyMap<string, string>): readonly string[] =>
  [...states]
    .filter(([key, text]) => text !== '' && barring.some(([prefix, read]) => key.startsWith(prefix) && read(text) === 'none'))
    .map(([key]) => key)

const learned = z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())]))

/**
 * Whether a state that an older version wrote, without a MAC, goes on after an update: what people signed for, and what the gateway has
 * seen of breakers and addresses. It neither bars nor permits anything. Cursors begin again, and certificates are seen again.
 */
export function isKeptFromOlder(key: string, text: string): boolean {
  if (key.startsWith('checklist/')) return parseJson(signature, text) !== 'none'
  if (key === 'learned') return parseJson(learned, text) !== 'none'
  return key === 'sources' || key.startsWith('seen/') || key.startsWith('identity/') || key.startsWith('certificate-told/')
}
