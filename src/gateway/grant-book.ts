import { type SecurityEvent, event } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import { type Cancel, type Clock, type Random, isoUs, toMonotonic } from '../platform/index.ts'
import {
  type Grant,
  type GrantAction,
  type GrantRefusal,
  MAX_GRANTS,
  MAX_GRANTS_OF_ONE,
  REQUEST_MS,
  isLive,
  stepGrant,
} from '../policy/index.ts'

/** What is asked for; the rest of a grant comes with the asking. */
export type GrantAsked = Pick<Grant, 'client' | 'breaker' | 'for' | 'uses' | 'reason' | 'workOrder'> & {
  readonly startsMs: number
  readonly lengthMs: number
}
export type GrantDone =
  | { readonly kind: 'done'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly why: GrantRefusal | 'no-such-grant' | 'too-many' }
  | { readonly kind: 'unavailable' }

/** Grants while the gateway runs: asked for, in force, and the last that are over. */
export interface GrantBook {
  list(): readonly Grant[]
  of(breaker: string): readonly Grant[]
  ask(asked: GrantAsked, by: string): GrantDone
  /** An approval holds from the moment that it is on disk; whatever takes away, at once. */
  act(id: string, action: Extract<GrantAction, { by: string }>): Promise<GrantDone>
  /** Counts one use, before the operation is recorded. False: it is not in force any more. */
  use(id: string, client: string, correlation: string): boolean
  close(): void
}

/** Grants that are over and still shown. */
const MAX_PAST = 100

const stateOf = (grant: Grant): Record<string, string> => ({ [`grant/${grant.id}`]: JSON.stringify(grant) })
const fieldsOf = ({ id, client, breaker, for: what, askedBy }: Grant) => ({
  ...{ grant: id, user: client, breaker, class: what.class, operation: grantWords(what), from: askedBy },
})

const storedGrants = async (journal: Journal): Promise<Grant[]> =>
  [...(await journal.states('grant/')).values()].filter((text) => text !== '').map((text) => JSON.parse(text) as Grant)

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
    ...{ id, version: 0, used: 0, askedBy: by, askedUtcUs: utcUs, state: { kind: 'requested' } },
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

export async function openGrantBook(journal: Journal, ports: { readonly clock: Clock; readonly random: Random }): Promise<GrantBook> {
  const { clock, random } = ports
  const grants = new Map<string, Grant>()
  const timers = new Map<string, Cancel>()
  const list = (): readonly Grant[] => [...grants.values()]

  function keep(grant: Grant): void {
    grants.set(grant.id, grant)
    timers.get(grant.id)?.()
    timers.delete(grant.id)
    if (isLive(grant)) {
      const until = grant.state.kind === 'approved' ? grant.state.until : toMonotonic(clock.now() + REQUEST_MS)
      const over = clock.after(until - clock.now(), () => expire(grant.id))
      timers.set(grant.id, over)
    }
    for (const { id } of longPast(grants)) {
      grants.delete(id)
      void journal.putState(`grant/${id}`, '')
    }
  }

  function expire(id: string): void {
    const grant = grants.get(id)
    const step = grant === undefined ? undefined : stepGrant(grant, { kind: 'expire' }, clock.now())
    if (step?.kind !== 'done') return
    keep(step.grant)
    journal.note(event('grant-expired', { ...fieldsOf(step.grant), count: step.grant.used }), stateOf(step.grant))
  }

  for (const stored of await storedGrants(journal)) {
    const { grant, over } = afterRestart(stored, clock)
    keep(grant)
    if (over) expire(grant.id)
  }

  return {
    list,
    of: (breaker) => list().filter((grant) => grant.breaker === breaker && isLive(grant)),
    ask(wanted, by) {
      if (isTooMany(list().filter(isLive), by)) return { kind: 'refused', why: 'too-many' }
      const grant = asked(wanted, random.uuid().slice(0, 8), by, clock.utcUs())
      keep(grant)
      journal.note(askedEvent(grant), stateOf(grant))
      return { kind: 'done', grant }
    },
    async act(id, action) {
      const grant = grants.get(id)
      const step = grant === undefined ? 'none' : stepGrant(grant, action, clock.now())
      if (grant === undefined || step === 'none') return { kind: 'refused', why: 'no-such-grant' }
      if (step.kind === 'refused') return step
      const told = { subject: action.by, ...fieldsOf(step.grant), reason: action.reason }
      if (action.kind !== 'approve') {
        keep(step.grant)
        journal.note(event(action.kind === 'refuse' ? 'grant-refused' : 'grant-revoked', told), stateOf(step.grant))
        return step
      }
      if ((await journal.append(approvedEvent(told, step.grant, clock), stateOf(step.grant))) === 'unavailable')
        return { kind: 'unavailable' }
      // Somebody refused it while the record was on its way to the disk: theirs stands.
      if (grants.get(id)?.version !== grant.version) return { kind: 'refused', why: 'changed' }
      keep(step.grant)
      return step
    },
    use(id, client, correlation) {
      const grant = grants.get(id)
      const step = grant === undefined ? undefined : stepGrant(grant, { kind: 'use' }, clock.now())
      if (step?.kind !== 'done') return false
      keep(step.grant)
      journal.note(usedEvent(step.grant, client, correlation), stateOf(step.grant))
      return true
    },
    close: () => [...timers.values()].forEach((cancel) => cancel()),
  }
}

/** What a grant is for, as a person says it. */
export function grantWords(what: Grant['for']): string {
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
