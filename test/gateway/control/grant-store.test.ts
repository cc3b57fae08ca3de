import t from 'tap'
import { type SecurityEvent, toRecordId } from '../../../src/events/index.ts'
import { openGrantStore } from '../../../src/gateway/index.ts'
import type { Journal, States } from '../../../src/journal/index.ts'
import { type Grant, MAX_GRANTS_OF_ONE, isInForce } from '../../../src/policy/index.ts'
import { type Clock, realRandom } from '../../../src/platform/index.ts'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'

const HOUR = 3_600_000

function world() {
  const clock = virtualClock()
  const stored = new Map<string, string>()
  const events: SecurityEvent[] = []
  const write = (event: SecurityEvent, states: States = {}): void => {
    events.push(event)
    for (const [key, value] of Object.entries(states)) stored.set(key, value)
  }
  const journal = {
    note: write,
    append: (event: SecurityEvent, states?: States) => (write(event, states), Promise.resolve(toRecordId(events.length))),
    keep: (event: SecurityEvent, states?: States) => (write(event, states), Promise.resolve(toRecordId(events.length))),
    states: () => Promise.resolve(stored),
    putState: () => Promise.resolve(),
  } as unknown as Journal
  return { clock, events, open: () => openGrantStore(journal, { clock, random: realRandom }) }
}
const inForce = (grant: Grant, clock: Pick<Clock, 'now'>): boolean => isInForce(grant, clock.now(), false)
type Book = Awaited<ReturnType<ReturnType<typeof world>['open']>>

async function approved(book: Book, startsMs = 0): Promise<string> {
  const asked = await book.ask(
    {
      client: 'engineer-1',
      breaker: 'Q1',
      for: { kind: 'class', class: 'control' },
      uses: 3,
      startsMs,
      lengthMs: HOUR,
      reason: 'new pump',
      workOrder: '',
    },
    'ana',
  )
  if (asked.kind !== 'done') throw new Error(asked.kind)
  await book.act(asked.grant.id, { kind: 'approve', by: 'bob', reason: '', version: asked.grant.version })
  return asked.grant.id
}

t.test('a grant lasts its window by the monotonic clock, whatever the wall clock does [CR 2.1 RE 4]', async (t) => {
  for (const jump of [-24 * HOUR, 24 * HOUR]) {
    const { clock, events, open } = world()
    const book = await open()
    const id = await approved(book)
    const now = (): boolean => book.of('Q1').some((grant) => inForce(grant, clock))
    t.equal(now(), true)
    clock.jumpWall(jump)
    clock.advance(HOUR - 1)
    t.equal(now(), true, `${jump} ms: not a millisecond shorter`)
    clock.advance(1)
    t.equal(now(), false, 'nor longer')
    t.equal(book.use(id, 'engineer-1', 'x'), false)
    t.match(
      events.map(({ id: name }) => name),
      ['grant-requested', 'grant-approved', 'grant-expired'],
    )
    book.close()
  }
})

t.test('a restart makes no window longer, whatever was done to the wall clock before it', async (t) => {
  for (const jump of [-24 * HOUR, -1, 0, HOUR / 4, 24 * HOUR]) {
    const { clock, open } = world()
    const first = await open()
    await approved(first)
    first.close()
    clock.advance(HOUR / 2)
    clock.jumpWall(jump)
    const book = await open()
    let minutes = 0
    for (let minute = 0; minute < 48 * 60; minute++) {
      if (book.of('Q1').some((grant) => inForce(grant, clock))) minutes += 1
      clock.advance(60_000)
    }
    t.ok(minutes <= 60, `the clock moved by ${jump} ms: ${minutes} minutes in two days`)
    if (jump === 0) t.equal(minutes, 30, 'what was left of it')
    if (jump === 24 * HOUR) t.equal(minutes, 0, 'over')
    book.close()
  }
})

t.test('one person who asks again and again leaves the others room to ask', async (t) => {
  const book = await world().open()
  const ask = async (by: string): Promise<string> =>
    (
      await book.ask(
        {
          client: 'engineer-1',
          breaker: 'Q1',
          for: { kind: 'class', class: 'control' },
          uses: 3,
          startsMs: 0,
          lengthMs: HOUR,
          reason: 'new pump',
          workOrder: '',
        },
        by,
      )
    ).kind
  for (let i = 0; i < MAX_GRANTS_OF_ONE; i++) t.equal(await ask('ana'), 'done')
  t.equal(await ask('ana'), 'refused')
  t.equal(await ask('bob'), 'done')
})
