import fc from 'fast-check'
import t from 'tap'
import { type Monotonic, toMonotonic } from '../../src/platform/index.ts'
import {
  type CommandKind,
  type ConnectionId,
  SEQUENCE_MS,
  type Sequence,
  type View,
  end,
  followed,
  freshSequence,
  leave,
  readBy,
  readerOf,
  send,
  take,
  toConnectionId,
  viewOf,
} from '../../src/policy/index.ts'

/*
 * Every order in which three connections, one line and one device can act, up to a depth, on the real state machine. The device here is
 * a model of its own: one buffer, in which the last command that was executed has left its result.
 */
type Command = { readonly number: number; readonly by: number; readonly kind: CommandKind; readonly at: number }
type OnTheLine =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'read'; readonly by: number; readonly view: View }
  | { readonly kind: 'nothing' }
type World = {
  readonly sequence: Sequence
  readonly ms: number
  readonly last: number
  readonly pending: readonly Command[]
  readonly line: OnTheLine
  /** Whose command the device executed last. */
  readonly buffer: { readonly number: number; readonly by: number }
  /** Control commands whose end the gateway does not know, or whose owner has not read it. */
  readonly control: readonly (Command & { readonly read: boolean; readonly known: boolean; readonly contested: boolean })[]
}
const start: World = {
  sequence: freshSequence,
  ms: 0,
  last: 0,
  pending: [],
  control: [],
  line: { kind: 'nothing' },
  buffer: { number: 0, by: 0 },
}
const connections = [1, 2, 3]
const id = (n: number): ConnectionId => toConnectionId(n)
const at = ({ ms }: World): Monotonic => toMonotonic(ms)

function claims(world: World, by: number, kind: CommandKind): World {
  const number = world.last + 1
  const taken = take(world.sequence, { connection: id(by), client: `client ${by}`, command: number, kind }, at(world))
  const running = world.control.filter((one) => one.by !== by && world.ms < one.at + SEQUENCE_MS && !(one.read && one.known))
  if (kind === 'control' && taken.kind === 'busy' && running.length === 0)
    throw new Error('control was refused without a control that runs')
  if (taken.kind === 'busy') {
    const refused = world.control.map((one) => (one.by === by ? one : { ...one, contested: true }))
    return { ...world, sequence: taken.sequence, control: kind === 'control' ? refused : world.control }
  }
  const command = { number, by, kind, at: world.ms }
  // Where control of another was refused, the next command of the same connection does not keep it out until it has been read.
  const contested = world.control.some((one) => one.by === by && one.contested)
  const control = kind === 'control' ? [...world.control, { ...command, read: contested, known: false, contested }] : world.control
  return { ...world, sequence: taken.sequence, last: number, pending: [...world.pending, command], control }
}

/** The line takes the next command, control first, as the schedule of a bus does. */
function transmits(world: World): World | 'not-now' {
  const command = world.pending.find(({ kind }) => kind === 'control') ?? world.pending[0]
  if (command === undefined || world.line.kind !== 'nothing') return 'not-now'
  const pending = world.pending.filter((one) => one !== command)
  const sent = send(world.sequence, command.number, command.kind)
  if (sent.kind === 'overtaken') {
    const sequence = end(sent.sequence, command.number, 'not-taken', at(world))
    return { ...world, pending, sequence }
  }
  const harmed = world.control.find((one) => one.by !== command.by && world.ms < one.at + SEQUENCE_MS && !(one.known && one.read))
  if (command.kind === 'get' && harmed !== undefined) throw new Error('a get was sent into the control of another')
  return { ...world, pending, sequence: sent.sequence, line: { kind: 'command', command } }
}

function ends(world: World, how: 'taken' | 'not-taken'): World | 'not-now' {
  const { line } = world
  if (line.kind === 'nothing') return 'not-now'
  if (line.kind === 'command') {
    const { number, by, kind } = line.command
    const sequence = end(world.sequence, number, how, at(world))
    // The next command of the same connection has written over the result of the one before: nobody can read it any more.
    const isOlder = (one: Command): boolean => one.by === by && one.number < number
    const stays = (one: Command): boolean => (how === 'taken' ? kind === 'get' || !isOlder(one) : one.number !== number)
    const control = world.control.filter(stays).map((one) => (how === 'taken' && isOlder(one) ? { ...one, read: true } : one))
    return { ...world, sequence, control, line: { kind: 'nothing' }, buffer: how === 'taken' ? { number, by } : world.buffer }
  }
  const { by, view } = line
  const reader = readerOf(world.sequence, id(by), view)
  if (reader === 'owner' && world.buffer.by !== by) throw new Error(`${by} reads the result of ${world.buffer.by}`)
  const command = view.behind === 'none' ? view.command : view.behind
  const sequence = readBy(world.sequence, id(by), { command, finalStatus: true, data: true }, at(world))
  const control =
    reader === 'owner' ? world.control.map((one) => (one.number === world.buffer.number ? { ...one, read: true } : one)) : world.control
  return { ...world, sequence, control, line: { kind: 'nothing' } }
}

const knows = (world: World): World | 'not-now' => {
  const executed = world.control.find((one) => one.number === world.buffer.number && !one.known)
  if (executed === undefined) return 'not-now'
  const control = world.control.map((one) => (one === executed ? { ...one, known: true } : one))
  return { ...world, control, sequence: followed(world.sequence, executed.number, at(world)) }
}

function leaves(world: World, by: number): World {
  const pending = world.pending.filter((one) => one.by !== by)
  let { sequence } = world
  sequence = leave(sequence, id(by), at(world))
  for (const one of world.pending) if (one.by === by) sequence = end(sequence, one.number, 'not-taken', at(world))
  const gone = (one: Command): boolean => world.pending.some(({ number }) => number === one.number)
  const control = world.control
    .filter((one) => !(one.by === by && gone(one)))
    .map((one) => (one.by === by ? { ...one, read: true, by: 0 } : one))
  const line: OnTheLine = world.line.kind === 'read' && world.line.by === by ? { kind: 'nothing' } : world.line
  // What it left in the device is nobody's, when its number is given to the next connection here.
  const buffer = world.buffer.by === by ? { ...world.buffer, by: 0 } : world.buffer
  const onTheWay: OnTheLine =
    line.kind === 'command' && line.command.by === by ? { kind: 'command', command: { ...line.command, by: 0 } } : line
  return { ...world, sequence, pending, control, line: onTheWay, buffer }
}

function* next(world: World): Generator<World> {
  const possible: (World | 'not-now')[] = [
    transmits(world),
    ends(world, 'taken'),
    world.line.kind === 'command' ? ends(world, 'not-taken') : 'not-now',
    knows(world),
    { ...world, ms: world.ms + 2500 },
  ]
  for (const by of connections) {
    possible.push(claims(world, by, 'get'), claims(world, by, 'control'), leaves(world, by))
    if (world.line.kind === 'nothing') possible.push({ ...world, line: { kind: 'read', by, view: viewOf(world.sequence, 'one') } })
  }
  for (const one of possible) if (one !== 'not-now') yield one
}

/** Two worlds that differ only in absolute numbers, times and names of connections have one key. */
function keyOf(world: World): string {
  const names = new Map<number, number>()
  const numbers = new Map<number, number>()
  const rename = (map: Map<number, number>, value: number): number => {
    if (value === 0) return 0
    const known = map.get(value)
    if (known !== undefined) return known
    map.set(value, map.size + 1)
    return map.size
  }
  const { since } = world.sequence.result
  return JSON.stringify({ ...world, ms: 0, last: 0 }, (key, value: unknown) => {
    if (key === 'client') return 0
    if (typeof value !== 'number') return value
    switch (key) {
      case 'by':
      case 'of':
      case 'owner':
      case 'connection':
        return rename(names, value)
      case 'number':
      case 'command':
      case 'behind':
        return rename(numbers, value)
      case 'since':
        return value - since
      case 'at':
      case 'until':
      case 'reservedFrom':
        return Math.max(-10_000, value - world.ms)
      default:
        return value
    }
  })
}

t.test(
  'in every order of get, control, read, leave and time of three connections: control never waits for a get, and nobody reads the result of another',
  (t) => {
    const seen = new Set([keyOf(start)])
    let level: World[] = [start]
    for (let depth = 0; depth < 6; depth++) {
      const reached: World[] = []
      for (const world of level) {
        for (const one of next(world)) {
          const key = keyOf(one)
          if (seen.has(key)) continue
          seen.add(key)
          reached.push(one)
        }
      }
      level = reached
    }
    t.ok(seen.size > 10_000, `${seen.size} states`)
    // And far beyond that depth, at random.
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 10, maxLength: 80 }), (choices) => {
        let world = start
        for (const choice of choices) {
          const all = [...next(world)]
          world = all[choice % all.length] ?? world
        }
      }),
      { numRuns: 1500 },
    )
    t.end()
  },
)

type Poller = {
  readonly sequence: Sequence
  readonly last: number
  readonly rivals: readonly number[]
  readonly refusedAt: number | 'not-yet'
}
const moves = ['nothing', 'get', 'get and read', 'reconnect and get'] as const

t.test('a get that waits has its turn within 2 x 5 s, whatever gets of two other clients do', (t) => {
  const WAITS = 3
  const runs = (one: Poller, by: number, client: string, ms: number): Poller & { readonly done: boolean } => {
    const command = one.last + 1
    const taken = take(one.sequence, { connection: id(by), client, command, kind: 'get' }, toMonotonic(ms))
    if (taken.kind === 'busy') return { ...one, sequence: taken.sequence, done: false }
    const sequence = end(send(taken.sequence, command, 'get').sequence, command, 'taken', toMonotonic(ms))
    return { ...one, sequence, last: command, done: true }
  }
  const reads = (one: Poller, by: number, ms: number): Poller => {
    const seen = { command: viewOf(one.sequence, 'one').command, finalStatus: true, data: true }
    return { ...one, sequence: readBy(one.sequence, id(by), seen, toMonotonic(ms)) }
  }
  const moved = (one: Poller, rival: number, move: (typeof moves)[number], ms: number): Poller => {
    if (move === 'nothing') return one
    const client = `rival ${rival}`
    const by = one.rivals[rival] ?? 0
    if (move !== 'reconnect and get') {
      const ran = runs(one, by, client, ms)
      return move === 'get and read' ? reads(ran, by, ms) : ran
    }
    const again = by + 2
    const gone = { ...one, sequence: leave(one.sequence, id(by), toMonotonic(ms)), rivals: one.rivals.with(rival, again) }
    return runs(gone, again, client, ms)
  }
  let longest = 0
  let level: Poller[] = [{ sequence: freshSequence, last: 0, rivals: [10, 11], refusedAt: 'not-yet' }]
  for (let ms = 0; ms <= 15_000; ms += 1000) {
    const reached = new Map<string, Poller>()
    for (const one of level) {
      for (const first of [0, 1]) {
        for (const a of moves) {
          for (const b of moves) {
            const both = moved(moved(one, first, a, ms), 1 - first, b, ms)
            const mine = runs(both, WAITS, 'who waits', ms)
            const refusedAt = one.refusedAt === 'not-yet' ? ms : one.refusedAt
            if (mine.done) {
              if (one.refusedAt !== 'not-yet') longest = Math.max(longest, ms - one.refusedAt)
              continue
            }
            const then: Poller = { sequence: mine.sequence, last: mine.last, rivals: mine.rivals, refusedAt }
            const { turn, waiting, reservedFrom } = then.sequence
            const ofTurn =
              turn === 'none' ? 'none' : [turn.owner, turn.until - ms, turn.statusSeen, turn.wanted, turn.interrupted === 'none']
            const key = JSON.stringify([ofTurn, waiting, reservedFrom - ms, ms - refusedAt, then.rivals.map((by) => by % 2)])
            const short = key.replace(/"connection":(\d+)/g, (_, by: string) => `"connection":${then.rivals.indexOf(Number(by))}`)
            reached.set(
              short.replace(/^\[\[(\d+)/, (_, by: string) => `[[${then.rivals.indexOf(Number(by))}`),
              then,
            )
          }
        }
      }
    }
    level = [...reached.values()]
  }
  t.equal(longest, 2 * SEQUENCE_MS, 'and it can be that long')
  t.same(
    level.filter(({ refusedAt }) => refusedAt !== 'not-yet' && 15_000 - refusedAt > 2 * SEQUENCE_MS),
    [],
  )
  t.end()
})
