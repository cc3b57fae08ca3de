import { type EventId, type FieldsOf, event } from '../../events/index.ts'
import type { Clock, Random } from '../../platform/index.ts'
import type { Rights } from '../../policy/index.ts'
import type { Hasher } from './hash.ts'
import type { Sessions } from './sessions.ts'
import type { PeopleSettings } from './settings.ts'
import type { PeopleStore } from './store.ts'
import type { People, User } from './user.ts'

/** What everything about people works with. */
export type Context = {
  readonly store: PeopleStore
  readonly sessions: Sessions
  readonly hasher: Hasher
  readonly settings: () => PeopleSettings
  readonly rights: () => Rights
  readonly clock: Clock
  readonly random: Random
  /** Resolves with false when it could not be written: then what it tells of must not happen. */
  readonly record: <Id extends EventId>(id: Id, fields: FieldsOf<Id>) => Promise<boolean>
  /** Written as soon as the disk allows. */
  readonly note: <Id extends EventId>(id: Id, fields: FieldsOf<Id>) => void
}

/** Who does something, as events name them. */
export type By = { readonly name: string; readonly source: string }

export type Refused = { readonly kind: 'refused'; readonly why: string; readonly hint: string }
export const refused = (why: string, hint: string): Refused => ({ kind: 'refused', why, hint })
export type Done = { readonly kind: 'done' }
export const done: Done = { kind: 'done' }

export const notWritten: Refused = refused('it cannot be written down, so it was not done', 'look at the disk: breakwall status')

/**
 * First on record, then in the file: a change that nobody can read of never holds. When the file is refused then, it is on record that
 * the change did not take effect.
 */
export async function change<Id extends EventId>(
  { store, record, note }: Pick<Context, 'store' | 'record' | 'note'>,
  id: Id,
  fields: FieldsOf<Id>,
  next: () => People,
): Promise<Refused | Done> {
  if (!(await record(id, fields))) return notWritten
  const written = store.write(next())
  if (written === 'written') return done
  const { text, fields: told } = event(id, fields)
  const reason = `the file of the users cannot be written (${written.why})`
  note('change-overtaken', { subject: String(told.subject ?? ''), breaker: '', operation: text, reason })
  return refused(`it cannot be written: ${written.why}`, 'look at the disk: breakwall status')
}

/** The people with one of them changed, as it is at this moment: somebody else may have changed it meanwhile. */
export const patched = (people: People, id: string, patch: (user: User) => User): People => ({
  ...people,
  users: people.users.map((user) => (user.id === id ? patch(user) : user)),
})
export const wallMs = ({ clock }: Pick<Context, 'clock'>): number => Math.floor(clock.utcUs() / 1000)
