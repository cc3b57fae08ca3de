import { type FieldTypes, type SecurityEvent, event } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock, Random } from '../platform/index.ts'
import { type Tag, type TagAction, type TagJob, type TagRefusal, type Tags, noTags, stepTags } from '../policy/index.ts'

/** What hangs at the site while the gateway runs. Each change is an event, and state and event are one write. */
export interface TagBook {
  tags(): Tags
  /** Hanging holds at once and its record follows; whatever takes away holds from the moment that its event is on disk. */
  act(action: TagAction): Promise<TagDone>
  freshId(): string
}
export type TagDone =
  | { readonly kind: 'done'; readonly tags: Tags; readonly tag: Tag | 'none' }
  | { readonly kind: 'refused'; readonly why: TagRefusal }
  | { readonly kind: 'unavailable' }

/** Reads what the last run left hanging: a restart takes no tag off. */
export async function openTagBook(journal: Journal, ports: { readonly clock: Clock; readonly random: Random }): Promise<TagBook> {
  const { clock, random } = ports
  const stored = async <T>(prefix: string): Promise<T[]> =>
    [...(await journal.states(prefix)).values()].filter((text) => text !== '').map((text) => JSON.parse(text) as T)
  let tags: Tags = { ...noTags, tags: await stored<Tag>('tag/'), jobs: await stored<TagJob>('tag-job/') }
  // One after the other: what is taken off is judged by what hangs when its turn comes.
  let last: Promise<unknown> = Promise.resolve()

  async function takeAway(action: TagAction): Promise<TagDone> {
    const step = stepTags(tags, action, clock.utcUs())
    if (step.kind === 'refused') return step
    const record = await journal.append(eventOf(action, step), statesOf(tags, step.tags))
    if (record === 'unavailable') return { kind: 'unavailable' }
    const again = stepTags(tags, action, clock.utcUs()) // somebody may have hung another tag in between: it stays
    if (again.kind === 'refused') return again
    tags = again.tags
    return { kind: 'done', tags, tag: again.tag }
  }

  return {
    tags: () => tags,
    freshId: () => random.uuid().slice(0, 8),
    act(action) {
      if (action.kind === 'hang' || action.kind === 'start-job') {
        const step = stepTags(tags, action, clock.utcUs())
        if (step.kind === 'refused') return Promise.resolve(step)
        const before = tags
        tags = step.tags
        journal.note(eventOf(action, step), statesOf(before, tags))
        return Promise.resolve({ kind: 'done', tags, tag: step.tag })
      }
      const done = last.then(() => takeAway(action))
      last = done
      return done
    },
  }
}

/** Each tag and each job is a state of its own; what is gone is empty. */
function statesOf(before: Tags, after: Tags): Record<string, string> {
  const keyed = ({ tags, jobs }: Tags): Map<string, string> =>
    new Map([
      ...tags.map((tag) => [`tag/${tag.id}`, JSON.stringify(tag)] as const),
      ...jobs.map((job) => [`tag-job/${job.name}`, JSON.stringify(job)] as const),
    ])
  const [old, fresh] = [keyed(before), keyed(after)]
  const gone = [...old.keys()].filter((key) => !fresh.has(key)).map((key) => [key, ''] as const)
  return Object.fromEntries([...[...fresh].filter(([key, text]) => old.get(key) !== text), ...gone])
}

type Step = Extract<ReturnType<typeof stepTags>, { kind: 'done' }>

function eventOf(action: TagAction, { breakers, tag }: Step): SecurityEvent {
  const where = { subject: action.by, breaker: breakers.join(' ') }
  const on: Pick<FieldTypes, 'tag' | 'user' | 'job'> =
    tag === 'none'
      ? { tag: '', user: '', job: 'job' in action ? action.job : '' }
      : { tag: tag.id, user: tag.owner, job: tag.on.kind === 'job' ? tag.on.job : '' }
  switch (action.kind) {
    case 'hang':
      return event('tag-hung', { ...where, ...on, reason: action.reason, workOrder: action.workOrder })
    case 'remove':
      return event('tag-removed', { ...where, ...on })
    case 'ask-removal':
      return event('tag-removal-asked', { ...where, ...on, reason: action.reason })
    case 'agree-removal': {
      const removal = tag === 'none' ? 'none' : tag.removal
      const [asker, reason] = removal === 'none' ? ['', ''] : [removal.by, removal.reason]
      return event('tag-removed-by-other', { ...where, ...on, via: asker, reason })
    }
    case 'offer':
      return event('tag-offered', { ...where, ...on, new: action.to })
    case 'accept':
      return event('tag-passed', { ...where, ...on })
    case 'start-job':
      return event('lock-out-started', { ...where, job: action.job, reason: action.reason, workOrder: action.workOrder })
    case 'end-job':
      return event('lock-out-ended', { ...where, job: action.job })
  }
}
