import type { SecurityEvent } from '../events/index.ts'

/** States that are written with an event, in one transaction: key to JSON text. */
export type States = Readonly<Record<string, string>>

/** One thing to write: an event and, in the same transaction, states that must never disagree with it. A checkpoint is made where the chain is. */
export type Entry = {
  readonly event: SecurityEvent | 'checkpoint'
  readonly utcUs: number
  readonly monotonicMs: number
  readonly state: Readonly<Record<string, string>>
}
export type Head = { readonly seq: number; readonly hash: string }
export type StoredOrigin = { readonly boot: string; readonly gateway: string }
export type Space = { readonly freeBytes: number; readonly journalBytes: number }
