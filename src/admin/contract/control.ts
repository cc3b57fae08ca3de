import { z } from 'zod'

/** What the API and its clients agree on about locks, tags, grants and what else stands before a breaker. */
export const scopes = ['control', 'protection-setting', 'other-setting'] as const
export type Scope = (typeof scopes)[number]

/** One day: the longest that any site allows. The usual longest is eight hours. */
export const MAX_UNLOCK_SECONDS = 24 * 60 * 60
export const reason = z.string().trim().min(3, 'say why, in 3 to 200 characters').max(200, 'say why, in 3 to 200 characters')
const workOrder = z.string().trim().max(40).default('')
const name = z.string().trim().min(1).max(64)

/** `version` is the one that was looked at: whoever was second is told. */
const version = z.int().min(0).optional()
export const unlockBody = z.strictObject({
  scope: z.enum(scopes),
  forSeconds: z.int().min(1).max(MAX_UNLOCK_SECONDS),
  reason,
  workOrder,
  version,
})
export const lockBody = z.strictObject({ scope: z.enum(scopes), reason })
export const hangBody = z.strictObject({ reason, workOrder, job: z.string().trim().max(64).default('') })
export const tagActionBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.enum(['remove', 'accept', 'agree-removal']) }),
  z.strictObject({ action: z.literal('ask-removal'), reason }),
  z.strictObject({ action: z.literal('offer'), to: z.string().trim().max(64) }),
])
export const jobBody = z.strictObject({ name, breakers: z.array(z.string()).min(1).max(300), reason, workOrder })
export const masterLockBody = z.strictObject({ on: z.boolean(), reason })
export const grantClasses = ['control', 'protection-setting', 'other-setting', 'clock', 'password', 'diagnostic'] as const
const value = z.number()
const settingLimits = { setting: name, minimum: value, maximum: value }
export const grantForBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('class'), class: z.enum(grantClasses) }),
  z.strictObject({
    kind: z.literal('setting'),
    class: z.enum(grantClasses),
    ...settingLimits,
    /** The other settings that the same command writes. */
    also: z.array(z.strictObject(settingLimits)).max(15).optional(),
  }),
  z.strictObject({
    kind: z.literal('registers'),
    class: z.enum(grantClasses),
    from: z.int().min(1).max(65_536),
    to: z.int().min(1).max(65_536),
    minimum: value,
    maximum: value,
  }),
])
export const grantBody = z.strictObject({
  client: name,
  breaker: name,
  for: grantForBody,
  uses: z.int().min(1).max(100).default(1),
  startsSeconds: z
    .int()
    .min(0)
    .max(7 * 24 * 3600)
    .default(0),
  forSeconds: z
    .int()
    .min(60)
    .max(24 * 3600),
  reason,
  workOrder,
})
export const grantActionBody = z.strictObject({
  action: z.enum(['approve', 'refuse', 'revoke']),
  version,
  reason: z.string().trim().max(200).default(''),
})
export const emergencyBody = z.strictObject({ reason })
/** The name of the breaker, typed once more: the second deliberate step. */
export const emergencyConfirmBody = z.strictObject({ ticket: z.string().min(1).max(64), breaker: name })

/** For the second step of an emergency opening. */
export type EmergencyView = { readonly ticket: string; readonly secondsLeft: number }

/** `recorded`: false while the disk refuses and this, which is in force, is not on it yet: a restart would lose it. */
type Recorded = { readonly recorded: boolean }
export type LockView = { readonly version: number } & Recorded &
  (
    | { readonly locked: true; readonly since: string; readonly by: string; readonly reason: string }
    | {
        readonly locked: false
        readonly until: string
        readonly secondsLeft: number
        readonly by: string
        readonly reason: string
        readonly workOrder: string
      }
  )
export type TagView = Recorded & {
  readonly id: string
  readonly owner: string
  readonly job: string
  readonly reason: string
  readonly workOrder: string
  readonly since: string
  /** To whom it is to be passed on; empty: to nobody. */
  readonly offeredTo: string
  /** Who wants it off and why; empty: nobody but its owner. */
  readonly removalBy: string
  readonly removalReason: string
}
export type JobView = Recorded & {
  readonly name: string
  readonly breakers: readonly string[]
  readonly leader: string
  readonly reason: string
  readonly workOrder: string
  readonly since: string
  readonly tags: readonly TagView[]
}
export type MasterLockView = Recorded & { readonly on: boolean; readonly by: string; readonly reason: string; readonly since: string }
export type GrantView = Recorded & {
  readonly id: string
  readonly version: number
  readonly client: string
  readonly breaker: string
  readonly class: string
  readonly words: string
  /** What the setting is now, where one register of it is known; empty: not read. */
  readonly now: string
  /** What it may become; empty for a whole class. */
  readonly becomes: string
  readonly uses: number
  readonly used: number
  readonly from: string
  readonly until: string
  readonly askedBy: string
  readonly asked: string
  readonly reason: string
  readonly workOrder: string
  readonly state: 'requested' | 'approved' | 'refused' | 'revoked' | 'expired'
  /** Who answered it; empty while nobody has. */
  readonly by: string
  readonly secondsLeft: number
}
export const signBody = z.strictObject({ breaker: name, item: name, note: z.string().trim().max(200).default('') })
/** One thing that people see to at one breaker. `due`: never done, or too long ago. */
export type ChecklistView = {
  readonly breaker: string
  readonly family: string
  readonly item: string
  readonly text: string
  readonly source: string
  readonly everyDays: number
  readonly due: boolean
  /** When; empty: never. */
  readonly signed: string
  readonly by: string
  readonly note: string
}
/** The configuration file, line by line, and whether it is what is in force. */
export type SettingsView = {
  readonly file: string
  readonly inForce: string
  readonly onDisk: string
  readonly mistakes: readonly string[]
  readonly lines: readonly string[]
}

export type LearnedView = {
  readonly seen: readonly {
    readonly client: string
    readonly role: string
    readonly breaker: string
    readonly class: string
    readonly words: string
    readonly wouldDeny: string
    readonly count: number
    readonly first: string
    readonly last: string
  }[]
  /** The smallest change of the configuration that would let all of it pass, as a unified diff; empty when nothing is needed. */
  readonly diff: string
  /** What no configuration lets pass: somebody has to unlock, or it is not meant to happen. */
  readonly notes: readonly string[]
}
