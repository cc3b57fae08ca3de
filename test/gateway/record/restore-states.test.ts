import t from 'tap'
import { type EventRecord, type SecurityEvent, event } from '../../../src/events/index.ts'
import type { Journal, StatesFault, StoredState } from '../../../src/journal/index.ts'
import { restoreStates } from '../../../src/gateway/record/restore-states.ts'

const tag = (id: string, breaker: string, more: object = {}): string =>
  JSON.stringify({
    id,
    on: { kind: 'breaker', breaker },
    owner: 'ben',
    reason: 'r',
    workOrder: '',
    sinceUtcUs: 1,
    offeredTo: '',
    removal: 'none',
    ...more,
  })
const job = (name: string, ...breakers: string[]): string =>
  JSON.stringify({ name, breakers, leader: 'ana', reason: 'r', workOrder: '', sinceUtcUs: 1 })
const hung = (id: string, breaker: string, on = ''): SecurityEvent =>
  event('tag-hung', { subject: 'ben', breaker, tag: id, user: 'ben', job: on, reason: 'r', workOrder: '' })
const removed = (id: string): SecurityEvent => event('tag-removed', { subject: 'ben', breaker: 'Q1', tag: id, user: 'ben', job: '' })

/** A journal of such events and states, and what is written to it. */
function fake(
  fault: StatesFault | 'fits',
  events: readonly SecurityEvent[],
  states: Record<string, string>,
  unfit: readonly string[] = [],
  { vouchedUpTo = events.length, complete = true }: { readonly vouchedUpTo?: number; readonly complete?: boolean } = {},
) {
  const written: { noted: SecurityEvent[]; states: Record<string, string> } = { noted: [], states: {} }
  const disk = { full: false }
  const records = events.map((one, i): EventRecord => ({
    ...one,
    seq: i + 1,
    time: '2026-11-24T10:00:00.000000Z',
    boot: 'b',
    gateway: 'g',
  }))
  const journal = {
    stateCheck: () => (fault === 'fits' ? { kind: 'fits' } : { kind: 'does-not-fit', fault, unfit, vouchedUpTo, complete }),
    states: (prefix: string) => Promise.resolve(new Map(Object.entries(states).filter(([key]) => key.startsWith(prefix)))),
    query({ id, after, limit, newest }: { id: string; after: number; limit: number; newest?: boolean }) {
      const found = records.filter((one) => one.id === id && one.seq > after)
      return Promise.resolve(newest === true ? found.slice(-limit) : found.slice(0, limit))
    },
    note: (told: SecurityEvent) => void written.noted.push(told),
    keep(told: SecurityEvent, more: Record<string, string>) {
      if (disk.full) return Promise.resolve('not-yet')
      written.noted.push(told)
      written.states = more
      return Promise.resolve(1)
    },
  } as unknown as Journal
  return { journal, written, disk }
}

const changed: StatesFault = { kind: 'changed' }
type Row = {
  readonly name: string
  readonly fault?: StatesFault
  readonly events?: readonly SecurityEvent[]
  readonly states?: Record<string, string>
  readonly unfit?: readonly string[]
  readonly carried?: readonly StoredState[]
  /** The last event for which the key vouches; the last of all where it is left out. */
  readonly vouchedUpTo?: number
  /** False: retention has removed the first events. */
  readonly complete?: boolean
  /** States that are written; those that are not named stay as they are. */
  readonly written: object
  /** Tags and jobs that hang again. */
  readonly again?: readonly string[]
}
const rows: readonly Row[] = [
  {
    name: 'every lock is locked and no grant is left, whoever wrote them',
    states: { 'lock/Q1/control': '{"kind":"unlocked"}', 'grant/a': '{}' },
    written: { 'lock/Q1/control': /"kind":"locked","by":\{"kind":"trust","part":"states"\}/, 'grant/a': '' },
  },
  { name: 'a tag that nobody vouches for stays', states: { 'tag/a': tag('a', 'Q1') }, unfit: ['tag/a'], written: {} },
  { name: 'a tag that is none goes', states: { 'tag/a': 'x' }, written: { 'tag/a': '' } },
  {
    name: 'a tag that only the events know of hangs again',
    events: [hung('a', 'Q1'), hung('b', 'Q2'), removed('b')],
    written: { 'tag/a': /"breaker":"Q1"/, 'tag/b': undefined },
    again: ['a'],
  },
  {
    name: 'a tag that names another breaker than its event hangs where it was hung',
    events: [hung('a', 'Q1')],
    states: { 'tag/a': tag('a', 'Q9') },
    written: { 'tag/a': /"breaker":"Q1"/ },
    again: ['a'],
  },
  {
    name: 'a tag that was offered meanwhile is as it is stored',
    events: [hung('a', 'Q1')],
    states: { 'tag/a': tag('a', 'Q1', { offeredTo: 'eva' }) },
    written: { 'tag/a': undefined },
  },
  {
    name: 'a removal that was written without the key takes nothing off',
    fault: { kind: 'behind', seq: 1 },
    vouchedUpTo: 1,
    events: [hung('a', 'Q1'), removed('a')],
    written: { 'tag/a': /"breaker":"Q1"/ },
    again: ['a'],
  },
  ...(['not-authenticated', 'changed', 'anchor-forged'] as const).map((kind) => ({
    name: `nor does it where the fault is ${kind}, nor is the master lock turned off`,
    fault: { kind },
    vouchedUpTo: 2,
    events: [
      hung('a', 'Q1'),
      event('master-lock-on', { subject: 'ana', reason: 'r' }),
      removed('a'),
      event('master-lock-off', { subject: 'ana', reason: 'r' }),
    ],
    written: { 'tag/a': /"breaker":"Q1"/, 'master-lock': /"on":true/ },
    again: ['a'],
  })),
  {
    name: 'a master lock that was turned off by an event of this gateway is off',
    events: [event('master-lock-on', { subject: 'ana', reason: 'r' }), event('master-lock-off', { subject: 'ana', reason: 'r' })],
    written: { 'master-lock': undefined },
  },
  {
    name: 'where retention has removed events, nobody knows all that hung: the master lock is on',
    complete: false,
    written: { 'master-lock': /"on":true,"by":"gateway"/ },
  },
  {
    name: 'a job that only the events know of holds its breakers again',
    events: [event('lock-out-started', { subject: 'ana', breaker: 'Q1 Q2', job: 'j', reason: 'r', workOrder: '' })],
    written: { 'tag-job/j': /"breakers":\["Q1","Q2"\]/ },
    again: ['j'],
  },
  {
    name: 'a job with fewer breakers than its event has all of them again',
    events: [event('lock-out-started', { subject: 'ana', breaker: 'Q1 Q2', job: 'j', reason: 'r', workOrder: '' })],
    states: { 'tag-job/j': job('j', 'Q1') },
    written: { 'tag-job/j': /"breakers":\["Q1","Q2"\]/ },
    again: ['j'],
  },
  {
    name: 'a tag on a job that nobody knows turns the master lock on',
    states: { 'tag/a': tag('a', '', { on: { kind: 'job', job: 'j' } }) },
    written: { 'master-lock': /"on":true,"by":"gateway"/ },
  },
  {
    name: 'a master lock that the events know to be on is on',
    events: [event('master-lock-on', { subject: 'ana', reason: 'r' })],
    states: { 'master-lock': '{"on":false,"by":"x","reason":"x","sinceUtcUs":1}' },
    written: { 'master-lock': /"on":true,"by":"gateway"/ },
  },
  {
    name: 'a master lock that is on stays as it is',
    states: { 'master-lock': '{"on":true,"by":"ana","reason":"r","sinceUtcUs":1}' },
    unfit: ['master-lock'],
    written: { 'master-lock': undefined },
  },
  {
    name: 'a cursor that this gateway wrote stays, another one goes',
    states: { 'cursor/a': '5', 'cursor/b': '9' },
    unfit: ['cursor/b'],
    written: { 'cursor/a': undefined, 'cursor/b': '' },
  },
  {
    name: 'of an older version what people signed for stays, cursors begin again, and rubbish goes',
    fault: { kind: 'not-authenticated' },
    states: {
      'checklist/Q1/a': '{"breaker":"Q1","item":"a","by":"ana","utcUs":1,"note":""}',
      'checklist/Q1/b': 'null',
      learned: '[1]',
      'seen/Q1': 'open',
      'cursor/a': '9',
      'login-attempts': '{}',
    },
    unfit: ['checklist/Q1/a', 'checklist/Q1/b', 'learned', 'seen/Q1', 'cursor/a', 'login-attempts'],
    written: {
      'checklist/Q1/a': undefined,
      'seen/Q1': undefined,
      'checklist/Q1/b': '',
      learned: '',
      'cursor/a': '',
      'login-attempts': '',
    },
  },
  {
    name: 'what hung in a journal that was replaced hangs on, under the master lock',
    fault: { kind: 'replaced' },
    carried: [{ key: 'tag/a', value: tag('a', 'Q1') }],
    written: { 'tag/a': /"breaker":"Q1"/, 'master-lock': /"on":true/ },
  },
]

t.test('of states that do not fit, what bars counts, and what only helps counts where this gateway wrote it', async (t) => {
  for (const { name, fault = changed, events = [], states = {}, unfit = [], carried = [], written, again = [], ...known } of rows) {
    const { journal, written: done } = fake(fault, events, states, unfit, known)
    await restoreStates(journal, carried, 7)
    t.match(done.states, written, name)
    const told = done.noted.filter(({ id }) => id === 'tag-restored').map(({ fields }) => fields.tag || fields.job)
    t.same(told, again, `${name}: what hangs again is an event`)
    t.match(done.noted.at(-1), { id: 'states-not-authentic', fields: { count: unfit.length } })
  }
})

t.test('states that fit are left alone, and a disk that refuses does not matter', async (t) => {
  const good = fake('fits', [hung('a', 'Q1')], { 'grant/a': '{}' })
  t.equal(await restoreStates(good.journal, [], 7), good.journal)
  t.same(good.written.noted, [])
  const refused = fake(changed, [hung('a', 'Q1')], { 'grant/a': '{}', 'cursor/x': '4' })
  refused.disk.full = true
  const opened = await restoreStates(refused.journal, [], 7)
  t.same([...(await opened.states('grant/'))], [])
  t.match([...(await opened.states('tag/'))], [['tag/a', /Q1/]])
  t.same([...(await opened.states('cursor/'))], [['cursor/x', '4']])
})
