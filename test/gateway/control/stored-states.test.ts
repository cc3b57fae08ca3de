import t from 'tap'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'
import { openCertificateInventory } from '../../../src/gateway/access/certificate-inventory.ts'
import { openChecklist } from '../../../src/gateway/control/checklist.ts'
import { openGrantStore } from '../../../src/gateway/control/grant-store.ts'
import { openLockStore } from '../../../src/gateway/control/lock-store.ts'
import { openMasterLock } from '../../../src/gateway/control/master-lock.ts'
import { unreadableStates } from '../../../src/gateway/control/stored-states.ts'
import { openTagStore } from '../../../src/gateway/control/tag-store.ts'
import { openKnownSources } from '../../../src/gateway/request/known-sources.ts'
import { openObservedRequests } from '../../../src/gateway/request/observed-requests.ts'
import { failOnUnreadable } from '../../../src/gateway/record/accept-states.ts'
import { createFailClosed } from '../../../src/gateway/record/fail-closed.ts'
import { realRandom } from '../../../src/platform/index.ts'
import { emptyDisk, scriptedJournal, settled } from '../../support/scripted-disk.ts'

const damaged = ['', '{', 'null', '[]', '{"kind":"unlocked"}', '{"kind":"locked","by":{"kind":"nobody"},"sinceUtcUs":1}', '{"on":"no"}']

function disk(states: Readonly<Record<string, string>>) {
  const clock = virtualClock()
  const { journal } = scriptedJournal(clock, { ...emptyDisk(), states: new Map(Object.entries(states)) })
  return { clock, journal }
}

t.test(
  'a lock, a master lock, a tag and a grant that cannot be read bar what they may have barred, and permit nothing [CR 3.6]',
  async (t) => {
    for (const text of damaged.slice(1)) {
      const { clock, journal } = disk({ 'lock/Q1/control': text, 'master-lock': text, 'tag/a': text, 'tag-job/J': text, 'grant/g': text })
      const locks = await openLockStore(['Q1'], journal, clock, () => 'not set')
      t.match(locks.locks('Q1').control, { kind: 'locked', by: { kind: 'trust', part: 'states' } }, text)
      t.equal((await openMasterLock(journal, clock)).state().on, true)
      t.same((await openGrantStore(journal, { clock, random: realRandom })).list(), [])
      t.same((await openTagStore(journal, { clock, random: realRandom })).tags().tags, [])
      const states = await journal.states('')
      t.same(unreadableStates(states), [...states.keys()])
      const failClosed = createFailClosed(() => undefined)
      t.equal(failClosed.permits(), true)
      failOnUnreadable(states, failClosed)
      t.equal(failClosed.permits(), false, 'a tag that nobody can read may hang on any breaker: nothing is operated')
      t.match(failClosed.faults(), [{ part: 'states', reason: /cannot be read: .*tag\/a/ }])
      locks.close()
    }
  },
)

t.test('what the stores write can be read, in each of its states', async (t) => {
  const { clock, journal, answer, waiting } = { ...scriptedJournal(virtualClock(), emptyDisk()), clock: virtualClock() }
  const drain = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      await settled()
      if (waiting()) answer('ok')
    }
  }
  const locks = await openLockStore(['Q1'], journal, clock, () => 'not set')
  const tags = await openTagStore(journal, { clock, random: realRandom })
  const grants = await openGrantStore(journal, { clock, random: realRandom })
  const masterLock = await openMasterLock(journal, clock)
  const words = { reason: 'r', workOrder: 'w' }
  const done = [
    locks.unlock('Q1', 'control', { forMs: 60_000, by: 'ana', reason: 'r', workOrder: '', seen: 'any' }),
    locks.lock('Q1', 'other-setting', 'bob', 'at work'),
    tags.act({ kind: 'start-job', job: 'J', breakers: ['Q1'], by: 'ana', ...words }),
    tags.act({ kind: 'hang', id: 'one', on: { kind: 'job', job: 'J' }, by: 'ana', ...words }),
    tags.act({ kind: 'ask-removal', id: 'one', by: 'eve', reason: 'gone' }),
    masterLock.turn(true, 'ana', 'work'),
    ...(
      [
        { kind: 'class', class: 'control' },
        {
          kind: 'setting',
          class: 'protection-setting',
          setting: 'Ir',
          minimum: 1,
          maximum: 2,
          also: [{ setting: 'tr', minimum: 1, maximum: 2 }],
        },
        { kind: 'registers', class: 'other-setting', from: 1, to: 2, minimum: 0, maximum: 1 },
      ] as const
    ).map((what) =>
      grants.ask({ client: 'c', breaker: 'Q1', for: what, uses: 2, startsMs: 0, lengthMs: 2000, reason: 'r', workOrder: '' }, 'ana'),
    ),
  ]
  await drain()
  await Promise.all(done)
  const [first, second] = grants.list()
  const later = [
    grants.act(first?.id ?? '', { kind: 'approve', by: 'bob', reason: 'r', version: 0 }),
    grants.act(second?.id ?? '', { kind: 'refuse', by: 'bob', reason: 'r', version: 0 }),
  ]
  await drain()
  await Promise.all(later)
  const states = await journal.states('')
  t.ok(states.size >= 8, `${states.size} states`)
  t.same(unreadableStates(states), [])
  locks.close()
  grants.close()
})

t.test('what bars nothing and cannot be read begins again, and never ends the start', async (t) => {
  for (const text of [...damaged.slice(1), '["10.0.0.1"', '[1,2]']) {
    const { clock, journal } = disk({
      sources: text,
      learned: text,
      'checklist/Q1/cables': text,
      'seen/x': text,
      'certificate-told/x': text,
    })
    t.equal((await openKnownSources(journal)).firstFrom('10.0.0.1:1'), true, text)
    const observed = await openObservedRequests(journal, clock)
    t.same(observed.list(), [])
    observed.close()
    t.equal((await openChecklist(journal, clock)).signed('Q1', 'cables'), 'never')
    t.same((await openCertificateInventory(journal, clock)).list(), [])
  }
})
