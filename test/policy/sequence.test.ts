import t from 'tap'
import { type Monotonic, toMonotonic } from '../../src/platform/index.ts'
import {
  type CommandKind,
  type ConnectionId,
  MAX_WAITING_GETS,
  RESERVED_MS,
  SEQUENCE_MS,
  type Sequence,
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

const A = toConnectionId(1)
const B = toConnectionId(2)
const C = toConnectionId(3)
const now = (ms: number): Monotonic => toMonotonic(ms)

/** One command interface, with the clock and the numbers that its holder keeps. */
function commandInterface() {
  let sequence: Sequence = freshSequence
  let last = 0
  let ms = 0
  const wait = (by: number): void => void (ms += by)
  const claim = (connection: ConnectionId, kind: CommandKind | 'emergency', client = `client ${connection}`): number | 'busy' => {
    const taken = take(sequence, { connection, client, command: last + 1, kind }, now(ms))
    sequence = taken.sequence
    return taken.kind === 'busy' ? 'busy' : (last += 1)
  }
  const sent = (command: number, kind: CommandKind): string => {
    const one = send(sequence, command, kind)
    sequence = one.sequence
    return one.kind
  }
  const ended = (command: number, how: 'taken' | 'not-taken'): void => void (sequence = end(sequence, command, how, now(ms)))
  /** Takes the turn, and the device takes the command. */
  const run = (connection: ConnectionId, kind: CommandKind): number | 'busy' => {
    const command = claim(connection, kind)
    if (command === 'busy') return command
    if (sent(command, kind) === 'send') ended(command, 'taken')
    return command
  }
  const read = (connection: ConnectionId, finalStatus = true, data = true): string => {
    const view = viewOf(sequence, 'one')
    sequence = readBy(sequence, connection, { command: view.command, finalStatus, data }, now(ms))
    return readerOf(sequence, connection, view)
  }
  const know = (command: number | 'busy'): void => {
    if (command !== 'busy') sequence = followed(sequence, command, now(ms))
  }
  const left = (connection: ConnectionId): void => void (sequence = leave(sequence, connection, now(ms)))
  return { wait, claim, sent, ended, run, read, know, left, view: () => viewOf(sequence, 'one'), sequence: () => sequence }
}

t.test('a control command belongs to its connection until its result is read and the gateway knows it', (t) => {
  const one = commandInterface()
  const open = one.run(A, 'control')
  t.equal(one.run(B, 'control'), 'busy')
  t.not(one.run(A, 'control'), 'busy', 'its owner may go on')
  t.equal(one.read(A), 'owner')
  t.equal(one.run(B, 'control'), 'busy', 'the gateway itself still reads how it ended')
  one.know(open)
  t.equal(one.run(B, 'control'), 'busy', 'of the first one it knows, of the second one not')
  one.know(2)
  t.not(one.run(B, 'control'), 'busy')
  t.end()
})

t.test('control against control: 5 s, to the millisecond; what another reads ends nothing', (t) => {
  const one = commandInterface()
  one.run(A, 'control')
  t.equal(one.read(B), 'other')
  one.wait(SEQUENCE_MS - 1)
  t.equal(one.run(B, 'control'), 'busy')
  one.wait(1)
  t.not(one.run(B, 'control'), 'busy')
  t.end()
})

t.test('where control of another was refused, the next command of the owner ends when its outcome is known', (t) => {
  const one = commandInterface()
  one.run(A, 'control')
  t.equal(one.run(B, 'control'), 'busy')
  const again = one.run(A, 'control')
  t.not(again, 'busy', 'somebody who closed may open')
  one.know(again)
  t.not(one.run(B, 'control'), 'busy', 'without waiting for A to read')
  t.end()
})

t.test('a "get" command keeps its turn until its data are read, not only its status', (t) => {
  const one = commandInterface()
  one.run(A, 'get')
  one.read(A, true, false)
  t.equal(one.run(B, 'get'), 'busy')
  one.read(A, false, true)
  t.not(one.run(B, 'get'), 'busy')
  t.end()
})

t.test('a "get" command never makes control wait, wherever it is', (t) => {
  const pending = commandInterface()
  const get = pending.claim(A, 'get')
  const open = pending.run(B, 'control')
  t.not(open, 'busy')
  t.equal(pending.sent(get as number, 'get'), 'overtaken', 'it would write over the result of the control')
  pending.ended(get as number, 'not-taken')
  t.equal(pending.read(B), 'owner')
  t.equal(pending.read(A), 'other')

  const onTheLine = commandInterface()
  const sent = onTheLine.claim(A, 'get') as number
  onTheLine.sent(sent, 'get')
  const control = onTheLine.claim(B, 'control') as number
  onTheLine.ended(sent, 'taken')
  t.equal(onTheLine.read(A), 'other', 'hidden from its owner from then on')
  t.equal(onTheLine.read(B), 'other', 'and the owner of the control never takes it for its own')
  onTheLine.sent(control, 'control')
  onTheLine.ended(control, 'taken')
  t.equal(onTheLine.read(B), 'owner')
  t.end()
})

t.test('when the control was not sent after all, the get that it had interrupted goes on', (t) => {
  const one = commandInterface()
  one.run(A, 'get')
  const control = one.claim(B, 'control') as number
  t.equal(one.read(A), 'other')
  one.ended(control, 'not-taken')
  t.equal(one.read(A), 'owner')
  const refused = one.claim(B, 'control') as number
  one.sent(refused, 'control')
  one.ended(refused, 'not-taken')
  t.equal(one.read(A), 'owner', 'a device that refused the command still holds the result from before')
  t.end()
})

t.test('control of one connection protects itself against gets of the same connection only as long as it runs', (t) => {
  const one = commandInterface()
  const open = one.run(A, 'control')
  one.run(A, 'get')
  t.equal(one.run(B, 'control'), 'busy')
  one.know(open)
  t.not(one.run(B, 'control'), 'busy')
  t.end()
})

t.test('a read that was under way before a command is taken for the result of nobody’s', (t) => {
  const one = commandInterface()
  const get = one.run(A, 'get')
  const before = one.view()
  one.read(A)
  one.run(B, 'control')
  t.equal(readerOf(one.sequence(), B, before), 'other', 'it shows what the get of A has left')
  t.equal(readerOf(one.sequence(), A, before), 'other')
  t.not(get, 'busy')
  t.end()
})

t.test('nobody makes a turn longer for which another waits; who waited longest is next', (t) => {
  const one = commandInterface()
  one.run(A, 'get')
  one.wait(2000)
  t.not(one.run(A, 'get'), 'busy', 'nobody waits: 5 s from here')
  one.wait(2000)
  t.equal(one.run(B, 'get'), 'busy')
  t.equal(one.run(C, 'get'), 'busy')
  for (let at = 2000; at < SEQUENCE_MS; at += 1000) {
    t.not(one.run(A, 'get'), 'busy', 'within its turn it may')
    one.wait(1000)
  }
  t.equal(one.run(A, 'get'), 'busy', 'its turn was over 5 s after the last command that nobody waited for')
  t.equal(one.run(C, 'get'), 'busy')
  t.not(one.run(B, 'get'), 'busy')
  one.read(B)
  t.equal(one.run(A, 'get'), 'busy')
  t.not(one.run(C, 'get'), 'busy')
  one.read(C)
  t.not(one.run(A, 'get'), 'busy')
  t.end()
})

t.test('a new connection of the same client has the place at the end, and one client one place', (t) => {
  const one = commandInterface()
  one.claim(A, 'get', 'viewer')
  t.equal(one.claim(B, 'get', 'scada'), 'busy')
  one.left(A)
  t.equal(one.claim(toConnectionId(11), 'get', 'viewer'), 'busy')
  t.equal(one.claim(toConnectionId(12), 'get', 'viewer'), 'busy')
  t.equal(one.sequence().waiting.length, 2)
  t.not(one.claim(B, 'get', 'scada'), 'busy')
  t.end()
})

t.test('who does not come back loses the place after 4 s; the places are bounded', (t) => {
  const one = commandInterface()
  one.run(A, 'get')
  for (let i = 0; i < 2 * MAX_WAITING_GETS; i++) one.claim(toConnectionId(100 + i), 'get')
  t.equal(one.sequence().waiting.length, MAX_WAITING_GETS)
  one.read(A)
  one.wait(RESERVED_MS - 1)
  t.equal(one.run(A, 'get'), 'busy')
  one.wait(1 + MAX_WAITING_GETS * RESERVED_MS)
  t.not(one.run(A, 'get'), 'busy')
  t.end()
})

t.test('the end of a connection frees its turn once the gateway knows the outcome, and its result is nobody else’s', (t) => {
  const one = commandInterface()
  const open = one.run(A, 'control')
  one.left(A)
  t.equal(one.run(B, 'control'), 'busy')
  one.know(open)
  t.equal(one.read(B), 'other')
  t.not(one.run(B, 'control'), 'busy')
  const get = commandInterface()
  const pending = get.claim(A, 'get') as number
  get.left(A)
  t.not(get.claim(B, 'get'), 'busy')
  t.equal(get.sent(pending, 'get'), 'overtaken')
  t.end()
})

t.test('an emergency waits for nobody, and nobody reads its result', (t) => {
  const one = commandInterface()
  one.run(A, 'control')
  const emergency = one.claim(C, 'emergency') as number
  one.sent(emergency, 'control')
  one.ended(emergency, 'taken')
  t.equal(one.read(A), 'other')
  t.equal(one.read(C), 'other')
  t.equal(one.run(A, 'control'), 'busy')
  one.know(emergency)
  t.not(one.run(A, 'control'), 'busy')
  t.end()
})
