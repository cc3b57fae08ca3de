import { z } from 'zod'
import type { Files, Random } from '../../platform/index.ts'
import { type Failure, type SealedFormat, putInPlace, readSealed, writeSealed } from './sealed-file.ts'

/** Where it is: the file, and beside it, until its event is on disk, what comes next. */
export type Place = {
  readonly path: string
  readonly format: SealedFormat
  readonly files: Files
  readonly random: Random
  /**
   * Resolves when the journal has written all that it was given before, with whether it takes more. Until then a change that it was
   * silent about may still be recorded: what is beside is kept, and nothing is written.
   */
  readonly ready: () => Promise<boolean>
}

/**
 * Writes the event of a change, and with it the number of the change, in one; false where that is not on disk. `before`: the number that
 * holds until then, and again should a disk that hung write the event after false was said.
 */
export type RecordChange = (change: string, before: string) => Promise<boolean>

/** The number of the last change that the journal has; `unknown`: it has none. */
export type LastRecorded = { readonly kind: 'known'; readonly change: string } | { readonly kind: 'unknown' }

/** `at`: whether the file is in its place, or still beside it. */
type FileInForce = { readonly key: Uint8Array; readonly change: string; readonly at: 'place' | 'beside' }

/** `other`: it is not the one that the journal tells of, such as an older copy; the number that it has. */
export type RecordedCheck = { readonly kind: 'as-recorded' } | { readonly kind: 'other'; readonly change: string }
const asRecorded: RecordedCheck = { kind: 'as-recorded' }

export type FoundFile =
  | { readonly kind: 'opened'; readonly content: unknown; readonly recorded: RecordedCheck; readonly standing: FileInForce }
  | { readonly kind: 'missing' }
  | Failure

const beside = (path: string): string => `${path}.next`

/** Before changes were numbered, the content stood alone. */
const numbered = z.object({ change: z.string(), content: z.unknown() })

/**
 * Opens the file whose number the journal has (decision 0041): the one beside it where the process ended between the event and the
 * renaming. `keys`: any of which it may be sealed with.
 */
export function findRecorded(place: Pick<Place, 'path' | 'format' | 'files'>, keys: readonly Uint8Array[], last: LastRecorded): FoundFile {
  const inPlace = opened(place, 'place', keys)
  const fits = (found: FoundFile): boolean => found.kind === 'opened' && (last.kind === 'unknown' || found.standing.change === last.change)
  if (fits(inPlace)) return inPlace
  const next = last.kind === 'known' ? opened(place, 'beside', keys) : inPlace
  if (fits(next)) return next
  // Neither is the recorded one: what opens is used, the one in its place first.
  const other = inPlace.kind === 'failed' ? opened(place, 'beside', keys) : inPlace
  return other.kind === 'opened' ? { ...other, recorded: { kind: 'other', change: other.standing.change } } : inPlace
}

function opened(
  { path, format, files }: Pick<Place, 'path' | 'format' | 'files'>,
  at: FileInForce['at'],
  keys: readonly Uint8Array[],
): FoundFile {
  const file = at === 'place' ? path : beside(path)
  let found: FoundFile = { kind: 'missing' }
  for (const key of keys) {
    const read = readSealed(file, key, format, files)
    if (read === 'missing') return { kind: 'missing' }
    if (read.kind === 'failed') {
      if (found.kind === 'missing') found = read // of the key that is in force
      continue
    }
    try {
      const json: unknown = JSON.parse(read.text)
      const { data } = numbered.safeParse(json)
      const { change, content } = data ?? { change: '', content: json }
      return { kind: 'opened', content, recorded: asRecorded, standing: { key, change, at } }
    } catch {
      return { kind: 'failed', why: `${file} is damaged` }
    }
  }
  return found
}

export type Changed = { readonly kind: 'changed' } | { readonly kind: 'not-recorded' } | Failure

export interface RecordedFile {
  /** Makes a new one, before the journal knows of it. */
  make(content: unknown): Failure | 'written'
  /** What is beside and recorded comes into its place; again, where that was refused before. */
  settle(): Failure | 'written'
  /** Writes it anew without an event: what only counts. The caller sees that no change is on its way. */
  rewrite(content: unknown): Promise<Failure | 'written'>
  /**
   * One change at a time. It holds from the moment that its event is on disk; on any other answer nothing has changed. With `fresh`, it
   * is sealed with this key from then on.
   */
  change(content: unknown, record: RecordChange, fresh?: Uint8Array): Promise<Changed>
}

export function recordedFile({ path, format, files, random, ready }: Place, start: FileInForce): RecordedFile {
  let standing = start
  const seal = (file: string, key: Uint8Array, change: string, content: unknown): Failure | 'written' =>
    writeSealed(file, { key, nonce: random.bytes(12), format }, JSON.stringify({ change, content }), files)

  /** What is beside and recorded is not overwritten before it is in its place. */
  function settle(): Failure | 'written' {
    if (standing.at === 'place') return 'written'
    const placed = putInPlace(beside(path), path, files)
    if (placed === 'written') standing = { ...standing, at: 'place' }
    return placed
  }
  settle()

  return {
    settle,
    make: (content) => seal(path, standing.key, standing.change, content),
    async rewrite(content) {
      if (!(await ready())) return { kind: 'failed', why: 'the journal takes no events now' }
      const written = seal(path, standing.key, standing.change, content)
      if (written === 'written') standing = { ...standing, at: 'place' }
      return written
    },
    async change(content, record, fresh) {
      if (!(await ready())) return { kind: 'not-recorded' }
      const settled = settle()
      if (settled !== 'written') return settled
      const next = { key: fresh ?? standing.key, change: random.uuid(), at: 'beside' } as const
      const sealed = seal(beside(path), next.key, next.change, content)
      if (sealed !== 'written') return sealed
      if (!(await record(next.change, standing.change))) return { kind: 'not-recorded' }
      standing = next
      settle() // where it is refused, it stays beside: a start finds it there, and the next change tries again
      return { kind: 'changed' }
    },
  }
}
