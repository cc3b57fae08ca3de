import { type FieldTypes, type SecurityEvent, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Clock, Random } from '../../platform/index.ts'
import { type Tag, type TagAction, type TagRefusal, type Tags, noTags, stepTags } from '../../policy/index.ts'
import { jobOf, tagOf } from './stored-states.ts'
import { type Recorded, type Step, createRecordedState } from './recorded-state.ts'

/** What hangs at the site while the gateway runs. Each change is an event, and state and event are one write. */
export interface TagStore {
  tags(): Tags
  /** Hanging holds at once and its record follows; whatever takes away holds from the moment that its event is on disk. */
  act(action: TagAction): Promise<TagDone>
  freshId(): string
}
export type TagDone =
  | { readonly kind: 'done'; readonly tags: Tags; readonly tag: Tag | 'none'; readonly recorded: Recorded }
  | { readonly kind: 'refused'; readonly why: TagRefusal }
  | { readonly kind: 'unavailable' }

type TagJournal = Pick<Journal, 'append' | 'keep' | 'states'>

/** Reads what the last run left hanging: a restart takes no tag off. */
export async function openTagStore(journal: TagJournal, ports: { readonly clock: Clock; readonly random: Random }): Promise<TagStore> {
  const { clock, random } = ports
  const stored = async <T>(prefix: string, read: (text: string) => T | 'none'): Promise<T[]> =>
    [...(await journal.states(prefix)).values()].map(read).flatMap((found) => (found === 'none' ? [] : [found]))
  const start: Tags = { ...noTags, tags: await stored('tag/', tagOf), jobs: await stored('tag-job/', jobOf) }
  const held = createRecordedState(start, rowsOf, journal)

  return {
    tags: () => held.now(),
    freshId: () => random.uuid().slice(0, 8),
    async act(action) {
      const utcUs = clock.utcUs()
      let tag: Tag | 'none' = 'none'
      const step = (tags: Tags): Step<Tags, TagRefusal> => {
        const made = stepTags(tags, action, utcUs)
        if (made.kind === 'refused') return made
        tag = made.tag
        return { kind: 'done', next: made.tags, event: eventOf(action, made) }
      }
      if (action.kind === 'hang' || action.kind === 'start-job') {
        const done = held.restrict(step)
        return done.kind === 'refused' ? done : { kind: 'done', tags: held.now(), tag, recorded: await done.recorded }
      }
      const done = await held.permit(step)
      if (done.kind === 'done') return { kind: 'done', tags: held.now(), tag, recorded: 'recorded' }
      if (done.kind !== 'overtaken') return done
      const now = stepTags(held.now(), action, utcUs)
      return now.kind === 'refused' ? now : { kind: 'refused', why: 'changed' }
    },
  }
}

/** The keys of the stored states. */
export const tagKey = (id: string): string => `tag/${id}`
export const jobKey = (name: string): string => `tag-job/${name}`

/** Each tag and each job is a row of its own. */
const rowsOf = ({ tags, jobs }: Tags): ReadonlyMap<string, object> =>
  new Map<string, object>([...tags.map((tag) => [tagKey(tag.id), tag] as const), ...jobs.map((job) => [jobKey(job.name), job] as const)])

type Hung = Extract<ReturnType<typeof stepTags>, { kind: 'done' }>

function eventOf(action: TagAction, { breakers, tag }: Hung): SecurityEvent {
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
