import type { EventId, FieldsOf } from '../../events/index.ts'
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
  /**
   * Resolves with false when it could not be written: then what it tells of must not happen. With the numbers of a change of the file of
   * the people, as `RecordChange` has them.
   */
  readonly record: <Id extends EventId>(id: Id, fields: FieldsOf<Id>, change: string, before: string) => Promise<boolean>
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

/** On record and in the file, or neither: also where the process ends in between (decision 0041). */
export async function change<Id extends EventId>(
  { store, record }: Pick<Context, 'store' | 'record'>,
  id: Id,
  fields: FieldsOf<Id>,
  next: (people: People) => People,
): Promise<Refused | Done> {
  const changed = await store.change(next, (number, before) => record(id, fields, number, before))
  if (changed === 'changed') return done
  if (changed === 'not-recorded') return notWritten
  return refused(`it cannot be written: ${changed.why}`, 'look at the disk: breakwall status')
}

/** The people with one of them changed, as it is at this moment: somebody else may have changed it meanwhile. */
export const patched = (people: People, id: string, patch: (user: User) => User): People => ({
  ...people,
  users: people.users.map((user) => (user.id === id ? patch(user) : user)),
})
export const wallMs = ({ clock }: Pick<Context, 'clock'>): number => Math.floor(clock.utcUs() / 1000)
