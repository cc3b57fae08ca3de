import { event } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import { type Cancel, type Clock, isoUs, toMonotonic } from '../platform/index.ts'
import { LONGEST_UNLOCK_MS, type LockScope, type LockState, type Locks, afterRestart, lockScopes, settle } from '../policy/index.ts'

/** The locks of all breakers while the gateway runs. Each change is an event, and state and event are one write. */
export interface LockBook {
  locks(breaker: string): Locks
  /** Counts the changes of one lock: whoever acts on an older one is told. */
  version(breaker: string, scope: LockScope): number
  /**
   * Opens a lock from the moment that its event is on disk. `unavailable`: it could not be written and stays locked; `changed`: somebody
   * else was first, by the version that `seen` names or while the record was on its way: theirs stands.
   */
  unlock(breaker: string, scope: LockScope, asked: UnlockAsked): Promise<'unlocked' | 'unavailable' | 'changed'>
  /** Shuts a lock at once; the record follows. */
  lock(breaker: string, scope: LockScope, by: string, reason: string): void
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

type Slot = { state: LockState; version: number; cancel: Cancel }

const keyOf = (breaker: string, scope: LockScope): string => `lock/${breaker}/${scope}`

/** The locks of one breaker, made once since each request asks for them: it shows what they are when it is looked at. */
function viewOf(slot: (scope: LockScope) => Slot): Locks {
  const [control, protection, other] = [slot('control'), slot('protection-setting'), slot('other-setting')]
  return {
    get control() {
      return control.state
    },
    get 'protection-setting'() {
      return protection.state
    },
    get 'other-setting'() {
      return other.state
    },
  }
}

const write = (breaker: string, scope: LockScope, state: LockState) => ({ [keyOf(breaker, scope)]: JSON.stringify(state) })

async function readSlots(breakers: readonly string[], journal: Journal, clock: Clock): Promise<Map<string, Slot>> {
  const stored = await journal.states('lock/')
  const slots = new Map<string, Slot>()

  for (const breaker of breakers) {
    for (const scope of lockScopes) {
      const text = stored.get(keyOf(breaker, scope))
      const before: LockState =
        text === undefined ? { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: clock.utcUs() } : (JSON.parse(text) as LockState)
      const state = afterRestart(before, clock.utcUs())
      slots.set(keyOf(breaker, scope), { state, version: 0, cancel: () => undefined })
      if (state !== before) {
        journal.note(
          event('locked', { subject: 'gateway', breaker, scope, reason: 'restart: a timed unlock is over' }),
          write(breaker, scope, state),
        )
      }
    }
  }
  return slots
}

/** Reads the locks as the last run left them. A timed unlock does not outlive its process. */
export async function openLockBook(breakers: readonly string[], journal: Journal, clock: Clock, hours: () => string): Promise<LockBook> {
  const slots = await readSlots(breakers, journal, clock)
  const slot = (breaker: string, scope: LockScope): Slot => {
    const found = slots.get(keyOf(breaker, scope))
    if (found === undefined) throw new Error(`there is no lock ${keyOf(breaker, scope)}`)
    return found
  }

  function set(target: Slot, state: LockState): void {
    target.cancel()
    target.state = state
    target.version += 1
  }

  function onTimer(breaker: string, scope: LockScope): void {
    const target = slot(breaker, scope)
    const state = settle(target.state, clock.now(), clock.utcUs())
    if (state === target.state) return
    set(target, state)
    journal.note(event('relocked-by-timer', { breaker, scope }), write(breaker, scope, state))
  }

  const views = new Map<string, Locks>(breakers.map((breaker) => [breaker, viewOf((scope) => slot(breaker, scope))]))

  return {
    locks(breaker) {
      const view = views.get(breaker)
      if (view === undefined) throw new Error(`there are no locks of ${breaker}`)
      return view
    },
    version: (breaker, scope) => slot(breaker, scope).version,
    async unlock(breaker, scope, { forMs, by, reason, workOrder, seen }) {
      if (forMs <= 0 || forMs > LONGEST_UNLOCK_MS) throw new Error(`an unlock of ${forMs} ms should have been refused`)
      const target = slot(breaker, scope)
      const { version } = target
      if (seen !== 'any' && seen !== version) return 'changed'
      const untilUtcUs = clock.utcUs() + forMs * 1000
      const until = toMonotonic(clock.now() + forMs)
      const state: LockState = { kind: 'unlocked', by, reason, workOrder, until, untilUtcUs }
      const record = await journal.append(
        event('unlocked', { subject: by, breaker, scope, until: isoUs(untilUtcUs), reason, workOrder, hours: hours() }),
        write(breaker, scope, state),
      )
      if (record === 'unavailable') return 'unavailable'
      if (target.version !== version) return 'changed'
      set(target, state)
      target.cancel = clock.after(until - clock.now(), () => onTimer(breaker, scope))
      return 'unlocked'
    },
    lock(breaker, scope, by, reason) {
      const state: LockState = { kind: 'locked', by: { kind: 'person', name: by, reason }, sinceUtcUs: clock.utcUs() }
      set(slot(breaker, scope), state)
      journal.note(event('locked', { subject: by, breaker, scope, reason }), write(breaker, scope, state))
    },
    lockAll(part) {
      for (const breaker of breakers)
        for (const scope of lockScopes) {
          const target = slot(breaker, scope)
          if (target.state.kind === 'locked') continue
          const state: LockState = { kind: 'locked', by: { kind: 'trust', part }, sinceUtcUs: clock.utcUs() }
          set(target, state)
          journal.note(
            event('locked', { subject: 'gateway', breaker, scope, reason: `${part} cannot be trusted` }),
            write(breaker, scope, state),
          )
        }
    },
    close() {
      for (const { cancel } of slots.values()) cancel()
    },
  }
}
