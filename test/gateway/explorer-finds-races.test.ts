import t, { type Test } from 'tap'
import { type SecurityEvent, event } from '../../src/events/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { type Confirmed, type Explored, explore } from '../support/interleavings.ts'

// The explorer is worth nothing if it finds nothing: here it looks at two stores that are wrong in the two ways that were found in service.

/** A lock whose permissive record is not compared with what has been locked meanwhile. */
type NaiveLock = { readonly unlocked: () => boolean; readonly unlock: () => Promise<Confirmed>; readonly lock: () => Promise<Confirmed> }

async function openNaiveLock(journal: Journal): Promise<NaiveLock> {
  let unlocked = (await journal.states('lock')).get('lock') === 'unlocked'
  const fields = { subject: 'ana', breaker: 'Q1', scope: 'control', reason: 'r', workOrder: '', hours: '' }
  return {
    unlocked: () => unlocked,
    async unlock() {
      const told = event('unlocked', { ...fields, until: 'later' })
      if ((await journal.append(told, { lock: 'unlocked' })) === 'unavailable') return 'no'
      unlocked = true
      return 'done'
    },
    async lock() {
      unlocked = false
      return (await journal.keep(event('locked', fields), { lock: '' })) === 'not-yet' ? 'held' : 'done'
    },
  }
}

const locks: Explored<NaiveLock> = {
  open: (journal) => openNaiveLock(journal),
  view: (book) => ({ unlocked: book.unlocked() }),
  bars: (book) => (book.unlocked() ? [] : ['Q1']),
  told: (events) => ({ unlocked: events.at(-1)?.id === 'unlocked' }),
  ticks: 1,
  before: { locked: () => undefined },
  actions: { unlock: (book) => book.unlock(), lock: (book) => book.lock() },
}

/** A job that is ended by a record that was right when it was made, whatever has been hung on the job since. */
type NaiveJob = {
  readonly state: () => { readonly job: boolean; readonly tag: boolean }
  readonly start: () => Promise<Confirmed>
  readonly end: () => Promise<Confirmed>
  readonly hang: () => Promise<Confirmed>
}

async function openNaiveJob(journal: Journal): Promise<NaiveJob> {
  const stored = await journal.states('')
  let [job, tag] = [stored.has('job'), stored.has('tag')]
  const hung = (): boolean => tag
  const kept = async (told: SecurityEvent, key: string): Promise<Confirmed> =>
    (await journal.keep(told, { [key]: 'yes' })) === 'not-yet' ? 'held' : 'done'
  const fields = { subject: 'ana', job: 'J', breaker: 'Q1', reason: 'r', workOrder: '' }
  return {
    state: () => ({ job, tag }),
    start() {
      job = true
      return kept(event('lock-out-started', fields), 'job')
    },
    async end() {
      if (!job || tag) return 'no'
      if ((await journal.append(event('lock-out-ended', { subject: 'ana', job: 'J', breaker: 'Q1' }), { job: '' })) === 'unavailable')
        return 'no'
      if (!hung()) job = false
      return 'done'
    },
    async hang() {
      if (!job) return 'no'
      tag = true
      return kept(event('tag-hung', { ...fields, user: 'bob', tag: 'one' }), 'tag')
    },
  }
}

const jobs: Explored<NaiveJob> = {
  open: (journal) => openNaiveJob(journal),
  view: (book) => book.state(),
  bars: (book) => (book.state().job ? ['job'] : []),
  told: (events) => ({
    job: events.findLast(({ id }) => id.startsWith('lock-out'))?.id === 'lock-out-started',
    tag: events.some(({ id }) => id === 'tag-hung'),
  }),
  ticks: 0,
  before: { 'a job': (book) => book.start() },
  actions: { 'end job': (book) => book.end(), 'hang on job': (book) => book.hang() },
}

async function finds<Book>(t: Test, store: Explored<Book>, expected: RegExp): Promise<void> {
  const faults: string[] = []
  const count = await explore(store, (what) => faults.push(what))
  t.comment(`${faults.length} faults in ${count} interleavings`)
  t.ok(
    faults.some((fault) => expected.test(fault)),
    `found, by ${faults[0] ?? 'nothing'}`,
  )
}

t.test('an unlock that comes to the disk after a lock is found', (t) =>
  finds(t, locks, /; (unlock, lock|lock, unlock); .*the events tell of/),
)
t.test('a job that ends while a tag is hung on it is found', (t) =>
  finds(t, jobs, /; (end job, hang on job|hang on job, end job); .*memory|a restart|the events tell of/),
)
