import t from 'tap'
import { createUnrecorded } from '../../src/journal/unrecorded-states.ts'

t.test('a state counts as unrecorded until its newest value is on disk [CR 2.10]', (t) => {
  const unrecorded = createUnrecorded()
  t.notOk(unrecorded.has('tag/1'))
  unrecorded.sent({ 'tag/1': 'mine' })
  unrecorded.sent({ 'tag/1': 'offered', 'lock/Q1/control': 'locked' })
  unrecorded.written({ 'tag/1': 'mine' })
  t.ok(unrecorded.has('tag/1'), 'only an older value is written')
  t.ok(unrecorded.has('lock/Q1/control'))
  unrecorded.written({ 'tag/1': 'offered' })
  t.notOk(unrecorded.has('tag/1'))
  t.ok(unrecorded.has('lock/Q1/control'))
  t.end()
})
