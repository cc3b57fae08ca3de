import { z } from 'zod'

/** What the API and its clients agree on of the journal and its sinks. */
export const eventSeverities = ['alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'] as const
export const eventCategories = [
  'access-control',
  'request-error',
  'control-system',
  'backup-restore',
  'configuration-change',
  'audit-log',
  'operation',
] as const
/** An instant, as ISO 8601 with its zone. */
const instant = z.iso.datetime({ offset: true, error: 'expected an instant, such as 2026-11-24T06:00:00Z' })
const word = z.string().min(1).max(256)
export const eventsQuery = z.strictObject({
  /** Only events behind this number; left out, without an instant: the newest. */
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  since: instant.optional(),
  until: instant.optional(),
  breaker: word.optional(),
  subject: word.optional(),
  category: z.enum(eventCategories).optional(),
  /** This and graver ones. */
  severity: z.enum(eventSeverities).optional(),
  /** Of one kind, with the `events-collapsed` that count more of them. */
  id: word.optional(),
  correlation: word.optional(),
  /** Seconds to wait for the next event when there is none yet. */
  wait: z.coerce.number().min(0).max(30).default(0),
})
export const exportFormats = ['csv', 'jsonl', 'bundle'] as const
export const exportQuery = z.strictObject({
  format: z.enum(exportFormats),
  since: instant.optional(),
  until: instant.optional(),
  /** A byte order mark before a CSV: yes or no. */
  bom: z.enum(['yes', 'no']).default('no'),
})
/** Whether an export could begin now; one runs at a time. */
export type ExportView =
  | { readonly kind: 'free' }
  | { readonly kind: 'running'; readonly subject: string; readonly format: (typeof exportFormats)[number]; readonly seconds: number }
/** A part that cannot be trusted now. `cause` is why the journal cannot be written; of the other parts only `reason` says more. */
export type FaultView = {
  readonly part: 'journal' | 'chain' | 'states' | 'key store' | 'clock' | 'policy'
  readonly cause: 'full' | 'busy' | 'silent' | 'fails' | 'other'
  readonly reason: string
}
export const acceptStatesBody = z.strictObject({ reason: z.string().trim().min(1).max(256) })
/** What is in force after a person has accepted the stored states: every lock is locked, and no grant is left. */
export type AcceptedView = {
  readonly tags: readonly { readonly owner: string; readonly on: string }[]
  readonly masterLock: boolean
  /** What else keeps operations denied. */
  readonly faults: readonly FaultView[]
}
/** One line of the answer to a verification: how far it is, or what came out. */
export type VerifyView =
  | { readonly done: number; readonly of: number }
  | {
      readonly verified:
        | {
            readonly kind: 'whole'
            readonly records: number
            readonly head: { readonly seq: number; readonly hash: string }
            readonly checkpoints: number
            readonly signedUpTo: number
            /** Anchors that were compared, and those of events before the first that is kept. */
            readonly anchors: number
            readonly anchorsBelow: number
          }
        | { readonly kind: 'broken'; readonly seq: number; readonly fault: string; readonly what: string }
        | { readonly kind: 'unreadable'; readonly what: string }
    }
/** What is known of the way to a receiver: opened is not delivered, and over UDP nobody confirms anything. */
export type SinkStateView =
  { readonly kind: 'not-tried' | 'opened' | 'delivers' | 'sends' } | { readonly kind: 'failed'; readonly why: string }

/** How a sink stands. `behind`: beyond its limit. */
export type SinkView = {
  readonly name: string
  readonly receiver: string
  readonly state: SinkStateView
  /** The receiver has confirmed events and nothing has failed since; over UDP: they are sent. */
  readonly connected: boolean
  /** Why it is not; empty when it is. */
  readonly why: string
  readonly owed: number
  readonly owedSeconds: number
  readonly behind: boolean
  readonly sent: number
}
export type SinkTestView = readonly {
  readonly receiver: string
  readonly ok: boolean
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly words: string }[]
}[]

export type EventView = {
  readonly seq: number
  readonly time: string
  readonly id: string
  readonly severity: number
  readonly category: string
  readonly text: string
  readonly fields: Readonly<Record<string, string | number>>
}
