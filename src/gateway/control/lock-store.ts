import { type SecurityEvent, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import { type Cancel, type Clock, background, isoUs, toMonotonic } from '../../platform/index.ts'
import {
  LONGEST_UNLOCK_MS,
  type LockScope,
  type LockState,
  type LockedBy,
  type Locks,
  afterRestart,
  lockScopes,
  settle,
} from '../../policy/index.ts'
import { type Recorded, type RecordedState, createRecordedState } from './recorded-state.ts'
import { lockOf } from './stored-states.ts'

/** The locks of all breakers while the gateway runs. Each change is an event, and state and event are one write. */
export interface LockStore {
  locks(breaker: string): Locks
  /** Counts the changes of one lock: whoever acts on an older one is told. */
  version(breaker: string, scope: LockScope): number
  /**
   * Opens a lock from the moment that its event is on disk. `unavailable`: it could not be written and stays locked; `changed`: somebody
   * else was first, by the version that `seen` names or while the record was on its way: theirs stands.
   */
  unlock(breaker: string, scope: LockScope, asked: UnlockAsked): Promise<'unlocked' | 'unavailable' | 'changed'>
  /** Shuts a lock at once; the record follows, and the promise says whether it is on disk. */
  lock(breaker: string, scope: LockScope, by: string, reason: string): Promise<Recorded>
  /** A part that judges or records is not to be trusted: every open lock shuts, and opens again by hand only. */
  lockAll(part: string): void
  close(): void
}

export type UnlockAsked = {
  readonly forMs: number
  readonly by: string
  readonly reason: string
  readonly workOrder: string
  /** The version that was looked at; `any` where nobody looked. */
  readonly seen: number | 'any'
}

type Held = { readonly lock: LockState; readonly version: number }
type Slot = { readonly held: RecordedState<Held>; cancel: Cancel }

/** The key of the stored state. */
export const lockKey = (breaker: string, scope: LockScope): string => `lock/${breaker}/${scope}`

/** The locks of one breaker, made once since each request asks for them: it shows what they are when it is looked at. */
function viewOf(slot: (scope: LockScope) => Slot): Locks {
  const [control, protection, other] = [slot('control'), slot('protection-setting'), slot('other-setting')]
  return {
    get control() {
      return control.held.now().lock
    },
    get 'protection-setting'() {
      return protection.held.now().lock
    },
    get 'other-setting'() {
      return other.held.now().lock
    },
  }
}

const lockedBy = (by: LockedBy, clock: Clock): LockState => ({ kind: 'locked', by, sinceUtcUs: clock.utcUs() })
/** One that cannot be read is locked. */
function readLock(text: string, clock: Clock): LockState {
  const found = lockOf(text)
  return found === 'none' ? lockedBy({ kind: 'trust', part: 'states' }, clock) : found
}

/** Reads the locks as the last run left them. A timed unlock does not outlive its process. */
async function readSlots(breakers: readonly string[], journal: LockJournal, clock: Clock): Promise<Map<string, Slot>> {
  const stored = await journal.states('lock/')
  const slots = new Map<string, Slot>()

  for (const breaker of breakers) {
    for (const scope of lockScopes) {
      const key = lockKey(breaker, scope)
      const text = stored.get(key)
      const before = text === undefined ? lockedBy({ kind: 'default' }, clock) : readLock(text, clock)
      const held = createRecordedState<Held>({ lock: before, version: 0 }, ({ lock }) => new Map([[key, lock]]), journal)
      slots.set(key, { held, cancel: () => undefined })
      const state = afterRestart(before, clock.utcUs())
      if (state === before) continue
      const told = event('locked', { subject: 'gateway', breaker, scope, reason: 'restart: a timed unlock is over' })
      held.restrict(({ version }) => ({ kind: 'done', next: { lock: state, version }, event: told }))
    }
  }
  return slots
}

type LockJournal = Pick<Journal, 'append' | 'keep' | 'states'>

/** Shuts a lock for a reason that the event tells; what was on its way to opening it is overtaken. */
function shut(target: Slot, lock: LockState, told: SecurityEvent): Promise<Recorded> {
  target.cancel()
  const done = target.held.restrict(({ version }) => ({ kind: 'done', next: { lock, version: version + 1 }, event: told }))
  if (done.kind === 'refused') throw new Error('a lock always shuts')
  return done.recorded
}

export async function openLockStore(
  breakers: readonly string[],
  journal: LockJournal,
  clock: Clock,
  hours: () => string,
): Promise<LockStore> {
  const slots = await readSlots(breakers, journal, clock)
  const slot = (breaker: string, scope: LockScope): Slot => {
    const found = slots.get(lockKey(breaker, scope))
    if (found === undefined) throw new Error(`there is no lock ${lockKey(breaker, scope)}`)
    return found
  }

  function onTimer(breaker: string, scope: LockScope): void {
    const target = slot(breaker, scope)
    const { lock } = target.held.now()
    const state = settle(lock, clock.now(), clock.utcUs())
    if (state !== lock) background(shut(target, state, event('relocked-by-timer', { breaker, scope })))
  }

  const views = new Map<string, Locks>(breakers.map((breaker) => [breaker, viewOf((scope) => slot(breaker, scope))]))

  return {
    locks(breaker) {
      const view = views.get(breaker)
      if (view === undefined) throw new Error(`there are no locks of ${breaker}`)
      return view
    },
    version: (breaker, scope) => slot(breaker, scope).held.now().version,
    async unlock(breaker, scope, { forMs, by, reason, workOrder, seen }) {
      if (forMs <= 0 || forMs > LONGEST_UNLOCK_MS) throw new Error(`an unlock of ${forMs} ms should have been refused`)
      const target = slot(breaker, scope)
      const { version } = target.held.now()
      if (seen !== 'any' && seen !== version) return 'changed'
      const untilUtcUs = clock.utcUs() + forMs * 1000
      const until = toMonotonic(clock.now() + forMs)
      const lock: LockState = { kind: 'unlocked', by, reason, workOrder, until, untilUtcUs }
      const told = event('unlocked', { subject: by, breaker, scope, until: isoUs(untilUtcUs), reason, workOrder, hours: hours() })
      const done = await target.held.permit((now) =>
        now.version === version ? { kind: 'done', next: { lock, version: version + 1 }, event: told } : { kind: 'refused', why: 'changed' },
      )
      if (done.kind === 'unavailable') return 'unavailable'
      if (done.kind !== 'done') return 'changed'
      target.cancel()
      target.cancel = clock.after(until - clock.now(), () => onTimer(breaker, scope))
      return 'unlocked'
    },
    lock(breaker, scope, by, reason) {
      const state: LockState = { kind: 'locked', by: { kind: 'person', name: by, reason }, sinceUtcUs: clock.utcUs() }
      return shut(slot(breaker, scope), state, event('locked', { subject: by, breaker, scope, reason }))
    },
    lockAll(part) {
      for (const breaker of breakers)
        for (const scope of lockScopes) {
          const target = slot(breaker, scope)
          // Not one that is on its way to being opened either.
          if (target.held.now().lock.kind === 'locked' && !target.held.busy()) continue
          const state: LockState = { kind: 'locked', by: { kind: 'trust', part }, sinceUtcUs: clock.utcUs() }
          background(shut(target, state, event('locked', { subject: 'gateway', breaker, scope, reason: `${part} cannot be trusted` })))
        }
    },
    close() {
      for (const { cancel } of slots.values()) cancel()
    },
  }
}
