import { event } from '../../events/index.ts'
import type { Journal, LateStates } from '../../journal/index.ts'
import type { LockStore } from '../control/lock-store.ts'
import { describeStatesFault } from './restore-states.ts'
import { unreadableStates } from '../control/stored-states.ts'
import type { TagStore } from '../control/tag-store.ts'
import type { FailClosed } from './fail-closed.ts'

export type StatesAccepted =
  | { readonly kind: 'accepted' }
  /** They fit: there is nothing to accept. */
  | { readonly kind: 'nothing-to-accept' }
  | { readonly kind: 'refused'; readonly why: string }

type Ports = {
  readonly journal: Journal
  /** Its states were read before anything could be said of them. */
  readonly openedLate: boolean
  readonly failClosed: FailClosed
  readonly locks: LockStore
  readonly tags: TagStore
}

/** A state that does not fit is a failed self-test until a person accepts what is in force now. */
export function failOnStates(journal: Pick<Journal, 'stateCheck'>, failClosed: FailClosed): void {
  const stateCheck = journal.stateCheck()
  if (stateCheck.kind === 'does-not-fit')
    failClosed.fails('states', `the stored states do not fit: ${describeStatesFault(stateCheck.fault)}`, 'by a self-test')
}

/** What bars something and cannot be read, such as a row of a later version, is a failed self-test too. */
export function failOnUnreadable(states: ReadonlyMap<string, string>, failClosed: FailClosed): void {
  const keys = unreadableStates(states)
  if (keys.length > 0) failClosed.fails('states', `stored states cannot be read: ${keys.slice(0, 5).join(', ')}`, 'by a self-test')
}

/** What a journal holds that was opened after the start counts after a restart: until then nothing operates, and nobody can unlock. */
export function failOnLateStates(states: LateStates, journal: Pick<Journal, 'stateCheck'>, failClosed: FailClosed): void {
  if (states === 'other')
    failClosed.fails(
      'states',
      'the journal that was opened after the start holds other states than are in force: restart the gateway',
      'in use',
    )
  failOnStates(journal, failClosed)
}

/** A person accepts the states as they are in force now: first every lock is locked, then the record and the states are one write. */
export async function acceptStates(
  { journal, openedLate, failClosed, locks, tags }: Ports,
  by: string,
  reason: string,
): Promise<StatesAccepted> {
  if (!failClosed.faults().some(({ part }) => part === 'states')) return { kind: 'nothing-to-accept' }
  if (openedLate) return { kind: 'refused', why: 'the journal was opened after the start: what is stored counts after a restart only' }
  locks.lockAll('states')
  await journal.flush()
  const accepted = await journal.acceptStates(event('states-accepted', { subject: by, reason, count: tags.tags().tags.length }))
  if (accepted.kind === 'accepted') failClosed.works('states')
  return accepted
}
