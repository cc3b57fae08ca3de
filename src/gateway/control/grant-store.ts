import { type SecurityEvent, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import { type Cancel, type Clock, type Random, isoUs, toMonotonic } from '../../platform/index.ts'
import {
  type Grant,
  type GrantAction,
  type GrantRefusal,
  MAX_GRANTS,
  MAX_GRANTS_OF_ONE,
  REQUEST_MS,
  isLive,
  stepGrant,
} from '../../policy/index.ts'
import { grantOf } from './stored-states.ts'
import { type Recorded, type RecordedState, type Restricted, type Step, createRecordedState } from './recorded-state.ts'

/** What is asked for; the rest of a grant comes with the asking. */
export type GrantAsked = Pick<Grant, 'client' | 'breaker' | 'for' | 'uses' | 'reason' | 'workOrder'> & {
  readonly startsMs: number
  readonly lengthMs: number
}
export type GrantDone =
  | { readonly kind: 'done'; readonly grant: Grant; readonly recorded: Recorded }
  | { readonly kind: 'refused'; readonly why: GrantRefusal | 'no-such-grant' | 'too-many' }
  | { readonly kind: 'unavailable' }

/** Grants while the gateway runs: asked for, in force, and the last that are over. */
export interface GrantStore {
  list(): readonly Grant[]
  of(breaker: string): readonly Grant[]
  ask(asked: GrantAsked, by: string): Promise<GrantDone>
  /** An approval holds from the moment that it is on disk; whatever takes away, at once. */
  act(id: string, action: Extract<GrantAction, { by: string }>): Promise<GrantDone>
  /** Counts one use, before the operation is recorded. False: it is not in force any more. */
  use(id: string, client: string, correlation: string): boolean
  close(): void
}

/** Grants that are over and still shown. */
const MAX_PAST = 100

/** The key of the stored state. */
export const grantKey = (id: string): string => `grant/${id}`

type Grants = ReadonlyMap<string, Grant>
const rowsOf = (grants: Grants): Grants => new Map([...grants].map(([id, grant]) => [grantKey(id), grant]))
/** With this one as it is now; of those that are over, the last MAX_PAST. */
function withOne(grants: Grants, grant: Grant): Grants {
  const all = new Map([...grants, [grant.id, grant] as const])
  for (const { id } of longPast(all)) all.delete(id)
  return all
}
const fieldsOf = ({ id, client, breaker, for: what, askedBy }: Grant) => ({
  grant: id,
  user: client,
  breaker,
  class: what.class,
  operation: describeGrant(what),
  from: askedBy,
})

const storedGrants = async (journal: Pick<Journal, 'states'>): Promise<Grant[]> =>
  [...(await journal.states('grant/')).values()].map(grantOf).filter((found) => found !== 'none')

function longPast(grants: ReadonlyMap<string, Grant>): readonly Grant[] {
  const past = [...grants.values()].filter((one) => !isLive(one))
  return past.slice(0, Math.max(0, past.length - MAX_PAST))
}

const isTooMany = (live: readonly Grant[], by: string): boolean =>
  live.length >= MAX_GRANTS || live.filter(({ askedBy }) => askedBy === by).length >= MAX_GRANTS_OF_ONE

/** A grant as it is when it was just asked for. */
function asked({ startsMs, lengthMs, ...rest }: GrantAsked, id: string, by: string, utcUs: number): Grant {
  const fromUtcUs = utcUs + startsMs * 1000
  return {
    ...rest,
    id,
    version: 0,
    used: 0,
    askedBy: by,
    askedUtcUs: utcUs,
    state: { kind: 'requested' },
    window: { startsMs, lengthMs, fromUtcUs, untilUtcUs: fromUtcUs + lengthMs * 1000 },
  }
}

const askedEvent = (grant: Grant): SecurityEvent => {
  const { askedBy, reason, workOrder, uses } = grant
  return event('grant-requested', { subject: askedBy, ...fieldsOf(grant), reason, workOrder, count: uses })
}
function approvedEvent(told: Told, { state }: Grant, clock: Clock): SecurityEvent {
  const leftMs = state.kind === 'approved' ? state.until - clock.now() : 0
  return event('grant-approved', { ...told, until: isoUs(clock.utcUs() + leftMs * 1000) })
}
type Told = ReturnType<typeof fieldsOf> & { readonly subject: string; readonly reason: string }
function usedEvent(grant: Grant, client: string, correlation: string): SecurityEvent {
  const { used, uses } = grant
  return event('grant-used', { ...fieldsOf(grant), subject: client, correlation, count: used, reason: `${used} of ${uses}` })
}

type GrantJournal = Pick<Journal, 'append' | 'keep' | 'states'>

export async function openGrantStore(
  journal: GrantJournal,
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<GrantStore> {
  const { clock, random } = ports
  const stored = await storedGrants(journal)
  const restarted = stored.map((grant) => afterRestart(grant, clock))
  const held = createRecordedState<Grants>(new Map(restarted.map(({ grant }) => [grant.id, grant])), rowsOf, journal)
  const list = (): readonly Grant[] => [...held.now().values()]
  const { startTimer, restrict, expire, close } = withTimers(held, clock)
  for (const { grant, over } of restarted) {
    startTimer(grant.id)
    if (over) expire(grant.id)
  }
  const doneWith = (id: string, recorded: Recorded): GrantDone => {
    const grant = held.now().get(id)
    return grant === undefined ? { kind: 'refused', why: 'no-such-grant' } : { kind: 'done', grant, recorded }
  }

  return {
    list,
    of: (breaker) => list().filter((grant) => grant.breaker === breaker && isLive(grant)),
    async ask(wanted, by) {
      const grant = asked(wanted, random.uuid().slice(0, 8), by, clock.utcUs())
      const done = restrict(grant.id, (grants) =>
        isTooMany([...grants.values()].filter(isLive), by)
          ? { kind: 'refused', why: 'too-many' as const }
          : { kind: 'done', next: withOne(grants, grant), event: askedEvent(grant) },
      )
      return done.kind === 'refused' ? done : { kind: 'done', grant, recorded: await done.recorded }
    },
    async act(id, action) {
      const told = (grant: Grant): Told => ({ subject: action.by, ...fieldsOf(grant), reason: action.reason })
      const eventOf = (grant: Grant): SecurityEvent =>
        action.kind === 'approve'
          ? approvedEvent(told(grant), grant, clock)
          : event(action.kind === 'refuse' ? 'grant-refused' : 'grant-revoked', told(grant))
      const step = onGrant(id, action, clock, eventOf)
      if (action.kind !== 'approve') {
        const done = restrict(id, step)
        return done.kind === 'refused' ? done : doneWith(id, await done.recorded)
      }
      const done = await held.permit(step)
      // Somebody refused it while the record was on its way to the disk: theirs stands.
      if (done.kind === 'overtaken') return { kind: 'refused', why: 'changed' }
      if (done.kind !== 'done') return done
      startTimer(id)
      return doneWith(id, 'recorded')
    },
    use(id, client, correlation) {
      const step = onGrant(id, { kind: 'use' }, clock, (grant) => usedEvent(grant, client, correlation))
      return restrict(id, step).kind === 'done'
    },
    close,
  }
}

/** One action on one grant, as it is when its turn comes. */
function onGrant(id: string, action: GrantAction, clock: Clock, tell: (grant: Grant) => SecurityEvent) {
  const [now, utcUs] = [clock.now(), clock.utcUs()]
  return (grants: Grants): Step<Grants, GrantRefusal | 'no-such-grant'> => {
    const grant = grants.get(id)
    if (grant === undefined) return { kind: 'refused', why: 'no-such-grant' }
    const step = stepGrant(grant, action, now, utcUs)
    return step.kind === 'refused' ? step : { kind: 'done', next: withOne(grants, step.grant), event: tell(step.grant) }
  }
}

/** Ends each grant when its time is over, however it was changed meanwhile. */
function withTimers(held: RecordedState<Grants>, clock: Clock) {
  const timers = new Map<string, Cancel>()
  function startTimer(id: string): void {
    timers.get(id)?.()
    timers.delete(id)
    const grant = held.now().get(id)
    if (grant === undefined || !isLive(grant)) return
    const leftMs = grant.state.kind === 'approved' ? grant.state.until - clock.now() : REQUEST_MS
    const over = clock.after(leftMs, () => expire(id))
    timers.set(id, over)
  }
  function restrict<W>(id: string, step: (grants: Grants) => Step<Grants, W>): Restricted<W> {
    const done = held.restrict(step)
    if (done.kind === 'done') startTimer(id)
    return done
  }
  function expire(id: string): void {
    const over = (grant: Grant): SecurityEvent => event('grant-expired', { ...fieldsOf(grant), count: grant.used })
    restrict(id, onGrant(id, { kind: 'expire' }, clock, over))
  }
  return { startTimer, restrict, expire, close: () => [...timers.values()].forEach((cancel) => cancel()) }
}

/** What a grant is for, as a person says it. */
export function describeGrant(what: Grant['for']): string {
  switch (what.kind) {
    case 'class':
      return `any ${what.class}`
    case 'setting':
      return [what, ...(what.also ?? [])].map((one) => `${one.setting} from ${one.minimum} to ${one.maximum}`).join(', ')
    case 'registers':
      return `registers ${what.from} to ${what.to}, values ${what.minimum} to ${what.maximum}`
  }
}

/** A grant in another run: what is left of its window by the wall clock, and never more than the window itself. */
function afterRestart(grant: Grant, clock: Clock): { readonly grant: Grant; readonly over: boolean } {
  const now = clock.utcUs()
  const { state } = grant
  if (state.kind === 'requested') return { grant, over: (now - grant.askedUtcUs) / 1000 > REQUEST_MS }
  if (state.kind !== 'approved') return { grant, over: false }
  const { fromUtcUs, untilUtcUs, lengthMs } = grant.window
  const startsMs = Math.max(0, (fromUtcUs - now) / 1000)
  const leftMs = Math.min(lengthMs, (untilUtcUs - now) / 1000 - startsMs)
  const from = toMonotonic(clock.now() + startsMs)
  return { grant: { ...grant, state: { ...state, from, until: toMonotonic(from + leftMs) } }, over: leftMs <= 0 }
}
