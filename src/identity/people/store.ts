import type { Random } from '../../platform/index.ts'
import { type Failure, readKey, readSealed, writeKey, writeSealed } from '../vault/sealed-file.ts'
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

/** Opens it; a file that does not open is closed, not empty: nobody is let in and nobody set up in its place. */
export function openPeopleStore({ file, keyFile, credential }: PeopleFiles, random: Random): PeopleStore {
  let key = credential === undefined ? readKey(keyFile, 'file') : readKey(credential, 'credential')
  let people = nobody
  let why = ''
  if (key === 'missing') {
    const there = readSealed(file, new Uint8Array(32), 'breakwall-people-1')
    if (there === 'missing') {
      const fresh = random.bytes(32)
      const made = writeKey(keyFile, fresh)
      if (made === 'written') key = fresh
      else why = made.why
    } else why = `${keyFile} is not there, and ${file} opens with it only`
  } else if ('kind' in key) why = key.why
  if (why === '' && key instanceof Uint8Array) {
    const text = readSealed(file, key, 'breakwall-people-1')
    if (text !== 'missing' && text.kind === 'failed') why = text.why
    else if (text !== 'missing') people = JSON.parse(text.text) as People
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    inTurn(work) {
      const mine = last.then(work)
      last = mine.catch(() => undefined) // its caller hears it; the next has its turn
      return mine
    },
    state: why === '' ? { kind: 'open' } : { kind: 'closed', why },
    people: () => people,
    user: (name) => people.users.find((user) => user.name.toLowerCase() === name.toLowerCase()),
    write(next) {
      if (why !== '' || !(key instanceof Uint8Array)) return { kind: 'failed', why }
      const written = writeSealed(file, key, random.bytes(12), 'breakwall-people-1', JSON.stringify(next))
      if (written === 'written') people = next
      return written
    },
  }
}
