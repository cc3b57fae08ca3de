import { type EventRecord, type SecurityEvent, event } from '../../events/index.ts'
import type { Journal, StateCheck, StatesFault, StoredState } from '../../journal/index.ts'
import type { LockState, Tag, TagJob } from '../../policy/index.ts'
import type { MasterLockState } from '../control/stored-states.ts'
import { isKeptFromOlder, jobOf, masterLockOf, tagOf } from '../control/stored-states.ts'

type Unfit = Extract<StateCheck, { kind: 'does-not-fit' }>
type Restored = { readonly changes: Readonly<Record<string, string>>; readonly events: readonly SecurityEvent[] }

/** Records that one query returns here. */
const PAGE = 1000

/**
 * What counts when the states do not fit: every lock is locked, no grant is left, and everything stays that bars something, whether the
 * states or the events of the journal know of it. What only helps, such as how far a sink has got, counts where this gateway wrote it.
 * Writes the difference, with the alarm, before anything else reads a state. Returns the journal that the stores open with.
 */
export async function restoreStates(journal: Journal, carried: readonly StoredState[], utcUs: number): Promise<Journal> {
  const stateCheck = journal.stateCheck()
  if (stateCheck.kind !== 'does-not-fit') return journal
  const stored = new Map(await journal.states(''))
  const { changes, events } = restore(stateCheck, await evidenceOf(journal, stateCheck, stored, carried), utcUs)
  for (const told of events) journal.note(told)
  const alarm = event('states-not-authentic', { reason: describeStatesFault(stateCheck.fault), count: stateCheck.unfit.length })
  if ((await journal.keep(alarm, changes)) !== 'not-yet') return journal
  // The disk refuses: what counts is in memory until it is written, and the next start comes to the same result.
  return { ...journal, states: async (prefix) => overlaid(await journal.states(prefix), changes, prefix) }
}

function overlaid(found: ReadonlyMap<string, string>, changes: Restored['changes'], prefix: string): ReadonlyMap<string, string> {
  const all = new Map([...found, ...Object.entries(changes).filter(([key]) => key.startsWith(prefix))])
  return new Map([...all].filter(([, value]) => value !== ''))
}

type Evidence = {
  /** What is in the journal's states. */
  readonly stored: ReadonlyMap<string, string>
  /** The same, with what hung in a journal that was replaced. */
  readonly all: ReadonlyMap<string, string>
  /** What was hung and never taken off, by the events. */
  readonly hanging: readonly Hanging[]
  readonly masterLock: 'on' | 'off'
}

async function evidenceOf(
  journal: Journal,
  { vouchedUpTo }: Unfit,
  stored: ReadonlyMap<string, string>,
  carried: readonly StoredState[],
): Promise<Evidence> {
  const all = new Map([...carried.map(({ key, value }) => [key, value] as const), ...stored])
  return { stored, all, hanging: await hangingByEvents(journal, vouchedUpTo), masterLock: await masterLockByEvents(journal, vouchedUpTo) }
}

function restore({ fault, unfit, complete }: Unfit, { stored, all, hanging, masterLock }: Evidence, utcUs: number): Restored {
  const foreign = new Set(unfit)
  const ofOlder = fault.kind === 'not-authenticated'
  const locked: LockState = { kind: 'locked', by: { kind: 'trust', part: 'states' }, sinceUtcUs: utcUs }
  const next = new Map<string, string>()
  for (const [key, value] of all) {
    if (key.startsWith('lock/')) next.set(key, JSON.stringify(locked))
    else if (key.startsWith('tag/')) next.set(key, tagOf(value) === 'none' ? '' : value)
    else if (key.startsWith('tag-job/')) next.set(key, jobOf(value) === 'none' ? '' : value)
    else if (key.startsWith('grant/')) next.set(key, '')
    else next.set(key, foreign.has(key) && !(ofOlder && isKeptFromOlder(key, value)) ? '' : value)
  }
  const missing = hanging.filter(({ key, same }) => !same(next.get(key) ?? ''))
  for (const { key, value } of missing) next.set(key, value)

  const stands = masterLockOf(all.get(MASTER_LOCK) ?? '')
  const unknown = !complete || fault.kind === 'replaced' || fault.kind === 'journal-gone' || hangsOnUnknownJob(next)
  const shut: MasterLockState = { on: true, by: 'gateway', reason: 'the stored states could not be trusted', sinceUtcUs: utcUs }
  if (stands !== 'none' && stands.on) next.set(MASTER_LOCK, JSON.stringify(stands))
  else if (unknown || masterLock === 'on') next.set(MASTER_LOCK, JSON.stringify(shut))
  return {
    changes: Object.fromEntries([...next].filter(([key, value]) => (stored.get(key) ?? '') !== value)),
    events: missing.map(({ told }) => told),
  }
}

const MASTER_LOCK = 'master-lock'

/** A tag on a job whose breakers nobody knows any more: it bars nothing by itself. */
function hangsOnUnknownJob(states: ReadonlyMap<string, string>): boolean {
  return [...states].some(([key, value]) => {
    const tag = key.startsWith('tag/') ? tagOf(value) : 'none'
    return tag !== 'none' && tag.on.kind === 'job' && (states.get(`tag-job/${tag.on.job}`) ?? '') === ''
  })
}

type Hanging = {
  readonly key: string
  readonly value: string
  /** Whether a stored text is of the same tag or job, and on the same breakers. */
  readonly same: (text: string) => boolean
  readonly told: SecurityEvent
}

const hangs = ['tag-hung', 'tag-passed', 'lock-out-started'] as const
const ends = ['tag-removed', 'tag-removed-by-other', 'lock-out-ended'] as const

/** What was hung and never taken off, by the events that are kept. What is said to be taken off counts only where the key vouches for it. */
async function hangingByEvents(journal: Journal, vouchedUpTo: number): Promise<readonly Hanging[]> {
  const begun = (await Promise.all(hangs.map((id) => allOf(journal, id)))).flat()
  const ended = (await Promise.all(ends.map((id) => allOf(journal, id)))).flat()
  const vouched = ended.filter(({ seq }) => seq <= vouchedUpTo)
  const off = new Set(vouched)
  const found = new Map<string, Hanging>()
  for (const record of [...begun, ...vouched].sort((a, b) => a.seq - b.seq)) {
    const { tag, job } = textsOf(record)
    const isJob = record.id === 'lock-out-started' || record.id === 'lock-out-ended'
    const key = isJob ? `tag-job/${job}` : `tag/${tag}`
    if (off.has(record)) found.delete(key)
    else found.set(key, isJob ? startedJob(record) : hungTag(record))
  }
  return [...found.values()]
}

async function allOf(journal: Journal, id: string): Promise<readonly EventRecord[]> {
  const found: EventRecord[] = []
  for (;;) {
    const page = await journal.query({ after: found.at(-1)?.seq ?? 0, limit: PAGE, id })
    found.push(...page)
    if (page.length < PAGE) return found
  }
}

type Texts = Readonly<Record<'tag' | 'job' | 'user' | 'subject' | 'breaker' | 'reason' | 'workOrder', string>>
const textsOf = ({ fields }: EventRecord): Texts => ({
  tag: String(fields.tag ?? ''),
  job: String(fields.job ?? ''),
  user: String(fields.user ?? ''),
  subject: String(fields.subject ?? ''),
  breaker: String(fields.breaker ?? ''),
  reason: String(fields.reason ?? ''),
  workOrder: String(fields.workOrder ?? ''),
})

function hungTag(record: EventRecord): Hanging {
  const { tag: id, job, user: owner, breaker, reason, workOrder } = textsOf(record)
  const on: Tag['on'] = job === '' ? { kind: 'breaker', breaker } : { kind: 'job', job }
  const tag: Tag = { id, on, owner, reason, workOrder, sinceUtcUs: Date.parse(record.time) * 1000, offeredTo: '', removal: 'none' }
  return {
    key: `tag/${id}`,
    value: JSON.stringify(tag),
    same(text) {
      const found = tagOf(text)
      return found !== 'none' && found.owner === owner && JSON.stringify(found.on) === JSON.stringify(on)
    },
    told: event('tag-restored', { subject: 'gateway', breaker, tag: id, user: owner, job, reason }),
  }
}

function startedJob(record: EventRecord): Hanging {
  const { job: name, subject: leader, breaker, reason, workOrder } = textsOf(record)
  const breakers = breaker.split(' ').filter(Boolean)
  const job: TagJob = { name, breakers, leader, reason, workOrder, sinceUtcUs: Date.parse(record.time) * 1000 }
  return {
    key: `tag-job/${name}`,
    value: JSON.stringify(job),
    same(text) {
      const found = jobOf(text)
      return found !== 'none' && breakers.every((one) => found.breakers.includes(one))
    },
    told: event('tag-restored', { subject: 'gateway', breaker, tag: '', user: leader, job: name, reason }),
  }
}

/** On where the last event that turned it says so; that it was turned off counts only where the key vouches for it. */
async function masterLockByEvents(journal: Journal, vouchedUpTo: number): Promise<'on' | 'off'> {
  const on = (await allOf(journal, 'master-lock-on')).at(-1)?.seq ?? 0
  const off = (await allOf(journal, 'master-lock-off')).filter(({ seq }) => seq <= vouchedUpTo).at(-1)?.seq ?? 0
  return on > off ? 'on' : 'off'
}

/** Why, for people. */
export function describeStatesFault(fault: StatesFault): string {
  switch (fault.kind) {
    case 'not-authenticated':
      return 'nothing vouches for them: they are from an older version, or somebody has removed what vouched for them'
    case 'replaced':
      return 'the journal follows one that was damaged, set aside or lost, and nobody has accepted that yet'
    case 'journal-gone':
      return 'the journal is gone, though a gateway has run here before'
    case 'other-key':
      return `they were authenticated with another key (${fault.key}) than the one that is there now`
    case 'changed':
      return 'somebody has changed, added or removed a state, or put an older one back'
    case 'behind':
      return `they are those of event ${fault.seq}: later events were written without the key, or older states were put back`
    case 'anchor-gone':
      return 'the anchor beside the journal (journal.db.anchor) is gone: nothing shows whether the journal is an older copy'
    case 'anchor-forged':
      return 'the anchor beside the journal (journal.db.anchor) was not written by this gateway'
  }
}
