import type Database from 'better-sqlite3'
import { type SecurityEvent, event } from '../events/index.ts'
import { RETENTION } from './limits.ts'
import type { Row } from './schema.ts'
import { type Signer, baseText } from './signature.ts'
import type { Head } from './entry.ts'

/** What may go: what every sink has had and is older, or more, than this; and beyond `mostBytes` also what sinks have not had. */
export type RetentionLimits = {
  /** Events before this instant may go, microseconds since 1970. */
  readonly beforeUs: number
  /** The journal may be so large, bytes. */
  readonly bytes: number
  /** Beyond this even what a sink has not had goes, bytes. */
  readonly mostBytes: number
  /** Up to which event each sink has had all. */
  readonly delivered: readonly { readonly sink: string; readonly upTo: number }[]
}
/** `nothing`: the limits are kept. Otherwise the range, and whether there is more to remove. */
export type Retained =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'removed'; readonly from: number; readonly to: number; readonly more: boolean; readonly head: Head }

type Here = {
  readonly db: Database.Database
  readonly signer: Signer | 'none'
  readonly gateway: string
  readonly journalBytes: number
  /** Runs a removal and writes the events that it returns, in one transaction. */
  readonly write: (remove: () => readonly SecurityEvent[]) => Head
}

/** Removes the oldest range that may go, and leaves its last hash, signed, as the new beginning of the chain. */
export function retain(limits: RetentionLimits, utcUs: number, here: Here): Retained {
  const { db, journalBytes, signer } = here
  // Without a key the new beginning could not be signed, and would look like events that somebody else took away.
  if (signer === 'none') return { kind: 'nothing' }
  const first = db.prepare<[], { seq: number }>('SELECT seq FROM record ORDER BY seq LIMIT 1').get()?.seq
  const last = db.prepare<[], { seq: number }>('SELECT seq FROM record ORDER BY seq DESC LIMIT 1').get()?.seq
  if (first === undefined || last === undefined) return { kind: 'nothing' }
  const open = db.prepare<[], { seq: number | null }>('SELECT min(seq) AS seq FROM open_operation').get()?.seq ?? Infinity
  const owed = Math.min(...limits.delivered.map(({ upTo }) => upTo))
  const forced = journalBytes > limits.mostBytes
  // The newest range stays, whatever the limits: a journal always shows what happened last.
  const highest = Math.min(first + RETENTION.most - 1, open - 1, last - RETENTION.least, forced ? Infinity : owed)
  const to = journalBytes > limits.bytes ? highest : Math.min(highest, lastBefore(db, limits.beforeUs, first, last))
  if (to - first + 1 < RETENTION.least) return { kind: 'nothing' }

  const why = journalBytes > limits.bytes ? 'the journal is larger than it may be' : 'older than they are kept'
  const head = here.write(() => {
    const stub = db.prepare<[number], Row>('SELECT seq, body, hash FROM record WHERE seq = ?').get(to)
    if (stub === undefined) throw new Error(`event ${to} is not in the journal`)
    const root = Buffer.from(stub.hash).toString('hex')
    const signature = signer.sign(baseText(here.gateway, to, root, 'retention', utcUs))
    db.prepare('DELETE FROM record WHERE seq <= ?').run(to)
    db.prepare(
      `INSERT INTO base (one, seq, hash, why, utc_us, key, signature) VALUES (1, ?, ?, 'retention', ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, why = excluded.why, utc_us = excluded.utc_us, key = excluded.key, signature = excluded.signature`,
    ).run(to, stub.hash, utcUs, signer.fingerprint, signature)
    const dropped = limits.delivered
      .filter(({ upTo }) => upTo < to)
      .map(({ sink, upTo }) => {
        const fromSeq = Math.max(first, upTo + 1)
        return event('events-dropped', { sink, fromSeq, toSeq: to, count: to - fromSeq + 1, reason: 'the disk limit of the journal' })
      })
    return [...dropped, event('journal-truncated', { fromSeq: first, toSeq: to, root, reason: why })]
  })
  db.pragma('incremental_vacuum')
  return { kind: 'removed', from: first, to, more: to === first + RETENTION.most - 1, head }
}

/** The last event before the first that is young enough; by `latest_us`, which rises with the numbers. */
function lastBefore(db: Database.Database, beforeUs: number, first: number, last: number): number {
  const at = db.prepare<[number], { latest_us: number }>('SELECT latest_us FROM record WHERE seq = ?')
  let [low, high] = [first, last + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((at.get(middle)?.latest_us ?? Infinity) < beforeUs) low = middle + 1
    else high = middle
  }
  return low - 1
}
