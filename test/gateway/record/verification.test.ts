import t from 'tap'
import { createFailClosed } from '../../../src/gateway/record/fail-closed.ts'
import { createVerification } from '../../../src/gateway/record/verification.ts'
import type { SecurityEvent } from '../../../src/events/index.ts'
import type { Verified } from '../../../src/journal/index.ts'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'

const whole: Verified = {
  kind: 'whole',
  records: 7,
  first: 1,
  head: { seq: 7, hash: 'ab' },
  checkpoints: 1,
  signedUpTo: 7,
  anchors: 1,
  anchorsBelow: 0,
}

t.test('what came out of the last walk is a value: whole, broken, or not to be read [CR 3.9]', async (t) => {
  const notes: SecurityEvent[] = []
  const note = (one: SecurityEvent): void => void notes.push(one)
  const failClosed = createFailClosed(note)
  let next: Verified = whole
  const clock = virtualClock()
  const verification = createVerification({ journal: { note }, clock, failClosed, walk: () => Promise.resolve(next) })
  const walk = async (found: Verified): Promise<readonly string[]> => {
    notes.length = 0
    next = found
    await verification.run('ana', () => undefined)
    return notes.map(({ id }) => id)
  }
  t.same(verification.last(), { kind: 'never' })
  t.same(await walk(whole), ['journal-verified'])
  t.same(verification.last(), { kind: 'whole', atUtcUs: clock.utcUs(), records: 7 })
  t.ok(failClosed.permits())

  t.same(await walk({ kind: 'broken', seq: 5, fault: 'edited', what: 'its text' }), [
    'journal-tampered',
    'self-test-failed',
    'fail-closed-entered',
  ])
  t.match(verification.last(), { kind: 'broken', seq: 5, reason: 'edited: its text' })
  t.notOk(failClosed.permits())

  t.same(await walk(whole), ['journal-verified', 'fail-closed-left'])
  t.same(await walk({ kind: 'unreadable', what: 'no such table' }), ['self-test-failed', 'fail-closed-entered'], 'no event is called wrong')
  t.match(verification.last(), { kind: 'unreadable', reason: 'no such table' })
  t.match(failClosed.faults(), [{ part: 'chain', reason: /cannot be read to verify it \(no such table\)/ }])
})
