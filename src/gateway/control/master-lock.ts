import { event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Clock } from '../../platform/index.ts'
import { type Recorded, createRecordedState } from './recorded-state.ts'
import { type MasterLockState, masterLockOf } from './stored-states.ts'

/** `changed`: somebody else turned it while this was on its way to the disk: theirs stands. */
export type MasterLockTurned = { readonly kind: 'turned'; readonly recorded: Recorded } | { readonly kind: 'unavailable' | 'changed' }

export interface MasterLock {
  state(): MasterLockState
  /** On at once, the record follows; off from the moment that it is on disk. */
  turn(on: boolean, by: string, reason: string): Promise<MasterLockTurned>
}

/** The key of the stored state. */
export const masterLockKey = 'master-lock'

/** As the last run left it: a restart takes no lock off. */
export async function openMasterLock(journal: Pick<Journal, 'append' | 'keep' | 'states'>, clock: Clock): Promise<MasterLock> {
  const key = masterLockKey
  const text = (await journal.states(key)).get(key)
  const found = text === undefined ? 'none' : masterLockOf(text)
  const start: MasterLockState =
    found !== 'none'
      ? found
      : { on: text !== undefined, by: '', reason: text === undefined ? 'never used' : 'it cannot be read', sinceUtcUs: clock.utcUs() }
  const held = createRecordedState({ lock: start, version: 0 }, ({ lock }) => new Map([[key, lock]]), journal)
  return {
    state: () => held.now().lock,
    async turn(on, by, reason) {
      const lock = { on, by, reason, sinceUtcUs: clock.utcUs() }
      if (on) {
        const told = event('master-lock-on', { subject: by, reason })
        const done = held.restrict(({ version }) => ({ kind: 'done', next: { lock, version: version + 1 }, event: told }))
        if (done.kind === 'refused') throw new Error('it can always be turned on')
        return { kind: 'turned', recorded: await done.recorded }
      }
      // Who turned it on after this was asked wants it on.
      const { version } = held.now()
      const told = event('master-lock-off', { subject: by, reason })
      const done = await held.permit((now) =>
        now.version === version ? { kind: 'done', next: { lock, version: version + 1 }, event: told } : { kind: 'refused', why: 'changed' },
      )
      switch (done.kind) {
        case 'done':
          return { kind: 'turned', recorded: 'recorded' }
        case 'unavailable':
          return { kind: 'unavailable' }
        case 'refused':
        case 'overtaken':
          return { kind: 'changed' }
      }
    },
  }
}
