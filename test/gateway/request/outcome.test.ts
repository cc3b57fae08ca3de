import t from 'tap'
import { describeStopped } from '../../../src/gateway/request/outcome.ts'

t.test('what stopped an operation right before its first byte is told as what it was', (t) => {
  t.equal(describeStopped('client-gone'), 'its client had ended the connection before it was sent')
  t.equal(describeStopped('locked'), 'the decision no longer held right before sending: nobody at the switchboard has unlocked it')
  t.equal(describeStopped('tagged'), 'the decision no longer held right before sending: somebody works there: a tag hangs on it')
  t.notMatch(describeStopped('not-stopped'), /client/)
  t.end()
})
