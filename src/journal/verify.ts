import Database from 'better-sqlite3'
import { type Body, CHAIN_START, bodyOf, chainHash, sameHash } from './chain.ts'
import { type Base, type FullRow, columnsOf } from './schema.ts'
import { type Judge, baseText, checkpointText } from './signature.ts'
import type { Head } from './entry.ts'

/** What was done to the first event that is wrong. */
export type Fault =
  /** Its text is not what was written. */
  | 'edited'
  /** One or more are missing before it. */
  | 'removed'
  /** It stands under a number that is not its own. */
  | 'reordered'
  /** The end is missing: somebody else knows of later events. */
  | 'truncated'
  /** The chain holds, but it is not the one that was signed or that somebody else remembers. */
  | 'rewritten'
  /** A checkpoint, the beginning of the chain, or all of it lacks the signature that it must have. */
  | 'unsigned'
  /** Signed by a key that is none of those that were named. */
  | 'foreign-key'
  /** The file itself cannot be read from here on. */
  | 'damaged'

export type Verified =
  | {
      readonly kind: 'whole'
      readonly records: number
      /** The first event that is still there. */
      readonly first: number
      readonly head: Head
      readonly checkpoints: number
      /** Up to which event a signature that was checked covers everything; 0 where there was none to check with. */
      readonly signedUpTo: number
      /** Anchors that were compared. */
      readonly anchors: number
      /** Anchors of events before the first that is kept: nothing is left to compare them with. */
      readonly anchorsBelow: number
    }
  | { readonly kind: 'broken'; readonly seq: number; readonly fault: Fault; readonly what: string }
  | { readonly kind: 'unreadable'; readonly what: string }

/** A head that somebody else remembers: the running gateway, or checkpoints that the SOC has kept. */
export type Anchor = Head
export type VerifyWith = {
  readonly anchors: readonly Anchor[]
  /** Those whose signatures count; none: signatures are not checked. */
  readonly keys: readonly Judge[]
  /** With `keys`, a chain in which nothing is signed: a fault, or one that may be younger than its first checkpoint. */
  readonly nothingSigned: 'fault' | 'may-be-young'
  /** Called now and then with how many of how many events are done. */
  readonly progress: (done: number, of: number) => void
}
export const justTheChain: VerifyWith = { anchors: [], keys: [], nothingSigned: 'fault', progress: () => undefined }

const PROGRESS_STEP = 5000
/** A checkpoint is due after 1000 events and waits behind a full queue at most: with more events behind the last one, some were taken out. */
const LONGEST_TAIL = 25_000
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')
type Broken = Extract<Verified, { kind: 'broken' }>
const broken = (seq: number, fault: Fault, what: string): Broken => ({ kind: 'broken', seq, fault, what })

/** Walks the whole chain of a journal file, live or copied, without changing it. Memory stays flat however long it is. */
export function verifyJournal(path: string, using: VerifyWith): Verified {
  let db: Database.Database
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
  } catch (error) {
    return { kind: 'unreadable', what: wordsOf(error) }
  }
  let at = 0
  try {
    const base = db.prepare<[], Base>('SELECT * FROM base').get()
    const walk = createWalk(base === undefined ? { kind: 'first' } : { kind: 'base', base }, using)
    const { first, last } = ends(db)
    at = base?.seq ?? 0
    const rows = db.prepare<[], FullRow>('SELECT * FROM record ORDER BY seq')
    let done = 0
    let fault: Broken | undefined
    for (const row of rows.iterate()) {
      fault ??= done === 0 ? walk.begin(row) : undefined
      fault ??= walk.take(row)
      if (fault !== undefined) break
      at = row.seq
      done += 1
      if (done % PROGRESS_STEP === 0) using.progress(done, last - first + 1)
    }
    return fault ?? walk.end(done, first)
  } catch (error) {
    if (at === 0 && /file is not a database|no such table/.test(wordsOf(error))) return { kind: 'unreadable', what: wordsOf(error) }
    return broken(at + 1, 'damaged', `the file cannot be read from here on: ${wordsOf(error)}`)
  } finally {
    db.close()
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function ends(db: Database.Database): { first: number; last: number } {
  const one = (order: string): number =>
    db.prepare<[], { seq: number }>(`SELECT seq FROM record ORDER BY seq ${order} LIMIT 1`).get()?.seq ?? 0
  return { first: one('ASC'), last: one('DESC') }
}

/** Where a walk begins: at the very first event, behind a base, or at the first line of an export, whose hash is taken as it is. */
export type WalkStart =
  | { readonly kind: 'first' }
  | { readonly kind: 'base'; readonly base: Base }
  | { readonly kind: 'export'; readonly seq: number; readonly hash: Uint8Array }

function startOf(start: WalkStart): { readonly seq: number; readonly hash: Uint8Array } {
  switch (start.kind) {
    case 'first':
      return { seq: 0, hash: CHAIN_START }
    case 'base':
      return start.base
    case 'export':
      return start
  }
}

/** One walk along a chain, record by record. */
export function createWalk(start: WalkStart, { keys, anchors, nothingSigned }: Pick<VerifyWith, 'keys' | 'anchors' | 'nothingSigned'>) {
  const beginning = startOf(start)
  let { hash, seq } = beginning
  let latestUs: number | 'first' = 'first'
  let [checkpoints, signedUpTo, compared, lastCovered] = [0, 0, 0, seq]
  /** From the first signature on, another one without is a fault: who has no key can only leave it out. */
  let signedBefore = start.kind === 'base' && isSigned(start.base)
  const remembered = Map.groupBy(anchors, (anchor) => anchor.seq)

  function compare(): Broken | undefined {
    const known = remembered.get(seq)
    if (known === undefined) return undefined
    compared += known.length
    return known.every((anchor) => anchor.hash === hex(hash))
      ? undefined
      : broken(seq, 'rewritten', 'somebody else remembers another event under this number: it or one before it was rewritten')
  }

  /** A checkpoint's own words: the head before it, and who signed that. */
  function judgeCheckpoint({ gateway, fields }: Body): Broken | undefined {
    const { upTo, head, key, signature } = fields
    checkpoints += 1
    const range = `of events ${lastCovered + 1} to ${seq - 1} one was rewritten`
    if (upTo !== seq - 1 || head !== before)
      return broken(lastCovered + 1, 'rewritten', `the checkpoint at ${seq} knows another chain: ${range}`)
    if (!isSigned({ key: String(key ?? ''), signature: String(signature ?? '') }))
      return signedBefore ? broken(seq, 'unsigned', 'this checkpoint is not signed, though the chain was signed before it') : undefined
    signedBefore = true
    if (isCut(start)) return broken(seq, 'unsigned', CUT)
    if (keys.length > 0) {
      const judge = keys.find(({ fingerprint }) => fingerprint === key)
      if (judge === undefined)
        return broken(seq, 'foreign-key', `this checkpoint is signed by key ${String(key)}, not by ${fingerprintsOf(keys)}`)
      if (!judge.holds(checkpointText(gateway, seq - 1, before), String(signature)))
        return broken(lastCovered + 1, 'rewritten', `the signature of the checkpoint at ${seq} does not hold: ${range}`)
      signedUpTo = seq - 1
    }
    lastCovered = seq - 1
    return undefined
  }
  let before = hex(hash)

  return {
    /** Judges where the chain begins, by the name of the gateway in its first record. */
    begin({ body }: FullRow): Broken | undefined {
      if (start.kind !== 'base') return compare()
      const first = bodyOf(body)
      const fault = baseFault(start, first === 'no-body' ? '' : first.gateway, keys)
      if (keys.length > 0 && isSigned(start.base)) signedUpTo = seq
      return fault ?? compare()
    },
    take(row: FullRow): Broken | undefined {
      if (row.seq !== seq + 1) return broken(seq + 1, 'removed', `after event ${seq} comes ${row.seq}`)
      before = hex(hash)
      const fault = faultOf(row, hash, latestUs)
      if (fault !== undefined) return fault
      hash = row.hash
      seq = row.seq
      latestUs = row.latest_us
      const checkpoint = row.body.includes('"id":"checkpoint"') ? checkpointIn(row.body) : 'none'
      return (checkpoint === 'none' ? undefined : judgeCheckpoint(checkpoint)) ?? compare()
    },
    end(records: number, first: number): Verified {
      const missing = anchors.map((anchor) => anchor.seq).filter((known) => known > seq)
      if (missing.length > 0)
        return broken(seq + 1, 'truncated', `the journal ends at event ${seq}, but somebody else knows of event ${Math.max(...missing)}`)
      const from = Math.max(signedUpTo, beginning.seq) + 1
      if (keys.length > 0 && ((signedUpTo === 0 && nothingSigned === 'fault') || seq - from >= LONGEST_TAIL))
        return broken(from, 'unsigned', `no signature covers events ${from} to ${seq}: anybody may have written them`)
      const anchorsBelow = anchors.filter((anchor) => anchor.seq < beginning.seq).length
      return { kind: 'whole', records, first, head: { seq, hash: hex(hash) }, checkpoints, signedUpTo, anchors: compared, anchorsBelow }
    },
  }
}

const fingerprintsOf = (keys: readonly Judge[]): string => keys.map(({ fingerprint }) => fingerprint).join(' or ')

/** What is wrong with a base, by its signature. */
function baseFault(start: Extract<WalkStart, { kind: 'base' }>, gateway: string, keys: readonly Judge[]): Broken | undefined {
  const { base } = start
  if (keys.length === 0) return undefined
  if (!isSigned(base)) return isCut(start) ? broken(base.seq + 1, 'unsigned', CUT) : undefined
  const judge = keys.find(({ fingerprint }) => fingerprint === base.key)
  if (judge === undefined) return broken(base.seq + 1, 'foreign-key', `the beginning of the chain is signed by key ${base.key}`)
  if (judge.holds(baseText(gateway, base.seq, hex(base.hash), base.why, base.utc_us), base.signature)) return undefined
  return broken(base.seq + 1, 'removed', 'the signature of where the chain begins does not hold: events before it were taken away')
}

const isSigned = ({ key, signature }: Pick<Base, 'key' | 'signature'>): boolean => key !== '' && signature !== ''

/**
 * Whether a chain begins behind events that were taken away without a signature. One that begins with no event before it needs none:
 * the first signed checkpoint covers that by its hash.
 */
const isCut = (start: WalkStart): boolean => start.kind === 'base' && !isSigned(start.base) && !sameHash(start.base.hash, CHAIN_START)
const CUT = 'the chain begins behind events that were taken away without a signature'

/** A record that is a checkpoint by its id; other records may have the same characters in one of their fields. */
function checkpointIn(text: string): Body | 'none' {
  const body = bodyOf(text)
  return body !== 'no-body' && body.id === 'checkpoint' ? body : 'none'
}

function faultOf(row: FullRow, previous: Uint8Array, latestUs: number | 'first'): Broken | undefined {
  const body = bodyOf(row.body)
  if (body !== 'no-body' && body.seq !== row.seq) return broken(row.seq, 'reordered', `it was written as event ${body.seq}`)
  if (body === 'no-body' || !sameHash(chainHash(previous, row.body), row.hash))
    return broken(row.seq, 'edited', 'it does not match its hash')
  const columns = columnsOf(body, latestUs === 'first' ? row.latest_us : latestUs)
  for (const [name, value] of Object.entries(columns))
    if (row[name as keyof typeof columns] !== value)
      return broken(
        row.seq,
        'edited',
        `its column ${name}, by which it is found, was changed to ${JSON.stringify(row[name as keyof typeof columns])}`,
      )
  return undefined
}
