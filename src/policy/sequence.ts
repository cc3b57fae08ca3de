import type { Monotonic } from '../platform/index.ts'
import type { ConnectionId } from './subject.ts'

/**
 * Whose the command interface of one breaker is. A device has one buffer for commands and one for results: a command belongs to the
 * connection that wrote it until its result was read, and nobody else may write between (DOCA0091EN, "Command Interface").
 */
export type Sequence =
  /** `resultOf`: whose command wrote the result that stands in 8020 on. */
  | { readonly kind: 'free'; readonly resultOf: ConnectionId | 'nobody' }
  | {
      readonly kind: 'running'
      readonly owner: ConnectionId | 'gone'
      /** The instant belongs to free. */
      readonly until: Monotonic
      /** A "get" command returns data behind its status: its owner has read its result only when it has read those. */
      readonly returnsData: boolean
      /** Its owner has read a status that is no longer "in progress", and then all that it may be waiting for. */
      readonly statusSeen: boolean
      readonly read: boolean
      /** The gateway itself has seen the end of the command, for the record. */
      readonly followed: boolean
    }

/** The longest that a command keeps others out, milliseconds from its write. The documents give a client one second to read its result. */
export const SEQUENCE_MS = 5000

export const freshSequence: Sequence = { kind: 'free', resultOf: 'nobody' }

const isOver = (sequence: Sequence, now: Monotonic): boolean => sequence.kind === 'free' || now >= sequence.until

/** A command of `connection` is to be sent: the sequence becomes its own, or is still another's. Its own next command it may send. */
export function take(
  sequence: Sequence,
  connection: ConnectionId,
  command: { readonly returnsData: boolean; readonly followed: boolean },
  now: Monotonic,
): Sequence | 'taken' {
  if (sequence.kind === 'running' && !isOver(sequence, now) && sequence.owner !== connection) return 'taken'
  return { kind: 'running', owner: connection, until: (now + SEQUENCE_MS) as Monotonic, statusSeen: false, read: false, ...command }
}

/** Free once both its owner and the gateway know how it ended. */
function settle(sequence: Sequence): Sequence {
  if (sequence.kind === 'free' || !sequence.read || !sequence.followed) return sequence
  return { kind: 'free', resultOf: sequence.owner === 'gone' ? 'nobody' : sequence.owner }
}

/** `connection` has read: a status that is no longer "in progress", or what stands behind the status. */
export function readBy(
  sequence: Sequence,
  connection: ConnectionId,
  seen: { readonly finalStatus: boolean; readonly data: boolean },
): Sequence {
  if (sequence.kind === 'free' || sequence.owner !== connection) return sequence
  const statusSeen = sequence.statusSeen || seen.finalStatus
  return settle({ ...sequence, statusSeen, read: sequence.read || (statusSeen && (seen.data || !sequence.returnsData)) })
}

export const followed = (sequence: Sequence): Sequence => (sequence.kind === 'free' ? sequence : settle({ ...sequence, followed: true }))

/** A connection has ended: nobody waits for its result any more, and nobody else may see it. */
export function leave(sequence: Sequence, connection: ConnectionId): Sequence {
  if (sequence.kind === 'free') return sequence.resultOf === connection ? freshSequence : sequence
  return sequence.owner === connection ? settle({ ...sequence, owner: 'gone', read: true }) : sequence
}

/** Whether the command area and the result that stand there now are those of `connection`. */
export function readerOf(sequence: Sequence, connection: ConnectionId): 'owner' | 'other' {
  const owner = sequence.kind === 'free' ? sequence.resultOf : sequence.owner
  return owner === connection ? 'owner' : 'other'
}
