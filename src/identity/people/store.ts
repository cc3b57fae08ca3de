import { type Files, type Random, createTurns, realFiles } from '../../platform/index.ts'
import {
  type RecordedCheck,
  type LastRecorded,
  type Place,
  type RecordChange,
  type RecordedFile,
  findRecorded,
  recordedFile,
} from '../vault/recorded-file.ts'
import { type Failure, readKey, removeFile, writeKey } from '../vault/sealed-file.ts'
import { peopleOf } from './stored.ts'
import type { People, User } from './user.ts'

export type PeopleFiles = {
  readonly file: string
  readonly keyFile: string
  /** Where systemd has put the key; undefined outside systemd. */
  readonly credential: string | undefined
  readonly files?: Files
  /** As `Place` has it. */
  readonly ready?: () => Promise<boolean>
}

/** What the journal knows of the file of the people. */
export type Known = {
  /** Somebody has tried to log in before: it shows a removed file where the key comes from systemd. */
  readonly usedBefore: boolean
  readonly last: LastRecorded
}

/** The file of the people, sealed: a copied journal or backup holds no hash and no secret. */
export interface PeopleStore {
  readonly state: { readonly kind: 'open' } | { readonly kind: 'closed'; readonly why: string }
  /** Whether the file is the one that the journal tells of. */
  readonly recorded: RecordedCheck
  people(): People
  user(name: string): User | undefined
  /** What only counts, such as the time of the last log-in. */
  rewrite(next: (people: People) => People): Promise<Failure | 'written'>
  /** On record and in the file, or neither. `next` is asked when the changes before this one are through. */
  change(next: (people: People) => People, record: RecordChange): Promise<Failure | 'changed' | 'not-recorded'>
  /** One decision after the other: two who remove each other's last administrator at once must not both succeed. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

const nobody: People = { users: [], services: [] }

const CANNOT_BE_MADE = 'make room on its disk, and restart the gateway'

type Opened =
  | { readonly kind: 'open'; readonly file: RecordedFile; readonly people: People; readonly recorded: RecordedCheck }
  | { readonly kind: 'closed'; readonly why: string }
const closed = (why: string): Opened => ({ kind: 'closed', why })

/**
 * Opens it; a file that does not open is closed, not empty: nobody is let in and nobody set up in its place. The same for one that is
 * gone: the first start makes both files, so that either without the other was removed.
 */
export function openPeopleStore(files: PeopleFiles, random: Random, known: Known): PeopleStore {
  const opened = open(files, random, known)
  let people = opened.kind === 'open' ? opened.people : nobody
  const decisions = createTurns()
  const writes = createTurns()
  return {
    inTurn: decisions,
    state: opened.kind === 'open' ? { kind: 'open' } : opened,
    recorded: opened.kind === 'closed' ? { kind: 'as-recorded' } : opened.recorded,
    people: () => people,
    user: (name) => people.users.find((user) => user.name.toLowerCase() === name.toLowerCase()),
    rewrite: (next) =>
      writes(async () => {
        if (opened.kind === 'closed') return { kind: 'failed', why: opened.why }
        const rewritten = next(people)
        const written = await opened.file.rewrite(rewritten)
        if (written === 'written') people = rewritten
        return written
      }),
    change: (next, record) =>
      writes(async () => {
        if (opened.kind === 'closed') return { kind: 'failed', why: opened.why }
        const changed = next(people)
        const done = await opened.file.change(changed, record)
        if (done.kind === 'failed') return done
        if (done.kind === 'changed') people = changed
        return done.kind
      }),
  }
}

function open(
  { file, keyFile, credential, files = realFiles, ready = () => Promise.resolve(true) }: PeopleFiles,
  random: Random,
  { usedBefore, last }: Known,
): Opened {
  const place: Place = { path: file, format: 'breakwall-people-1', files, random, ready }
  const used = usedBefore || last.kind === 'known'
  const key = credential === undefined ? readKey(keyFile, 'file', files) : readKey(credential, 'credential', files)
  if (key === 'missing') {
    if (credential !== undefined) return closed(`${credential} is not there: LoadCredential= in the unit brings it`)
    if (files.has(file)) return closed(`${keyFile} is not there, and ${file} opens with it only`)
    return used ? closed(bothGone(file, keyFile)) : makeFirst(place, keyFile)
  }
  if ('kind' in key) return closed(key.why)
  const found = findRecorded(place, [key], last)
  switch (found.kind) {
    case 'failed':
      return closed(found.why)
    case 'missing':
      return credential === undefined || used ? closed(gone(file, credential === undefined ? keyFile : 'none')) : makeFile(place, key)
    case 'opened': {
      const people = peopleOf(found.content)
      if (people === 'not-people') return closed(`${file} holds something else than users`)
      return { kind: 'open', file: recordedFile(place, found.standing), people, recorded: found.recorded }
    }
  }
}

/** The key first, since nothing opens without it; taken back where the users do not follow, for the next start to try again. */
function makeFirst(place: Place, keyFile: string): Opened {
  const key = place.random.bytes(32)
  const made = writeKey(keyFile, key, place.files)
  if (made !== 'written') return closed(`${made.why}: ${CANNOT_BE_MADE}`)
  const opened = makeFile(place, key)
  if (opened.kind === 'closed') removeFile(keyFile, place.files)
  return opened
}

function makeFile(place: Place, key: Uint8Array): Opened {
  const file = recordedFile(place, { key, change: '', at: 'place' })
  const written = file.make(nobody)
  return written === 'written'
    ? { kind: 'open', file, people: nobody, recorded: { kind: 'as-recorded' } }
    : closed(`${written.why}: ${CANNOT_BE_MADE}`)
}

const gone = (file: string, keyFile: string): string =>
  `${file} is gone: bring it back from a backup${
    keyFile === 'none' ? '' : `; only where there has never been a user, remove ${keyFile} and restart for a set-up code`
  }`
const bothGone = (file: string, keyFile: string): string =>
  `${file} and ${keyFile} are gone, though people have logged in here: bring both back from a backup`
