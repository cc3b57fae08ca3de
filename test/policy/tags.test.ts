import fc from 'fast-check'
import t from 'tap'
import { type TagAction, type Tags, MAX_TAGS, REMOVAL_US, isTagged, noTags, stepTags } from '../../src/policy/index.ts'
import { rows } from '../support/cases.ts'

const more = { reason: 'work', workOrder: 'WO-1' }
const hang = (id: string, by: string, breaker = 'Q1'): TagAction => ({ kind: 'hang', id, by, on: { kind: 'breaker', breaker }, ...more })
const onJob = (id: string, by: string, job = 'J'): TagAction => ({ kind: 'hang', id, by, on: { kind: 'job', job }, ...more })
const run = (state: Tags, ...actions: readonly TagAction[]): { state: Tags; said: string } =>
  actions.reduce(
    (so, action) => {
      const step = stepTags(so.state, action, 0)
      return step.kind === 'done' ? { state: step.tags, said: 'done' } : { state: so.state, said: step.why }
    },
    { state, said: 'done' },
  )

t.test('the table of what anybody may do with a tag of ana on Q1 [S-31]', (t) => {
  const table = `
    before                         action                    | outcome        tagged
    -                              remove T by ana           | done           no
    -                              remove T by bob           | not-yours      yes
    -                              agree-removal T by bob    | not-asked      yes
    -                              ask-removal T by ana      | own-tag        yes
    -                              ask-removal T by admin    | done           yes
    ask-removal T by admin         agree-removal T by bob    | done           no
    ask-removal T by admin         agree-removal T by admin  | same-person    yes    # two people are two
    ask-removal T by admin         remove T by admin         | not-yours      yes
    -                              offer T by bob            | not-yours      yes
    offer T by ana                 accept T by bob           | done           yes    # it hangs all the time
    offer T by ana                 accept T by cem           | not-offered    yes
    -                              accept T by bob           | not-offered    yes
    remove T by ana                remove T by ana           | no-such-tag    no
  `
  for (const { cells, expected, text } of rows(table)) {
    const actionOf = (said: string): TagAction[] => {
      if (said === '-') return []
      const [kind = '', id = '', , by = ''] = said.split(' ')
      return [{ kind, id, by, reason: 'why', to: 'bob' } as unknown as TagAction]
    }
    const { state, said } = run(run(noTags, hang('T', 'ana'), ...actionOf(cells[0] ?? '')).state, ...actionOf(cells[1] ?? ''))
    t.equal(`${said} ${isTagged(state, 'Q1') ? 'yes' : 'no'}`, expected.split(/ +/).join(' '), text)
  }
  t.end()
})

t.test('a job ends when the tags of all of its people are off, and holds all of its breakers until then', (t) => {
  const start: TagAction = { kind: 'start-job', job: 'J', by: 'ana', breakers: ['Q1', 'Q2'], ...more }
  let { state } = run(noTags, start, onJob('A', 'ana'), onJob('B', 'bob'))
  t.same(
    ['Q1', 'Q2', 'Q3'].map((name) => isTagged(state, name)),
    [true, true, false],
  )
  t.equal(run(state, { kind: 'end-job', job: 'J', by: 'bob' }).said, 'not-leader')
  t.equal(run(state, { kind: 'end-job', job: 'J', by: 'ana' }).said, 'tags-on-job')
  state = run(state, { kind: 'remove', id: 'A', by: 'ana' }).state
  t.equal(run(state, { kind: 'end-job', job: 'J', by: 'ana' }).said, 'tags-on-job', 'bob is still there')
  state = run(state, { kind: 'remove', id: 'B', by: 'bob' }).state
  t.ok(isTagged(state, 'Q2'), 'the job itself holds on')
  state = run(state, { kind: 'end-job', job: 'J', by: 'ana' }).state
  t.notOk(isTagged(state, 'Q1'))
  t.equal(run(state, onJob('C', 'bob')).said, 'no-such-job')
  t.end()
})

t.test('a removal that nobody agreed to is over after half an hour, and tags have an end', (t) => {
  const asked = run(noTags, hang('T', 'ana'), { kind: 'ask-removal', id: 'T', by: 'admin', reason: 'gone home' }).state
  const agree: TagAction = { kind: 'agree-removal', id: 'T', by: 'bob' }
  t.equal(stepTags(asked, agree, REMOVAL_US).kind, 'done')
  t.match(stepTags(asked, agree, REMOVAL_US + 1), { why: 'not-asked' })
  t.match(stepTags(asked, agree, -REMOVAL_US - 1), { why: 'not-asked' }, 'a clock that was set back makes nothing valid again')
  const many = Array.from({ length: MAX_TAGS }, (_, i) => hang(String(i), `p${i}`))
  const { state, said } = run(noTags, ...many)
  t.equal(said, 'done')
  t.equal(run(state, hang('x', 'one more')).said, 'too-many')
  t.end()
})

t.test('no sequence of actions takes a tag off but by its owner, or by two other people [S-31]', (t) => {
  const people = fc.constantFrom('ana', 'bob', 'cem')
  const id = fc.constantFrom('T1', 'T2', 'T3')
  const action = fc.oneof(
    fc.record({ kind: fc.constant('hang' as const), id, by: people }).map(({ id: one, by }) => hang(one, by)),
    fc.record({ kind: fc.constantFrom('remove' as const, 'agree-removal' as const, 'accept' as const), id, by: people }),
    fc.record({ kind: fc.constant('ask-removal' as const), id, by: people, reason: fc.constant('why') }),
    fc.record({ kind: fc.constant('offer' as const), id, by: people, to: people }),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      let state = noTags
      const ids = new Set<string>()
      for (const one of actions) {
        if (one.kind === 'hang' && ids.has(one.id)) continue // an id is never given twice
        if (one.kind === 'hang') ids.add(one.id)
        const step = stepTags(state, one, 0)
        if (step.kind === 'refused') continue
        for (const tag of state.tags) {
          if (step.tags.tags.some(({ id: there }) => there === tag.id)) continue
          const owner = one.kind === 'remove' && one.by === tag.owner
          const two = one.kind === 'agree-removal' && tag.removal !== 'none' && tag.removal.by !== one.by && tag.removal.by !== tag.owner
          if (!owner && !two) return false
        }
        state = step.tags
      }
      return true
    }),
    { numRuns: 500 },
  )
  t.end()
})
