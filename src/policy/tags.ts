/** A personal tag (lock-out/tag-out): while it hangs, nobody operates the breaker from afar, whatever is unlocked. */
export type Tag = {
  readonly id: string
  /** One breaker, or a job with all of its breakers. */
  readonly on: { readonly kind: 'breaker'; readonly breaker: string } | { readonly kind: 'job'; readonly job: string }
  readonly owner: string
  readonly reason: string
  readonly workOrder: string
  readonly sinceUtcUs: number
  /** To whom its owner wants to pass it on (hand-over of a shift); empty: to nobody. The other has to accept. */
  readonly offeredTo: string
  /** Its owner is not there: who wants it off, and why. A second person has to agree. */
  readonly removal: 'none' | { readonly by: string; readonly reason: string; readonly utcUs: number }
}

/** A group lock-out: one job on many breakers, held by whoever leads it until nobody hangs a tag on it any more. */
export type TagJob = {
  readonly name: string
  readonly breakers: readonly string[]
  readonly leader: string
  readonly reason: string
  readonly workOrder: string
  readonly sinceUtcUs: number
}

/** Everything that hangs at a site. `version` counts its changes. */
export type Tags = { readonly version: number; readonly tags: readonly Tag[]; readonly jobs: readonly TagJob[] }
export const noTags: Tags = { version: 0, tags: [], jobs: [] }

/** The most tags and jobs of a site. */
export const MAX_TAGS = 1000
export const MAX_JOBS = 100
/** A removal that nobody agreed to within this time is over, microseconds: 30 minutes. */
export const REMOVAL_US = 30 * 60 * 1_000_000

export type TagAction =
  | {
      readonly kind: 'hang'
      readonly id: string
      readonly on: Tag['on']
      readonly by: string
      readonly reason: string
      readonly workOrder: string
    }
  | { readonly kind: 'remove'; readonly id: string; readonly by: string }
  /** By whoever may (SecurityAdmin); nothing comes off yet. */
  | { readonly kind: 'ask-removal'; readonly id: string; readonly by: string; readonly reason: string }
  /** By a second person. */
  | { readonly kind: 'agree-removal'; readonly id: string; readonly by: string }
  | { readonly kind: 'offer'; readonly id: string; readonly by: string; readonly to: string }
  | { readonly kind: 'accept'; readonly id: string; readonly by: string }
  | {
      readonly kind: 'start-job'
      readonly job: string
      readonly breakers: readonly string[]
      readonly by: string
      readonly reason: string
      readonly workOrder: string
    }
  | { readonly kind: 'end-job'; readonly job: string; readonly by: string }

export const tagRefusals = {
  'no-such-tag': 'there is no such tag: somebody has taken it off',
  'not-yours': 'this is the tag of somebody else: only its owner takes it off',
  'already-hung': 'your tag hangs there already',
  'no-such-job': 'there is no such job: it has ended',
  'job-exists': 'a job of this name is open',
  'not-leader': 'only the leader of the job ends it',
  'tags-on-job': 'tags hang on this job: it ends when all of them are off',
  'not-asked': 'nobody has asked for its removal, or too long ago: ask first',
  'same-person': 'the second person has to be another one',
  'own-tag': 'this is your own tag: take it off',
  'not-offered': 'this tag was not offered to you',
  'too-many': 'there are too many tags or jobs',
  changed: 'somebody else has changed it in the meantime: look again',
} as const
export type TagRefusal = keyof typeof tagRefusals

export type TagStep =
  | { readonly kind: 'done'; readonly tags: Tags; readonly breakers: readonly string[]; readonly tag: Tag | 'none' }
  | { readonly kind: 'refused'; readonly why: TagRefusal }

/** One action on everything that hangs. Pure: who may do it at all was asked before. */
export function stepTags(state: Tags, action: TagAction, utcUs: number): TagStep {
  switch (action.kind) {
    case 'hang':
      return hang(state, action, utcUs)
    case 'start-job':
    case 'end-job':
      return stepJob(state, action, utcUs)
    case 'remove':
    case 'ask-removal':
    case 'agree-removal':
    case 'offer':
    case 'accept':
      return onTag(state, action, utcUs)
  }
}

const refused = (why: TagRefusal): TagStep => ({ kind: 'refused', why })
const next = (state: Tags, change: Partial<Tags>): Tags => ({ ...state, ...change, version: state.version + 1 })

function hang(state: Tags, { id, on, by, reason, workOrder }: Extract<TagAction, { kind: 'hang' }>, utcUs: number): TagStep {
  if (on.kind === 'job' && !state.jobs.some(({ name }) => name === on.job)) return refused('no-such-job')
  const same = (tag: Tag): boolean => tag.owner === by && JSON.stringify(tag.on) === JSON.stringify(on)
  if (state.tags.some(same)) return refused('already-hung')
  if (state.tags.length >= MAX_TAGS) return refused('too-many')
  const tag: Tag = { id, on, owner: by, reason, workOrder, sinceUtcUs: utcUs, offeredTo: '', removal: 'none' }
  return { kind: 'done', tags: next(state, { tags: [...state.tags, tag] }), breakers: breakersOf(state, on), tag }
}

function onTag(
  state: Tags,
  action: Extract<TagAction, { kind: 'remove' | 'ask-removal' | 'agree-removal' | 'offer' | 'accept' }>,
  utcUs: number,
): TagStep {
  const tag = state.tags.find(({ id }) => id === action.id)
  if (tag === undefined) return refused('no-such-tag')
  const breakers = breakersOf(state, tag.on)
  const off = (): TagStep => ({ kind: 'done', tags: next(state, { tags: state.tags.filter((one) => one !== tag) }), breakers, tag })
  const as = (change: Partial<Tag>): TagStep => {
    const changed = { ...tag, ...change }
    return { kind: 'done', tags: next(state, { tags: state.tags.map((one) => (one === tag ? changed : one)) }), breakers, tag: changed }
  }
  const mine = tag.owner === action.by
  switch (action.kind) {
    case 'remove':
      return mine ? off() : refused('not-yours')
    case 'ask-removal':
      return mine ? refused('own-tag') : as({ removal: { by: action.by, reason: action.reason, utcUs } })
    case 'agree-removal':
      if (tag.removal === 'none' || Math.abs(utcUs - tag.removal.utcUs) > REMOVAL_US) return refused('not-asked')
      return tag.removal.by === action.by ? refused('same-person') : off()
    case 'offer':
      return mine ? as({ offeredTo: action.to === action.by ? '' : action.to }) : refused('not-yours')
    case 'accept':
      return tag.offeredTo !== action.by || action.by === ''
        ? refused('not-offered')
        : as({ owner: action.by, offeredTo: '', removal: 'none' })
  }
}

function stepJob(state: Tags, action: Extract<TagAction, { kind: 'start-job' | 'end-job' }>, utcUs: number): TagStep {
  const job = state.jobs.find(({ name }) => name === action.job)
  if (action.kind === 'start-job') {
    if (job !== undefined) return refused('job-exists')
    if (state.jobs.length >= MAX_JOBS) return refused('too-many')
    const { by: leader, breakers, reason, workOrder } = action
    const made: TagJob = { name: action.job, breakers, leader, reason, workOrder, sinceUtcUs: utcUs }
    return { kind: 'done', tags: next(state, { jobs: [...state.jobs, made] }), breakers, tag: 'none' }
  }
  if (job === undefined) return refused('no-such-job')
  if (job.leader !== action.by) return refused('not-leader')
  if (state.tags.some(({ on }) => on.kind === 'job' && on.job === job.name)) return refused('tags-on-job')
  return { kind: 'done', tags: next(state, { jobs: state.jobs.filter((one) => one !== job) }), breakers: job.breakers, tag: 'none' }
}

function breakersOf({ jobs }: Tags, on: Tag['on']): readonly string[] {
  return on.kind === 'breaker' ? [on.breaker] : (jobs.find(({ name }) => name === on.job)?.breakers ?? [])
}

/** What hangs on one breaker: its own tags, and the jobs that it belongs to with theirs. */
export function hangingOn({ tags, jobs }: Tags, breaker: string): { readonly tags: readonly Tag[]; readonly jobs: readonly TagJob[] } {
  const its = jobs.filter(({ breakers }) => breakers.includes(breaker))
  const on = ({ on: where }: Tag): boolean =>
    where.kind === 'breaker' ? where.breaker === breaker : its.some(({ name }) => name === where.job)
  return { tags: tags.filter(on), jobs: its }
}

export const isTagged = (tags: Tags, breaker: string): boolean => {
  const hanging = hangingOn(tags, breaker)
  return hanging.tags.length + hanging.jobs.length > 0
}
