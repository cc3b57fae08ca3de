import { IN_PROGRESS, type Operation, RESULT_DATA, RESULT_FIRST, RESULT_STATUS, registersRead } from '../../breakers/index.ts'
import type { Outcome } from '../../bus/index.ts'
import type { Request } from '../../modbus/index.ts'
import type { Clock } from '../../platform/index.ts'
import {
  type CommandKind,
  type ConnectionId,
  type Sequence,
  type Subject,
  type View,
  clientOf,
  end,
  followed,
  freshSequence,
  leave,
  readBy,
  readerOf,
  send,
  take,
  viewOf,
} from '../../policy/index.ts'

/** One request at the command interface: a command with its turn, or a read that may find a result there. */
export type CommandTurn = {
  /** Asked right before the first byte. False for a get that control has overtaken. */
  sends(): boolean
  /** How it ended: `taken` when the device has, or may have, taken a command. */
  ended(taken: 'taken' | 'not-taken'): void
  /** Learns from the answer to a read what its reader knows now. */
  saw(request: Request, outcome: Outcome): void
  /** Whether the reply shows its reader what is its own, or somebody else's. */
  reader(): 'owner' | 'other'
  /** The result of the command, once its owner has read it: the gateway then need not ask for it itself. */
  result(): Promise<CommandResult>
  /** The gateway's own reading of the result is over. */
  followed(): void
}

/** What 8020 and 8021 say once a command has ended. */
export type CommandResult = { readonly code: number; readonly status: number }

/** Whose turn it is on the one command interface of a breaker, while the gateway runs. */
export interface CommandTurns {
  take(subject: Subject, operation: Operation): CommandTurn | 'busy'
  left(connection: ConnectionId): void
}

const never = new Promise<CommandResult>(() => undefined)
const nothing = (): void => undefined

/** `lanes`: whether the bus of the breaker may have several transactions on their way at a time. */
export function createCommandTurns(clock: Clock, lanes: 'one' | 'several'): CommandTurns {
  let sequence: Sequence = freshSequence
  let last = 0
  /** Control commands whose end the gateway does not know yet. */
  const open = new Map<number, (result: CommandResult) => void>()

  function reading(subject: Exclude<Subject, { kind: 'gateway' }>): CommandTurn {
    let view: View = viewOf(sequence, 'several')
    const note = (): boolean => {
      view = viewOf(sequence, lanes)
      return true
    }
    return {
      ...readsOnly,
      sends: note,
      reader: () => readerOf(sequence, subject.connection, view),
      saw(request, outcome) {
        const found = resultIn(request, outcome)
        if (found === 'nothing') return
        const { finalStatus, data, code, status } = found
        const command = view.behind === 'none' ? view.command : view.behind
        const isOwn = readerOf(sequence, subject.connection, view) === 'owner'
        sequence = readBy(sequence, subject.connection, { command, finalStatus, data }, clock.now())
        if (isOwn && finalStatus && code !== undefined && status !== undefined) open.get(command)?.({ code, status })
      },
    }
  }

  function commanding(subject: Exclude<Subject, { kind: 'gateway' }>, command: number, kind: CommandKind): CommandTurn {
    const result = kind === 'get' ? never : new Promise<CommandResult>((resolve) => open.set(command, resolve))
    return {
      sends() {
        const sent = send(sequence, command, kind)
        sequence = sent.sequence
        return sent.kind === 'send'
      },
      ended(taken) {
        sequence = end(sequence, command, taken, clock.now())
        if (taken === 'not-taken') open.delete(command)
      },
      saw: nothing,
      reader: () => readerOf(sequence, subject.connection, viewOf(sequence, 'several')),
      result: () => result,
      followed() {
        open.delete(command)
        sequence = followed(sequence, command, clock.now())
      },
    }
  }

  return {
    take(subject, operation) {
      if (subject.kind === 'gateway') return ofGateway
      if (operation.command === 'none') return reading(subject)
      const kind = operation.class === 'monitor' ? 'get' : 'control'
      const claim = { connection: subject.connection, client: clientOf(subject), command: (last += 1) }
      const taken = take(sequence, { ...claim, kind: subject.kind === 'emergency' ? 'emergency' : kind }, clock.now())
      sequence = taken.sequence
      return taken.kind === 'busy' ? 'busy' : commanding(subject, claim.command, kind)
    },
    left: (connection) => void (sequence = leave(sequence, connection, clock.now())),
  }
}

const readsOnly: CommandTurn = {
  sends: () => true,
  ended: nothing,
  saw: nothing,
  reader: () => 'other',
  result: () => never,
  followed: nothing,
}
/** The gateway sees every result: for the record, and never for a client. */
const ofGateway: CommandTurn = { ...readsOnly, reader: () => 'owner' }

function resultIn(request: Request, outcome: Outcome) {
  if (outcome.kind !== 'reply' || outcome.reply.kind !== 'registers') return 'nothing'
  const { registers } = outcome.reply
  const status = registerIn(RESULT_STATUS, request, registers)
  const data = registerIn(RESULT_DATA, request, registers) !== undefined
  const finalStatus = status !== undefined && status !== IN_PROGRESS
  if (!finalStatus && !data) return 'nothing'
  return { finalStatus, data, status, code: registerIn(RESULT_FIRST, request, registers) }
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
