import { event } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock } from '../platform/index.ts'

/** The lock of the whole site: while it is on, nothing intrusive passes anywhere. */
export type MasterLockState = { readonly on: boolean; readonly by: string; readonly reason: string; readonly sinceUtcUs: number }

export interface MasterLock {
  state(): MasterLockState
  /** On at once, the record follows; off from the moment that it is on disk. */
  turn(on: boolean, by: string, reason: string): Promise<'turned' | 'unavailable'>
}

/** As the last run left it: a restart takes no lock off. */
export async function openMasterLock(journal: Journal, clock: Clock): Promise<MasterLock> {
  const key = 'master-lock'
  const text = (await journal.states(key)).get(key)
  let state: MasterLockState =
    text === undefined ? { on: false, by: '', reason: 'never used', sinceUtcUs: clock.utcUs() } : (JSON.parse(text) as MasterLockState)
  let version = 0
  return {
    state: () => state,
    async turn(on, by, reason) {
      version += 1
      const mine = version
      const next = { on, by, reason, sinceUtcUs: clock.utcUs() }
      const written = { [key]: JSON.stringify(next) }
      if (on) {
        state = next
        journal.note(event('master-lock-on', { subject: by, reason }), written)
        return 'turned'
      }
      if ((await journal.append(event('master-lock-off', { subject: by, reason }), written)) === 'unavailable') return 'unavailable'
      // Somebody turned it on while the record was on its way: theirs stands.
      if (version === mine) state = next
      return 'turned'
    },
  }
}
