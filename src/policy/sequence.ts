import type { Monotonic } from '../platform/index.ts'
import type { ConnectionId } from './subject.ts'

/**
 * Who may use the command interface of one breaker. A device has one buffer for commands and one for results (DOCA0091EN, "Command
 * Interface"): a command has its turn from the decision to send it until its result was read. Two kinds of command exist: a "get"
 * command only reads (class monitor), everything else is control here. Control never waits for a get. Decision 0008 has the reasons.
 */
export type Sequence = {
  readonly turn: CommandTurn | 'none'
  /** Whose result the device holds in 8020 and on. `command` wrote it; `since` counts the changes of owner. */
  readonly result: { readonly of: ConnectionId | 'nobody'; readonly command: number; readonly since: number }
  /** Connections whose get was refused, the first of them first: each has its turn before others get another one. */
  readonly waiting: readonly Waiter[]
  /** From when on the first of them has the interface for itself, as long as no turn runs. */
  readonly reservedFrom: Monotonic
}

export type CommandKind = 'get' | 'control'
/** `client` is the same text for all connections of one certificate from one address. */
type Waiter = { readonly connection: ConnectionId; readonly client: string }

export type CommandTurn = {
  /** The number of the command: each has one of its own. */
  readonly command: number
  readonly owner: ConnectionId | 'gone'
  readonly kind: CommandKind
  /** The instant belongs to free. */
  readonly until: Monotonic
  /** The write: not yet on the line, on the line, or taken by the device. */
  readonly write: 'pending' | 'sent' | 'done'
  /** Until then control of others is refused; `command` is the control command that this protects. */
  readonly guard: { readonly command: number; readonly until: Monotonic } | 'none'
  /** Its owner has read a status that is no longer "in progress", and then all that it may be waiting for. */
  readonly statusSeen: boolean
  readonly read: boolean
  /** The gateway itself has seen the end of the command, for the record. A get has no record. */
  readonly followed: boolean
  /** Control of another connection was refused during this turn. */
  readonly wanted: boolean
  /** The turn that goes on when this command was not sent, and whose result the device then still holds. */
  readonly interrupted: CommandTurn | 'none'
  readonly resultBefore: Sequence['result']
}

/** The longest that one command keeps others out, milliseconds. The documents give a client one second to read its result. */
export const SEQUENCE_MS = 5000
/** How long the first waiting connection has to repeat its get, milliseconds: so much of the 5 s that each of them may cost the next. */
export const RESERVED_MS = 4000
/** Connections whose refused get is remembered for one breaker. One client has one place. */
export const MAX_WAITING_GETS = 16

const nobody = { of: 'nobody', command: 0, since: 0 } as const
export const freshSequence: Sequence = { turn: 'none', result: nobody, waiting: [], reservedFrom: 0 as Monotonic }

export type Claim = {
  readonly connection: ConnectionId
  readonly client: string
  readonly command: number
  /** `emergency`: control that waits for no other control, and whose result nobody reads. */
  readonly kind: CommandKind | 'emergency'
}

const after = (instant: Monotonic, ms: number): Monotonic => (instant + ms) as Monotonic

/** What time alone has changed: a turn is over, or the first waiting connection has not come back. */
function elapse(sequence: Sequence, now: Monotonic): Sequence {
  const { turn } = sequence
  if (turn !== 'none') return now < turn.until ? sequence : elapse({ ...sequence, turn: 'none', reservedFrom: turn.until }, now)
  const lapsed = after(sequence.reservedFrom, RESERVED_MS)
  if (sequence.waiting.length === 0 || now < lapsed) return sequence
  return elapse({ ...sequence, waiting: sequence.waiting.slice(1), reservedFrom: lapsed }, now)
}

/** A command is to be sent: `turn` when it may, `busy` when it is another's turn. Both change the sequence. */
export function take(before: Sequence, claim: Claim, now: Monotonic): { readonly kind: 'turn' | 'busy'; readonly sequence: Sequence } {
  const sequence = elapse(before, now)
  const { turn, waiting } = sequence
  const isOthers = turn !== 'none' && turn.owner !== claim.connection
  if (claim.kind === 'get') {
    const [first] = waiting
    const isReserved = turn === 'none' && first !== undefined && first.connection !== claim.connection
    if (isOthers || isReserved) return { kind: 'busy', sequence: remember(sequence, claim) }
  } else if (claim.kind === 'control' && isOthers && turn.guard !== 'none' && now < turn.guard.until) {
    return { kind: 'busy', sequence: { ...sequence, turn: { ...turn, wanted: true } } }
  }
  return { kind: 'turn', sequence: start(sequence, claim, now) }
}

function remember(sequence: Sequence, { connection, client }: Claim): Sequence {
  const waiting = sequence.waiting.some((one) => one.client === client)
    ? sequence.waiting
    : [...sequence.waiting, { connection, client }].slice(0, MAX_WAITING_GETS)
  return { ...sequence, waiting }
}

function start(sequence: Sequence, { connection, command, kind }: Claim, now: Monotonic): Sequence {
  const { turn } = sequence
  const waiting = kind === 'get' ? sequence.waiting.filter((one) => one.connection !== connection) : sequence.waiting
  const own = turn !== 'none' && turn.owner === connection ? turn : 'none'
  const wanted = own !== 'none' && own.wanted
  const longest = after(now, SEQUENCE_MS)
  const common = { command, write: 'pending', statusSeen: false, wanted, interrupted: turn, resultBefore: sequence.result } as const
  if (kind === 'get') {
    // A get never makes a turn longer for which somebody waits, and each waiting connection costs the next one 5 s at most.
    const isWaitedFor = wanted || waiting.length > 0
    const until = !isWaitedFor ? longest : own === 'none' ? after(sequence.reservedFrom, SEQUENCE_MS) : own.until
    // A control command of the same connection that may still run keeps its protection.
    const guard = own !== 'none' && own.guard !== 'none' && (own.kind === 'get' || !own.followed) ? own.guard : 'none'
    return { ...sequence, waiting, turn: { ...common, kind, owner: connection, until, guard, read: false, followed: true } }
  }
  // Where control of others was refused, its owner may go on, and the turn ends when the gateway knows how the command ended.
  const read = wanted || kind === 'emergency'
  const owner = kind === 'emergency' ? 'gone' : connection
  // No renewal while another waits: its control is let through when the protection of the first command is over.
  const protectedUntil = wanted && own.guard !== 'none' ? own.guard.until : longest
  const guard = { command, until: protectedUntil }
  return { ...sequence, waiting, turn: { ...common, kind: 'control', owner, until: longest, guard, read, followed: false } }
}

/** Changes one turn, the running one or one that it interrupted. */
function change(turn: Sequence['turn'], command: number, to: (turn: CommandTurn) => CommandTurn | 'none'): Sequence['turn'] {
  if (turn === 'none') return turn
  return turn.command === command ? to(turn) : { ...turn, interrupted: change(turn.interrupted, command, to) }
}

/** The first byte of the command goes on the line now, or may not: control has taken the interface from a get that had not been sent. */
export function send(
  sequence: Sequence,
  command: number,
  kind: CommandKind,
): { readonly kind: 'send' | 'overtaken'; readonly sequence: Sequence } {
  const { turn, result } = sequence
  const isOvertaken = kind === 'get' && turn !== 'none' && turn.kind === 'control' && turn.command !== command
  const isForgotten = kind === 'get' && (turn === 'none' || (turn.command !== command && !isUnder(turn, command)))
  if (isOvertaken || isForgotten) return { kind: 'overtaken', sequence }
  const sent = change(turn, command, (one) => ({ ...one, write: 'sent', resultBefore: result }))
  const writer = find(turn, command)
  const isOwn = writer !== 'none' && writer.owner === result.of
  return { kind: 'send', sequence: { ...sequence, turn: sent, result: isOwn ? result : { ...nobody, since: result.since + 1 } } }
}

const isUnder = ({ interrupted }: CommandTurn, command: number): boolean =>
  interrupted !== 'none' && (interrupted.command === command || isUnder(interrupted, command))

/** Takes away what protected a command that has ended from the gets behind it. */
function unguarded(turn: Sequence['turn'], command: number): Sequence['turn'] {
  if (turn === 'none') return turn
  const interrupted = unguarded(turn.interrupted, command)
  const isOver = turn.command !== command && turn.guard !== 'none' && turn.guard.command === command
  return { ...turn, interrupted, guard: isOver ? 'none' : turn.guard }
}

/** The exchange with the device has ended: it has, or may have, taken the command; or surely not, and what was before goes on. */
export function end(sequence: Sequence, command: number, taken: 'taken' | 'not-taken', now: Monotonic): Sequence {
  const { turn, result } = sequence
  if (taken === 'not-taken') {
    const was = turn !== 'none' && turn.command === command && turn.write === 'sent' ? turn.resultBefore : result
    const back = unguarded(
      change(turn, command, ({ interrupted }) => interrupted),
      command,
    )
    const reservedFrom = back === 'none' && turn !== 'none' ? now : sequence.reservedFrom
    return settle({ ...sequence, turn: back, result: was, reservedFrom }, now)
  }
  const changed = change(turn, command, (one) => ({ ...one, write: 'done', interrupted: 'none' }))
  const ended = find(changed, command)
  // What a command that was sent later has written is not its result.
  if (ended === 'none' || (turn !== 'none' && turn.command !== command && turn.write !== 'pending'))
    return settle({ ...sequence, turn: changed }, now)
  const of = ended.owner === 'gone' ? 'nobody' : ended.owner
  const since = of === result.of ? result.since : result.since + 1
  return settle({ ...sequence, turn: changed, result: { of, command, since } }, now)
}

const find = (turn: Sequence['turn'], command: number): Sequence['turn'] =>
  turn === 'none' || turn.command === command ? turn : find(turn.interrupted, command)

/** Free once the device has the command and both its owner and the gateway know how it ended. */
function settle(sequence: Sequence, now: Monotonic): Sequence {
  const { turn } = sequence
  if (turn === 'none' || turn.write !== 'done' || !turn.read || !turn.followed) return sequence
  if (turn.kind === 'get' && turn.guard !== 'none') return sequence
  return { ...sequence, turn: 'none', reservedFrom: now }
}

/**
 * What a read finds in the device, noted right before it is sent. `behind` is the command whose write was on the line just before it: on a
 * line that carries one transaction at a time the device has taken it by then.
 */
export type View = {
  readonly of: ConnectionId | 'nobody'
  readonly command: number
  readonly since: number
  readonly behind: number | 'none'
}

/** Nobody reads a result while a command of another connection is under way. */
export function viewOf({ turn, result }: Sequence, lanes: 'one' | 'several'): View {
  const behind = lanes === 'one' && turn !== 'none' && turn.write === 'sent' ? turn.command : 'none'
  return { ...result, of: turn !== 'none' && turn.owner !== result.of ? 'nobody' : result.of, behind }
}

/** Whether the command area and the result in a reply are those of `connection`: they were when the read was sent, and still are. */
export function readerOf(sequence: Sequence, connection: ConnectionId, sent: View): 'owner' | 'other' {
  const { of, since, command } = viewOf(sequence, 'several')
  const isSame = (sent.of === connection && since === sent.since) || (sent.behind !== 'none' && command === sent.behind)
  return of === connection && isSame ? 'owner' : 'other'
}

/** `connection` has read: a status that is no longer "in progress", or what stands behind the status. */
export function readBy(
  sequence: Sequence,
  connection: ConnectionId,
  seen: { readonly command: number; readonly finalStatus: boolean; readonly data: boolean },
  now: Monotonic,
): Sequence {
  const turn = change(sequence.turn, seen.command, (one) => {
    if (one.owner !== connection || one.write !== 'done') return one
    const statusSeen = one.statusSeen || seen.finalStatus
    return { ...one, statusSeen, read: one.read || (statusSeen && (seen.data || one.kind === 'control')) }
  })
  return settle({ ...sequence, turn }, now)
}

/** The gateway has seen how a control command ended. */
export function followed(sequence: Sequence, command: number, now: Monotonic): Sequence {
  const turn = change(sequence.turn, command, (one) => ({ ...one, followed: true }))
  return settle({ ...sequence, turn: unguarded(turn, command) }, now)
}

/** A connection has ended: nobody waits for its result any more, and nobody else may see it. */
export function leave(sequence: Sequence, connection: ConnectionId, now: Monotonic): Sequence {
  const without = (result: Sequence['result']): Sequence['result'] =>
    result.of === connection ? { ...nobody, since: result.since + 1 } : result
  const abandon = (turn: Sequence['turn']): Sequence['turn'] => {
    if (turn === 'none') return turn
    const interrupted = abandon(turn.interrupted)
    if (turn.owner === connection && turn.kind === 'get' && turn.write === 'pending') return interrupted // it is not sent any more
    const kept = { ...turn, interrupted, resultBefore: without(turn.resultBefore) }
    return turn.owner === connection ? { ...kept, owner: 'gone', read: true } : kept
  }
  const waiting = sequence.waiting.filter((one) => one.connection !== connection)
  const turn = abandon(sequence.turn)
  const begins = turn === 'none' && (sequence.turn !== 'none' || waiting[0] !== sequence.waiting[0])
  const reservedFrom = begins ? now : sequence.reservedFrom
  return settle({ ...sequence, turn, waiting, result: without(sequence.result), reservedFrom }, now)
}
