import { type Random, hasName } from '../../platform/index.ts'
import { type Failure, readKey, readSealed, removeFile, writeKey, writeSealed } from '../vault/sealed-file.ts'
import type { People, User } from './user.ts'

export type PeopleFiles = {
  readonly file: string
  readonly keyFile: string
  /** Where systemd has put the key; undefined outside systemd. */
  readonly credential: string | undefined
}

/** The file of the people, sealed: a copied journal or backup holds no hash and no secret. */
export interface PeopleStore {
  readonly state: { readonly kind: 'open' } | { readonly kind: 'closed'; readonly why: string }
  people(): People
  user(name: string): User | undefined
  /** Writes all of it anew; what could not be written did not happen. */
  write(next: People): Failure | 'written'
  /** One change after the other: two who remove each other's last administrator at once must not both succeed. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

const nobody: People = { users: [], services: [] }

const CANNOT_BE_MADE = 'make room on its disk, and restart the gateway'

type Opened =
  { readonly kind: 'open'; readonly key: Uint8Array; readonly people: People } | { readonly kind: 'closed'; readonly why: string }
const closed = (why: string): Opened => ({ kind: 'closed', why })

/**
 * Opens it; a file that does not open is closed, not empty: nobody is let in and nobody set up in its place. The same for one that is
 * gone: the first start makes both files, so that either without the other was removed. `usedBefore`: somebody has tried to log in
 * before, by the journal; it shows a removed file where the key comes from systemd.
 */
export function openPeopleStore(files: PeopleFiles, random: Random, usedBefore = false): PeopleStore {
  const { file } = files
  const opened = open(files, random, usedBefore)
  let people = opened.kind === 'open' ? opened.people : nobody
  let last: Promise<unknown> = Promise.resolve()
  return {
    inTurn(work) {
      const mine = last.then(work)
      last = mine.catch(() => undefined) // its caller hears it; the next has its turn
      return mine
    },
    state: opened.kind === 'open' ? { kind: 'open' } : opened,
    people: () => people,
    user: (name) => people.users.find((user) => user.name.toLowerCase() === name.toLowerCase()),
    write(next) {
      if (opened.kind === 'closed') return { kind: 'failed', why: opened.why }
      const written = seal(file, opened.key, random, next)
      if (written === 'written') people = next
      return written
    },
  }
}

const seal = (file: string, key: Uint8Array, random: Random, people: People): Failure | 'written' =>
  writeSealed(file, key, random.bytes(12), 'breakwall-people-1', JSON.stringify(people))

function open({ file, keyFile, credential }: PeopleFiles, random: Random, usedBefore: boolean): Opened {
  const key = credential === undefined ? readKey(keyFile, 'file') : readKey(credential, 'credential')
  if (key === 'missing') {
    if (credential !== undefined) return closed(`${credential} is not there: LoadCredential= in the unit brings it`)
    if (hasName(file)) return closed(`${keyFile} is not there, and ${file} opens with it only`)
    return usedBefore ? closed(bothGone(file, keyFile)) : makeFirst(file, keyFile, random)
  }
  if ('kind' in key) return closed(key.why)
  const text = readSealed(file, key, 'breakwall-people-1')
  if (text === 'missing') {
    if (credential === undefined || usedBefore) return closed(gone(file, credential === undefined ? keyFile : 'none'))
    const written = seal(file, key, random, nobody)
    return written === 'written' ? { kind: 'open', key, people: nobody } : closed(`${written.why}: ${CANNOT_BE_MADE}`)
  }
  return text.kind === 'failed' ? closed(text.why) : { kind: 'open', key, people: JSON.parse(text.text) as People }
}

/** The key first, since nothing opens without it; taken back where the users do not follow, for the next start to try again. */
function makeFirst(file: string, keyFile: string, random: Random): Opened {
  const key = random.bytes(32)
  const made = writeKey(keyFile, key)
  if (made !== 'written') return closed(`${made.why}: ${CANNOT_BE_MADE}`)
  const written = seal(file, key, random, nobody)
  if (written === 'written') return { kind: 'open', key, people: nobody }
  removeFile(keyFile)
  return closed(`${written.why}: ${CANNOT_BE_MADE}`)
}

const gone = (file: string, keyFile: string): string =>
  `${file} is gone: bring it back from a backup${
    keyFile === 'none' ? '' : `; only where there has never been a user, remove ${keyFile} and restart for a set-up code`
  }`
const bothGone = (file: string, keyFile: string): string =>
  `${file} and ${keyFile} are gone, though people have logged in here: bring both back from a backup`
