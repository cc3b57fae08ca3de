import fc from 'fast-check'
import t from 'tap'
import { type Monotonic, toMonotonic } from '../../src/platform/index.ts'
import {
  SEQUENCE_MS,
  type Sequence,
  followed,
  freshSequence,
  leave,
  readBy,
  readerOf,
  take,
  toConnectionId,
} from '../../src/policy/index.ts'

const A = toConnectionId(1)
const B = toConnectionId(2)
const open = { returnsData: false, followed: false }
const get = { returnsData: true, followed: true }
const status = { finalStatus: true, data: false }
const now = (ms: number): Monotonic => toMonotonic(ms)
function taken(sequence: Sequence, by = A, command = open, at = 0): Sequence {
  const next = take(sequence, by, command, now(at))
  if (next === 'taken') throw new Error('it was taken')
  return next
}

t.test('a command belongs to its connection until its result is read', (t) => {
  const running = taken(freshSequence)
  t.equal(take(running, B, open, now(10)), 'taken')
  t.not(take(running, A, open, now(10)), 'taken', 'its owner may go on')
  const read = readBy(running, A, status)
  t.equal(take(read, B, open, now(10)), 'taken', 'the gateway itself still reads how it ended')
  t.not(take(followed(read), B, open, now(10)), 'taken')
  t.equal(take(readBy(running, B, status), B, open, now(10)), 'taken', 'what another reads ends nothing')
  t.end()
})

t.test('a time-out frees it, to the millisecond', (t) => {
  const running = taken(freshSequence)
  t.equal(take(running, B, open, now(SEQUENCE_MS - 1)), 'taken')
  t.not(take(running, B, open, now(SEQUENCE_MS)), 'taken')
  t.end()
})

t.test('a "get" command keeps its turn until its data are read, not only its status', (t) => {
  const running = taken(freshSequence, A, get)
  const seen = readBy(running, A, status)
  t.equal(take(seen, B, open, now(10)), 'taken')
  t.not(take(readBy(seen, A, { finalStatus: false, data: true }), B, open, now(10)), 'taken')
  t.equal(take(readBy(running, A, { finalStatus: false, data: true }), B, open, now(10)), 'taken', 'data before the status are none yet')
  t.end()
})

t.test('the end of a connection frees its turn once the gateway knows the outcome, and its result is nobody else’s', (t) => {
  const gone = leave(taken(freshSequence), A)
  t.equal(take(gone, B, open, now(10)), 'taken')
  const free = followed(gone)
  t.not(take(free, B, open, now(10)), 'taken')
  t.equal(readerOf(free, B), 'other')
  t.equal(readerOf(leave(followed(readBy(taken(freshSequence), A, status)), A), A), 'other')
  t.end()
})

t.test('only who wrote the last command sees its result', (t) => {
  t.equal(readerOf(freshSequence, A), 'other', 'what stood there before')
  const done = followed(readBy(taken(freshSequence), A, status))
  t.equal(readerOf(done, A), 'owner')
  t.equal(readerOf(done, B), 'other')
  t.equal(readerOf(taken(done, B), A), 'other')
  t.end()
})

t.test('no sequence of actions lets two connections run commands at once', (t) => {
  const action = fc.tuple(fc.constantFrom('take', 'get', 'status', 'data', 'followed', 'leave'), fc.constantFrom(A, B), fc.nat(2000))
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      let sequence: Sequence = freshSequence
      let at = 0
      for (const [what, who, ms] of actions) {
        at += ms
        const before = sequence
        if (what === 'take' || what === 'get') {
          const next = take(sequence, who, what === 'get' ? get : open, now(at))
          const running = before.kind === 'running' && at < before.until && before.owner !== who
          if ((next === 'taken') !== running) return false
          if (next !== 'taken') sequence = next
        } else if (what === 'status') sequence = readBy(sequence, who, status)
        else if (what === 'data') sequence = readBy(sequence, who, { finalStatus: false, data: true })
        else if (what === 'followed') sequence = followed(sequence)
        else sequence = leave(sequence, who)
        if (readerOf(sequence, A) === 'owner' && readerOf(sequence, B) === 'owner') return false
      }
      return true
    }),
    { numRuns: 2000 },
  )
  t.end()
})
