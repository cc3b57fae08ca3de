import t from 'tap'
import { type SecurityEvent, event } from '../../src/events/index.ts'
import { openGrantStore, openLockStore } from '../../src/gateway/index.ts'
import { SILENT_MS, WAITING_EVENTS } from '../../src/journal/limits.ts'
import { realRandom } from '../../src/platform/index.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { something } from '../support/journals.ts'
import { emptyDisk, scriptedJournal, settled } from '../support/scripted-disk.ts'

const locked = (by: string): SecurityEvent => event('locked', { subject: by, breaker: 'Q1', scope: 'control', reason: 'x' })

function hangingDisk() {
  const clock = virtualClock()
  const disk = emptyDisk()
  const scripted = scriptedJournal(clock, disk)
  /** What waits is written, and all that follows. */
  async function goesOn(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      if (scripted.waiting()) scripted.answer('ok')
      else clock.advance(100)
      await settled()
    }
  }
  const ids = (): readonly string[] => disk.events.map(({ id }) => id)
  return { ...scripted, clock, disk, goesOn, ids }
}

t.test(
  'on a disk that neither answers nor refuses everybody has an answer in time; what is in force is written later [CR 2.10]',
  async (t) => {
    const { journal, clock, disk, goesOn, ids } = hangingDisk()
    const onItsWay = journal.append(something(1), { a: 'new' }, () => ({ a: 'old' }))
    const behind = journal.append(something(2))
    const tag = journal.keep(locked('ana'), { tag: 'hangs' })
    let answers = 0
    for (const one of [onItsWay, behind, tag]) void one.then(() => (answers += 1))
    clock.advance(SILENT_MS - 1)
    await settled()
    t.equal(answers, 0)
    clock.advance(1)
    t.same(await Promise.all([onItsWay, behind, tag]), ['unavailable', 'unavailable', 'not-yet'])
    t.match(journal.fault(), { kind: 'silent' })
    t.equal(await journal.append(something(3)), 'unavailable', 'at once from now on')
    t.equal(await journal.keep(locked('bob'), {}), 'not-yet')
    t.same(ids(), [])

    await goesOn()
    t.same(ids()[1], 'record-overdue', 'right behind what was written too late')
    t.same([...ids()].sort(), ['journal-silent', 'locked', 'locked', 'locked', 'record-overdue'].sort(), 'what waited behind it never came')
    t.same([...disk.states].sort(), [
      ['a', 'old'],
      ['tag', 'hangs'],
    ])
    t.equal(journal.fault(), 'none')
    t.ok(journal.writes())
  },
)

t.test('what hung and is then refused is never written, and nothing says that it was', async (t) => {
  const { journal, clock, disk, goesOn, answer, ids } = hangingDisk()
  const permit = journal.append(something(1), { a: 'new' }, () => ({ a: 'old' }))
  clock.advance(SILENT_MS)
  t.equal(await permit, 'unavailable')
  answer('refuse')
  await settled()
  t.match(journal.fault(), { kind: 'full' }, 'by then the reason is known')
  await goesOn()
  t.same([...ids()].sort(), ['journal-full', 'journal-silent'])
  t.same([...disk.states], [])
})

t.test('an unlock that a hanging disk writes too late does not hold, in memory and on the disk', async (t) => {
  const { journal, clock, disk, goesOn, ids } = hangingDisk()
  const book = await openLockStore(['Q1'], journal, clock, () => 'not set')
  const unlocked = book.unlock('Q1', 'control', { forMs: 600_000, by: 'ana', reason: 'WO', workOrder: '', seen: 'any' })
  await settled()
  clock.advance(SILENT_MS)
  t.equal(await unlocked, 'unavailable')
  await goesOn()
  t.ok(ids().includes('unlocked') && ids().indexOf('record-overdue') > ids().indexOf('unlocked'))
  t.equal(book.locks('Q1').control.kind, 'locked')
  t.notMatch([...disk.states.values()].join(), /unlocked/)
  book.close()
})

t.test('an approval that a hanging disk writes too late is not there after a restart', async (t) => {
  const { journal, clock, goesOn } = hangingDisk()
  const book = await openGrantStore(journal, { clock, random: realRandom })
  const wanted = { client: 'c', breaker: 'Q1', for: { kind: 'class', class: 'control' }, uses: 2, startsMs: 0, lengthMs: 60_000 } as const
  const asked = book.ask({ ...wanted, reason: 'r', workOrder: '' }, 'ana')
  await goesOn()
  t.match(await asked, { kind: 'done' })
  const [grant] = book.list()
  const approved = book.act(grant?.id ?? '', { kind: 'approve', by: 'bob', reason: 'r', version: grant?.version ?? 0 })
  await settled()
  clock.advance(SILENT_MS)
  t.not((await approved).kind, 'done')
  await goesOn()
  t.equal(book.list()[0]?.state.kind, 'requested')
  const again = await openGrantStore(journal, { clock, random: realRandom })
  t.equal(again.list()[0]?.state.kind, 'requested')
  book.close()
  again.close()
})

t.test('a state that finds no room is answered with not-yet, and is on disk as soon as there is room', async (t) => {
  const { journal, disk, goesOn } = hangingDisk()
  journal.note(something(0))
  const first = journal.keep(locked('first'), { k: 'first' })
  for (let i = 0; i < WAITING_EVENTS.state; i++) void journal.keep(locked(`s${i}`), { [`k${i % 3}`]: String(i) })
  t.equal(await journal.keep(locked('last'), { k: 'last' }), 'not-yet')
  await goesOn()
  t.type(await first, 'number')
  t.equal(disk.states.get('k'), 'last')
  t.ok(disk.events.some(({ id }) => id === 'events-lost'))
})
