import Database from 'better-sqlite3'
import { type Body, CHAIN_START, chainHash, sameHash } from './chain.ts'
import { type Base, type FullRow, columnsOf } from './schema.ts'
import { type Judge, baseText, checkpointText } from './signature.ts'
import type { Head } from './storage.ts'

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
    }
  | { readonly kind: 'broken'; readonly seq: number; readonly fault: Fault; readonly what: string }
  | { readonly kind: 'unreadable'; readonly what: string }

/** A head that somebody else remembers: the running gateway, or checkpoints that the SOC has kept. */
export type Anchor = Head
export type VerifyWith = {
  readonly anchors: readonly Anchor[]
  /** Those whose signatures count; none: signatures are not checked. */
  readonly keys: readonly Judge[]
  /** Called now and then with how many of how many events are done. */
  readonly progress: (done: number, of: number) => void
}
export const justTheChain: VerifyWith = { anchors: [], keys: [], progress: () => undefined }

const PROGRESS_STEP = 5000
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')
type Broken = Extract<Verified, { kind: 'broken' }>
const broken = (seq: number, fault: Fault, what: string): Broken => ({ kind: 'broken', seq, fault, what })

/** Walks the whole chain of a journal file, live or copied, without changing it. Memory stays flat however long it is. */
export function verifyJournal(path: string, { anchors, keys, progress }: VerifyWith): Verified {
  let db: Database.Database
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
  } catch (error) {
    return { kind: 'unreadable', what: wordsOf(error) }
  }
  let at = 0
  try {
    const base = db.prepare<[], Base>('SELECT * FROM base').get()
    const walk = createWalk(base, keys, anchors)
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
      if (done % PROGRESS_STEP === 0) progress(done, last - first + 1)
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

/** One walk along a chain, record by record. */
export function createWalk(base: Base | undefined, keys: readonly Judge[], anchors: readonly Anchor[]) {
  let hash: Uint8Array = base?.hash ?? CHAIN_START
  let seq = base?.seq ?? 0
  let latestUs: number | 'first' = 'first'
  let [checkpoints, signedUpTo, compared, lastCovered] = [0, 0, 0, seq]
  const remembered = new Map(anchors.map((anchor) => [anchor.seq, anchor.hash]))

  function compare(): Broken | undefined {
    const known = remembered.get(seq)
    if (known === undefined) return undefined
    compared += 1
    return known === hex(hash)
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
    if (keys.length > 0 && key !== '') {
      const judge = keys.find(({ fingerprint }) => fingerprint === key)
      if (judge === undefined)
        return broken(
          seq,
          'foreign-key',
          `this checkpoint is signed by key ${String(key)}, not by ${keys.map((one) => one.fingerprint).join(' or ')}`,
        )
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
      if (base === undefined) return undefined
      const { gateway } = JSON.parse(body) as Body
      if (keys.length > 0 && base.key !== '') {
        const judge = keys.find(({ fingerprint }) => fingerprint === base.key)
        if (judge === undefined) return broken(base.seq + 1, 'foreign-key', `the beginning of the chain is signed by key ${base.key}`)
        if (!judge.holds(baseText(gateway, base.seq, hex(base.hash), base.why, base.utc_us), base.signature))
          return broken(base.seq + 1, 'removed', 'the signature of where the chain begins does not hold: events before it were taken away')
      }
      return compare()
    },
    take(row: FullRow): Broken | undefined {
      if (row.seq !== seq + 1) return broken(seq + 1, 'removed', `after event ${seq} comes ${row.seq}`)
      before = hex(hash)
      const fault = faultOf(row, hash, latestUs)
      if (fault !== undefined) return fault
      hash = row.hash
      seq = row.seq
      latestUs = row.latest_us
      const checkpoint = row.body.includes('"id":"checkpoint"') ? judgeCheckpoint(JSON.parse(row.body) as Body) : undefined
      return checkpoint ?? compare()
    },
    end(records: number, first: number): Verified {
      const missing = anchors.map((anchor) => anchor.seq).filter((known) => known > seq)
      if (missing.length > 0)
        return broken(seq + 1, 'truncated', `the journal ends at event ${seq}, but somebody else knows of event ${Math.max(...missing)}`)
      return { kind: 'whole', records, first, head: { seq, hash: hex(hash) }, checkpoints, signedUpTo, anchors: compared }
    },
  }
}

function faultOf(row: FullRow, previous: Uint8Array, latestUs: number | 'first'): Broken | undefined {
  const body = parsed(row.body)
  if (body !== undefined && typeof body.seq === 'number' && body.seq !== row.seq)
    return broken(row.seq, 'reordered', `it was written as event ${body.seq}`)
  if (body === undefined || !sameHash(chainHash(previous, row.body), row.hash))
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

function parsed(text: string): Body | undefined {
  try {
    return JSON.parse(text) as Body
  } catch {
    return undefined
  }
}
