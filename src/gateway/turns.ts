import { IN_PROGRESS, type Operation, RESULT_DATA, RESULT_FIRST, RESULT_STATUS, registersRead } from '../breakers/index.ts'
import type { Outcome } from '../bus/index.ts'
import type { Request } from '../modbus/index.ts'
import type { Clock } from '../platform/index.ts'
import { type ConnectionId, type Sequence, type Subject, followed, freshSequence, leave, readBy, readerOf, take } from '../policy/index.ts'

/** A command's turn on the command interface. */
export type Turn = {
  /** It was not sent, or the device did not take it: what was there before goes on. */
  drop(): void
}

/** What 8020 and 8021 say once a command has ended. */
export type CommandResult = { readonly code: number; readonly status: number }

/** Whose turn it is on the one command interface of a breaker, while the gateway runs. */
export interface Turns {
  take(subject: Subject, operation: Operation): Turn | 'taken'
  /** Learns from an answer what its reader knows now. */
  saw(subject: Subject, request: Request, outcome: Outcome): void
  /** The result of the command that runs now, once its owner has read it: the gateway then need not ask for it itself. */
  result(): Promise<CommandResult>
  /** The gateway's own reading of the result is over. */
  followed(): void
  left(connection: ConnectionId): void
  readerOf(subject: Subject): 'owner' | 'other'
}

const noTurn: Turn = { drop: () => undefined }

export function createTurns(clock: Clock): Turns {
  let sequence: Sequence = freshSequence
  let tell: (result: CommandResult) => void = () => undefined
  let result = new Promise<CommandResult>(() => undefined)
  return {
    take(subject, operation) {
      if (operation.command === 'none' || subject.kind === 'gateway') return noTurn
      const readsOnly = operation.class === 'monitor'
      const before = sequence
      // An emergency waits for nobody's result, and nobody reads its own: it is free again when the gateway knows how it ended.
      const urgent = subject.kind === 'emergency'
      const command = { returnsData: readsOnly, followed: readsOnly }
      const taken = take(urgent ? freshSequence : sequence, subject.connection, command, clock.now())
      const next = urgent && taken !== 'taken' ? leave(taken, subject.connection) : taken
      if (next === 'taken') return 'taken'
      sequence = next
      result = new Promise((resolve) => (tell = resolve))
      return { drop: () => void (sequence = sequence === next ? before : sequence) }
    },
    saw(subject, request, outcome) {
      if (subject.kind === 'gateway' || outcome.kind !== 'reply' || outcome.reply.kind !== 'registers') return
      const { registers } = outcome.reply
      const status = registerIn(RESULT_STATUS, request, registers)
      const code = registerIn(RESULT_FIRST, request, registers)
      const data = registerIn(RESULT_DATA, request, registers) !== undefined
      const finalStatus = status !== undefined && status !== IN_PROGRESS
      if (finalStatus || data) sequence = readBy(sequence, subject.connection, { finalStatus, data })
      if (!finalStatus || code === undefined || readerOf(sequence, subject.connection) === 'other') return
      sequence = followed(sequence)
      tell({ code, status })
    },
    result: () => result,
    followed: () => void (sequence = followed(sequence)),
    left: (connection) => void (sequence = leave(sequence, connection)),
    readerOf: (subject) => (subject.kind === 'gateway' ? 'owner' : readerOf(sequence, subject.connection)),
  }
}

/** The value of one register in a reply that may carry it. */
function registerIn(register: number, request: Request, registers: Uint8Array): number | undefined {
  let at = 0
  for (const { first, count } of registersRead(request)) {
    if (register >= first && register < first + count) {
      const offset = 2 * (at + register - first)
      return ((registers[offset] ?? 0) << 8) | (registers[offset + 1] ?? 0)
    }
    at += count
  }
  return undefined
}
