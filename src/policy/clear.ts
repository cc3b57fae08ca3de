import { type Operation, carriesFreeBytes, reachesIntoCommands } from '../breakers/index.ts'
import type { RecordId } from '../events/index.ts'
import type { Allow } from './decide.ts'

declare const cleared: unique symbol
/** Leave to put one operation on a bus, once. Only `clear` makes one; an object that looks like it does not compile. */
export type Cleared = { readonly operation: Operation; readonly record: RecordId | 'none'; readonly [cleared]: true }

/** Joins a decision and its durable record. That an intrusive operation has none here is a bug, not a refusal: it throws. */
export function clear(operation: Operation, verdict: Allow, record: RecordId | 'none'): Cleared {
  if (verdict.record === 'write-ahead' && record === 'none') throw new Error(`"${operation.words}" was to be cleared without a record`)
  if (verdict.record === 'none' && operation.class !== 'monitor')
    throw new Error(`"${operation.words}" was allowed without asking for a record`)
  if (reachesIntoCommands(operation.request)) throw new Error(`"${operation.words}" was to be sent with what a client wrote for a password`)
  if (carriesFreeBytes(operation)) throw new Error(`"${operation.words}" was to carry a frame of a client's choice to a line`)
  return { operation, record } as Cleared
}
