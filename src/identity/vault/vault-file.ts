import { z } from 'zod'
import { type Files, type Random, createTurns, realFiles } from '../../platform/index.ts'
import {
  type RecordedCheck,
  type LastRecorded,
  type Place,
  type RecordChange,
  type RecordedFile,
  findRecorded,
  recordedFile,
} from './recorded-file.ts'
import { type Failure, putInPlace, readKey, readSealed, removeFile, writeKey } from './sealed-file.ts'

export type VaultSettings = {
  readonly file: string
  readonly keyFile: string
  /** Where systemd has put the key (LoadCredential=), before the key file; undefined outside systemd. */
  readonly credential: string | undefined
  readonly files?: Files
  /** As `Place` has it; without a gateway there is no journal. */
  readonly ready?: () => Promise<boolean>
}

export type VaultChange = { readonly kind: 'changed'; readonly factory: boolean } | { readonly kind: 'refused'; readonly why: string }

/** A closed vault has no passwords, an empty one is open. */
export type VaultState = { readonly kind: 'open' } | { readonly kind: 'closed'; readonly why: string }

const secret = z.object({ breaker: z.string(), level: z.string(), password: z.string(), changed: z.string() })
const stored = z.array(secret)
export type Secret = z.infer<typeof secret>

const refused = (why: string): VaultChange => ({ kind: 'refused', why })
const NOT_RECORDED = 'the journal cannot be written; look at the disk: breakwall status'
const notChanged = (why: string): VaultChange => refused(`the vault was not changed: ${why}`)

/** What a change makes of the secrets; `rotated`: they stay, with a new key. */
export type Next =
  | { readonly kind: 'changed'; readonly secrets: readonly Secret[]; readonly factory: boolean }
  | { readonly kind: 'rotated' }
  | Extract<VaultChange, { readonly kind: 'refused' }>

export type SecretsFile = {
  readonly state: VaultState
  readonly recorded: RecordedCheck
  readonly secrets: () => readonly Secret[]
  /** One after the other. `next` is asked when the changes before this one are through. */
  readonly change: (next: () => Next, record: RecordChange) => Promise<VaultChange>
}

/** The file of the secrets and the key that it is sealed with; the first secret makes both. */
export function openSecrets(settings: VaultSettings, random: Random, last: LastRecorded): SecretsFile {
  const { file: path, keyFile, files = realFiles, ready = () => Promise.resolve(true) } = settings
  const place: Place = { path, format: 'breakwall-vault-1', files, random, ready }
  const opened = open(settings, place, last)
  if (opened.kind === 'closed') {
    const change = (): Promise<VaultChange> => Promise.resolve(refused(`the vault is closed: ${opened.why}`))
    return { state: opened, recorded: { kind: 'as-recorded' }, secrets: () => [], change }
  }
  const inTurn = createTurns()
  let { secrets, file, keyWaits } = opened
  function placeKey(): Failure | 'written' {
    if (!keyWaits) return 'written'
    // The key after the file: the one in its place always opens with a key that is there.
    const settled = file === 'not-made' ? 'written' : file.settle()
    const placed = settled === 'written' ? putInPlace(nextKey(keyFile), keyFile, files) : settled
    if (placed === 'written') keyWaits = false
    return placed
  }
  placeKey()

  function made(): RecordedFile | Failure {
    if (file !== 'not-made') return file
    const key = random.bytes(32)
    const written = writeKey(keyFile, key, files)
    if (written !== 'written') return written
    file = recordedFile(place, { key, change: '', at: 'place' })
    return file
  }
  /** What is beside and in force is not overwritten before it is in its place. */
  function freshKey(): Uint8Array | Failure {
    const placed = placeKey()
    const key = random.bytes(32)
    const prepared = placed === 'written' ? prepareKey(keyFile, key, files) : placed
    return prepared === 'written' ? key : prepared
  }
  async function changeNow(next: Exclude<Next, { readonly kind: 'refused' }>, record: RecordChange): Promise<VaultChange> {
    // Before a key is made: the one beside may still be needed.
    if (!(await ready())) return notChanged(NOT_RECORDED)
    const written = made()
    if ('kind' in written) return notChanged(written.why)
    const key = next.kind === 'rotated' ? freshKey() : undefined
    if (key !== undefined && 'kind' in key) return notChanged(key.why)
    const after = next.kind === 'changed' ? next.secrets : secrets
    const done = await written.change(after, record, key)
    if (done.kind === 'failed') return notChanged(done.why)
    if (done.kind === 'not-recorded') return notChanged(NOT_RECORDED)
    secrets = after
    if (key !== undefined) keyWaits = true
    placeKey() // where it is refused, the next start or rotation does it
    return { kind: 'changed', factory: next.kind === 'changed' && next.factory }
  }
  return {
    state: { kind: 'open' },
    recorded: opened.recorded,
    secrets: () => secrets,
    change: (next, record) =>
      inTurn(async () => {
        const asked = next()
        return asked.kind === 'refused' ? asked : changeNow(asked, record)
      }),
  }
}

type Opened =
  | {
      readonly kind: 'open'
      readonly secrets: readonly Secret[]
      readonly file: RecordedFile | 'not-made'
      readonly recorded: RecordedCheck
      readonly keyWaits: boolean
    }
  | { readonly kind: 'closed'; readonly why: string }
const closed = (why: string): Opened => ({ kind: 'closed', why })

function open({ file, keyFile, credential }: VaultSettings, place: Place, last: LastRecorded): Opened {
  const { files } = place
  const key = credential === undefined ? readKey(keyFile, 'file', files) : readKey(credential, 'credential', files)
  if (key !== 'missing' && 'kind' in key) return closed(key.why)
  const empty = (made: RecordedFile | 'not-made'): Opened => {
    // The file is gone: that is said once, and what is known then is that there is none.
    const isGone = last.kind === 'known' && last.change !== ''
    const recorded: RecordedCheck = isGone ? { kind: 'other', change: '' } : { kind: 'as-recorded' }
    return { kind: 'open', secrets: [], file: made, recorded, keyWaits: false }
  }
  if (key === 'missing' && credential !== undefined)
    return closed(`${credential} is empty or not there: LoadCredential= in the unit brings it`)
  if (key === 'missing') {
    const there = readSealed(file, new Uint8Array(32), place.format, files)
    return there === 'missing' ? empty('not-made') : closed(`${keyFile} is not there, and ${file} opens with it only`)
  }
  // A rotation may have been cut after its event: the vault is then sealed with the next key.
  const next = credential === undefined ? readKey(nextKey(keyFile), 'file', files) : 'missing'
  const found = findRecorded(place, next instanceof Uint8Array ? [key, next] : [key], last)
  switch (found.kind) {
    case 'failed':
      return closed(found.why)
    case 'missing':
      return empty(recordedFile(place, { key, change: '', at: 'place' }))
    case 'opened': {
      const secrets = stored.safeParse(found.content)
      if (!secrets.success) return closed(`${file} holds something else than passwords`)
      const made = recordedFile(place, found.standing)
      return { kind: 'open', secrets: secrets.data, file: made, recorded: found.recorded, keyWaits: found.standing.key === next }
    }
  }
}

/**
 * The next key is on disk before anything is sealed with it, and takes the place of the old one after: a cut at any instant leaves one
 * that opens. One that is there already is of a rotation that was cut before its event.
 */
function prepareKey(keyFile: string, key: Uint8Array, files: Files): Failure | 'written' {
  const removed = removeFile(nextKey(keyFile), files)
  return removed === 'written' ? writeKey(nextKey(keyFile), key, files) : removed
}
const nextKey = (keyFile: string): string => `${keyFile}.next`
