import { z } from 'zod'
import { type SecurityEvent, event } from '../../events/index.ts'
import type { RecordedCheck, LastRecorded, RecordChange } from '../../identity/index.ts'
import type { Journal } from '../../journal/index.ts'
import { parseJson } from '../../platform/index.ts'

/** The states that hold the number of the last change of each sealed file (decision 0041). */
export const SEALED_PEOPLE = 'sealed/people'
export const SEALED_VAULT = 'sealed/vault'
type SealedKey = typeof SEALED_PEOPLE | typeof SEALED_VAULT

const number = z.string()

/** The last change that the journal has. A number that cannot be read is none: the file as it is then counts. */
export function lastRecorded(stored: string | undefined): LastRecorded {
  const change = stored === undefined ? 'none' : parseJson(number, stored)
  return change === 'none' ? { kind: 'unknown' } : { kind: 'known', change }
}

const stateOf = (key: SealedKey, change: string): Readonly<Record<string, string>> => ({ [key]: JSON.stringify(change) })

/** Whether a journal takes events, asked when all that it was given is on disk: what follows a late answer of it too. */
export const journalReady = (journal: Pick<Journal, 'writes' | 'flush'>) => async (): Promise<boolean> => {
  if (!journal.writes()) return false
  await journal.flush()
  return journal.writes()
}

/** The event of a change, with its number, in one record. */
export const recordChange =
  (journal: Pick<Journal, 'append'>, told: SecurityEvent, key: SealedKey): RecordChange =>
  async (change, before) =>
    (await journal.append(told, stateOf(key, change), () => stateOf(key, before))) !== 'unavailable'

/** A file that is not the one that the journal tells of is used and told of, once. `file`: what it is, for people. */
export function reportOtherFile(journal: Pick<Journal, 'note'>, recorded: RecordedCheck, key: SealedKey, file: string): void {
  if (recorded.kind === 'other') journal.note(event('secrets-not-recorded', { file }), stateOf(key, recorded.change))
}
