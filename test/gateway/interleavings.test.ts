import t, { type Test } from 'tap'
import type { SecurityEvent } from '../../src/events/index.ts'
import { type LockStore, openLockStore } from '../../src/gateway/index.ts'
import { openGrantStore } from '../../src/gateway/index.ts'
import { type MasterLock, openMasterLock } from '../../src/gateway/control/master-lock.ts'
import { type TagStore, openTagStore } from '../../src/gateway/control/tag-store.ts'
import type { Grant, TagAction } from '../../src/policy/index.ts'
import { realRandom } from '../../src/platform/index.ts'
import { type Confirmed, type Explored, explore } from '../support/interleavings.ts'

// Some ten thousand runs of two actions, one after the other.
t.setTimeout(300_000)

const text = (event: SecurityEvent, name: keyof SecurityEvent['fields']): string => String(event.fields[name] ?? '')

/** What is left of the events when each that did not take effect is taken out. */
function inEffect(events: readonly SecurityEvent[]): readonly SecurityEvent[] {
  const left: SecurityEvent[] = []
  for (const event of events) {
    if (event.id !== 'change-overtaken') left.push(event)
    else {
      const at = left.findLastIndex((one) => one.text === text(event, 'operation'))
      if (at >= 0) left.splice(at, 1)
    }
  }
  return left
}

const recorded = (how: 'recorded' | 'not-yet'): Confirmed => (how === 'recorded' ? 'done' : 'held')

const unlock = (book: LockStore, forMs: number): Promise<Confirmed> =>
  book
    .unlock('Q1', 'control', { forMs, by: 'ana', reason: 'WO', workOrder: '', seen: 'any' })
    .then((done) => (done === 'unlocked' ? 'done' : 'no'))

const locks: Explored<LockStore> = {
  open: (journal, clock) => openLockStore(['Q1'], journal, clock, () => 'not set'),
  close: (book) => book.close(),
  view: (book) => ({ control: book.locks('Q1').control.kind }),
  afterRestart: () => ({ control: 'locked' }),
  bars: (book) => (book.locks('Q1').control.kind === 'locked' ? ['Q1'] : []),
  told(events) {
    const last = inEffect(events).findLast((one) => text(one, 'scope') === 'control' && one.id !== 'change-overtaken')
    return { control: last?.id === 'unlocked' ? 'unlocked' : 'locked' }
  },
  ticks: 2,
  before: { locked: () => undefined, unlocked: (book) => unlock(book, 5000) },
  actions: {
    unlock: (book) => unlock(book, 60_000),
    'unlock for 1 s': (book) => unlock(book, 1000),
    lock: (book) => book.lock('Q1', 'control', 'bob', 'at work').then(recorded),
    'lose trust': (book) => Promise.resolve(book.lockAll('clock')).then(() => 'held'),
  },
}

const act = (book: TagStore, action: TagAction): Promise<Confirmed> =>
  book.act(action).then((done) => (done.kind === 'done' ? recorded(done.recorded) : 'no'))
const words = { reason: 'r', workOrder: 'w' }
const hang = (book: TagStore, id: string, by: string, job = ''): Promise<Confirmed> =>
  act(book, { kind: 'hang', id, on: job === '' ? { kind: 'breaker', breaker: 'Q1' } : { kind: 'job', job }, by, ...words })
const startJob = (book: TagStore): Promise<Confirmed> => act(book, { kind: 'start-job', job: 'J', breakers: ['Q1'], by: 'ana', ...words })

/** What hangs by the events alone. */
function toldTags(events: readonly SecurityEvent[]): object {
  const tags = new Map<string, { owner: string; job: string }>()
  const jobs = new Set<string>()
  for (const one of inEffect(events)) {
    const [id, job] = [text(one, 'tag'), text(one, 'job')]
    if (one.id === 'tag-hung') tags.set(id, { owner: text(one, 'user'), job })
    if (one.id === 'tag-removed' || one.id === 'tag-removed-by-other') tags.delete(id)
    if (one.id === 'tag-passed') tags.set(id, { owner: text(one, 'user'), job })
    if (one.id === 'lock-out-started') jobs.add(job)
    if (one.id === 'lock-out-ended') jobs.delete(job)
  }
  return viewOfTags(
    [...tags].map(([id, { owner, job }]) => ({ id, owner, job })),
    [...jobs],
  )
}
const viewOfTags = (tags: readonly { id: string; owner: string; job: string }[], jobs: readonly string[]): object => ({
  tags: tags.map(({ id, owner, job }) => `${id} ${owner} ${job}`).sort(),
  jobs: [...jobs].sort(),
})

const tags: Explored<TagStore> = {
  open: (journal, clock) => openTagStore(journal, { clock, random: realRandom }),
  view: (book) =>
    viewOfTags(
      book.tags().tags.map(({ id, owner, on }) => ({ id, owner, job: on.kind === 'job' ? on.job : '' })),
      book.tags().jobs.map(({ name }) => name),
    ),
  bars(book) {
    const { tags: hung, jobs } = book.tags()
    const free = hung.filter(({ on }) => on.kind === 'breaker' || jobs.some(({ name }) => name === on.job))
    return [...free.map(({ id }) => `tag ${id}`), ...jobs.map(({ name }) => `job ${name}`)]
  },
  told: toldTags,
  ticks: 1,
  before: {
    nothing: () => undefined,
    'a job': startJob,
    'a job with a tag': (book) => [startJob(book), hang(book, 'one', 'ana', 'J')],
    'a tag that is offered, and asked for': async (book) => {
      await hang(book, 'one', 'ana')
      await act(book, { kind: 'offer', id: 'one', by: 'ana', to: 'bob' })
      await act(book, { kind: 'ask-removal', id: 'one', by: 'eve', reason: 'gone' })
    },
  },
  actions: {
    hang: (book) => hang(book, 'two', 'bob'),
    'hang on job': (book) => hang(book, 'three', 'bob', 'J'),
    remove: (book) => act(book, { kind: 'remove', id: 'one', by: 'ana' }),
    'ask removal': (book) => act(book, { kind: 'ask-removal', id: 'one', by: 'bob', reason: 'gone' }),
    'agree removal': (book) => act(book, { kind: 'agree-removal', id: 'one', by: 'bob' }),
    offer: (book) => act(book, { kind: 'offer', id: 'one', by: 'ana', to: 'bob' }),
    accept: (book) => act(book, { kind: 'accept', id: 'one', by: 'bob' }),
    'start job': startJob,
    'end job': (book) => act(book, { kind: 'end-job', job: 'J', by: 'ana' }),
  },
}

const turn = (book: MasterLock, on: boolean): Promise<Confirmed> =>
  book.turn(on, 'ana', on ? 'at work' : 'done').then((done) => (done.kind === 'turned' ? recorded(done.recorded) : 'no'))

const masterLock: Explored<MasterLock> = {
  open: (journal, clock) => openMasterLock(journal, clock),
  view: (book) => ({ on: book.state().on }),
  bars: (book) => (book.state().on ? ['site'] : []),
  told: (events) => ({ on: inEffect(events).findLast(({ id }) => id.startsWith('master-lock-'))?.id === 'master-lock-on' }),
  ticks: 1,
  before: { off: () => undefined, on: (book) => turn(book, true) },
  actions: { on: (book) => turn(book, true), off: (book) => turn(book, false) },
}

type Grants = Awaited<ReturnType<typeof openGrantStore>> & { readonly now: () => number }
const ask = (book: Grants): Promise<Confirmed> =>
  book
    .ask(
      {
        client: 'c',
        breaker: 'Q1',
        for: { kind: 'class', class: 'control' },
        uses: 2,
        startsMs: 0,
        lengthMs: 2000,
        reason: 'r',
        workOrder: '',
      },
      'ana',
    )
    .then((done) => (done.kind === 'done' ? recorded(done.recorded) : 'no'))
const first = (book: Grants): Grant | undefined => book.list()[0]
const answer = (book: Grants, kind: 'approve' | 'refuse' | 'revoke'): Promise<Confirmed> =>
  book
    .act(first(book)?.id ?? '', { kind, by: 'bob', reason: 'r', version: first(book)?.version ?? 0 })
    .then((done) => (done.kind === 'done' ? recorded(done.recorded) : 'no'))
const viewOfGrants = (grants: Iterable<{ state: string; used: number }>): object => ({
  grants: [...grants].map(({ state, used }) => `${state} ${used}`),
})

const grants: Explored<Grants> = {
  open: async (journal, clock) => ({ ...(await openGrantStore(journal, { clock, random: realRandom })), now: () => clock.now() }),
  close: (book) => book.close(),
  view: (book) => viewOfGrants(book.list().map(({ state: { kind: state }, used }) => ({ state, used }))),
  bars: (book) =>
    book.list().flatMap(({ id, state, used }) => [
      // Approved, and over before its timer has run: nothing passes by it any more.
      ...(state.kind === 'approved' && book.now() < state.until ? [] : [id]),
      ...Array.from({ length: used }, (_, i) => `use ${i + 1} of ${id}`),
    ]),
  told(events, utcUs = 0) {
    const found = new Map<string, { state: string; used: number; until: string }>()
    const states: Partial<Record<SecurityEvent['id'], string>> = {
      'grant-requested': 'requested',
      'grant-approved': 'approved',
      'grant-refused': 'refused',
      'grant-revoked': 'revoked',
      'grant-expired': 'expired',
    }
    for (const one of inEffect(events)) {
      const before = found.get(text(one, 'grant')) ?? { state: '', used: 0, until: '' }
      const state = states[one.id]
      if (state !== undefined) found.set(text(one, 'grant'), { ...before, state, until: text(one, 'until') })
      if (one.id === 'grant-used') found.set(text(one, 'grant'), { ...before, used: Number(one.fields.count) })
    }
    // A restart ends what was over meanwhile.
    const isOver = (state: string, until: string): boolean => state === 'approved' && Date.parse(until) * 1000 <= utcUs
    return viewOfGrants([...found.values()].map(({ state, used, until }) => ({ state: isOver(state, until) ? 'expired' : state, used })))
  },
  ticks: 2,
  before: {
    nothing: () => undefined,
    asked: ask,
    approved: async (book) => {
      await ask(book)
      await answer(book, 'approve')
    },
  },
  actions: {
    ask,
    approve: (book) => answer(book, 'approve'),
    refuse: (book) => answer(book, 'refuse'),
    revoke: (book) => answer(book, 'revoke'),
    use: (book) => Promise.resolve(book.use(first(book)?.id ?? '', 'c', 'x')).then((used) => (used ? 'held' : 'no')),
  },
}

async function looks<Book>(t: Test, name: string, store: Explored<Book>, least: number): Promise<void> {
  const faults: string[] = []
  const count = await explore(store, (what) => faults.push(what))
  t.comment(`${name}: ${count} interleavings`)
  t.ok(count >= least, `${count} interleavings of two actions, the disk's answers and time`)
  t.same(faults.slice(0, 5), [], `${faults.length} of them go wrong`)
}

t.test('memory, disk and events agree whatever overtakes what: locks', (t) => looks(t, 'locks', locks, 2000))
t.test('memory, disk and events agree whatever overtakes what: tags and jobs', (t) => looks(t, 'tags and jobs', tags, 4000))
t.test('memory, disk and events agree whatever overtakes what: master lock', (t) => looks(t, 'master lock', masterLock, 200))
t.test('memory, disk and events agree whatever overtakes what: grants', (t) => looks(t, 'grants', grants, 3000))
