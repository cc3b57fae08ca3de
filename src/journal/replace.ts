import Database from 'better-sqlite3'
import { basename, dirname, join } from 'node:path'
import { CHAIN_START } from './chain.ts'
import { anchorOf, asidePath, isThere, setAside } from './files.ts'
import { FRESH_START_STEP } from './limits.ts'
import { type Row, prepareSchema } from './schema.ts'
import { type Signer, baseText } from './signature.ts'
import { DamagedJournal, type StorageKey, onlyOne, openStorage } from './storage.ts'
import type { StoredOrigin } from './entry.ts'

/** A journal that could not be used, where it is now, and what is known of its end. */
export type Replaced = { readonly file: string; readonly reason: string; readonly upTo: number; readonly head: string }
/** `carried`: what hung, and whether the master lock was on, in the journal that was replaced, as far as it can be read. */
export type Opened = {
  readonly storage: ReturnType<typeof openStorage>
  readonly replaced: Replaced | 'no'
  readonly carried: readonly StoredState[]
}
export type StoredState = { readonly key: string; readonly value: string }

/**
 * Opens the journal. One that is damaged is moved aside as it is, and a new chain begins, at numbers that the old one cannot have used.
 * Everything else that keeps it from opening, such as no rights or a second gateway, throws.
 */
export function openOrReplace(path: string, origin: StoredOrigin, key: StorageKey, utcUs: number): Opened {
  const anchor = anchorOf(path).read()
  if (anchor !== 'none' && !isThere(path)) {
    const end = anchor === 'unreadable' ? { upTo: 0, head: 'unknown' } : { upTo: anchor.upTo, head: anchor.head }
    const aside = anchor === 'unreadable' || anchor.file === '' ? 'none' : join(dirname(path), basename(anchor.file))
    beginAfter(path, origin, key.signer, end, utcUs)
    return {
      storage: openStorage(path, origin, key),
      replaced: { file: aside === 'none' ? 'gone' : aside, reason: 'its file was set aside or is lost', ...end },
      carried: aside === 'none' ? [] : hangingIn(aside),
    }
  }
  try {
    return { storage: openStorage(path, origin, key), replaced: 'no', carried: [] }
  } catch (error) {
    if (!isDamage(error)) throw error
    const end = endOf(path)
    const stamp = stampOf(utcUs)
    // A run that ends before the new journal is there finds by this what hung.
    anchorOf(path).write({ ...end, file: basename(asidePath(path, stamp)), mac: '' })
    const file = setAside(path, stamp)
    const reason = error instanceof Error ? error.message : String(error)
    beginAfter(path, origin, key.signer, end, utcUs)
    return { storage: openStorage(path, origin, key), replaced: { file, reason, ...end }, carried: hangingIn(file) }
  }
}

/** Tags, jobs and the master lock of a journal that is out of use. Nobody vouches for them: they can only lock, never unlock. */
function hangingIn(file: string): readonly StoredState[] {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true })
    try {
      return db
        .prepare<[], StoredState>(`SELECT key, value FROM state WHERE key GLOB 'tag/*' OR key GLOB 'tag-job/*' OR key = 'master-lock'`)
        .all()
    } finally {
      db.close()
    }
  } catch {
    return [] // it is damaged: that is why it is out of use
  }
}

/** For a person who has found a journal wrong: moves it out of the way, so that the next start begins anew behind its numbers. */
export function setJournalAside(
  path: string,
  utcUs: number,
): { readonly kind: 'moved'; readonly file: string } | { readonly kind: 'refused'; readonly why: string } {
  if (!isThere(path)) return { kind: 'refused', why: `${path} is not there` }
  try {
    onlyOne(`${path}.lock`).close()
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error.message : String(error) }
  }
  const end = endOf(path)
  const stamp = stampOf(utcUs)
  if (anchorOf(path).write({ ...end, file: basename(asidePath(path, stamp)), mac: '' }) === 'unavailable')
    return { kind: 'refused', why: `${path}.anchor cannot be written` }
  return { kind: 'moved', file: setAside(path, stamp) }
}

const stampOf = (utcUs: number): string => new Date(utcUs / 1000).toISOString().replace(/[-:]/g, '').slice(0, 15)

function isDamage(error: unknown): boolean {
  if (error instanceof DamagedJournal) return true
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB'
}

/** The last event of a damaged journal, as far as it can be read or the last checkpoint tells. */
function endOf(path: string): { upTo: number; head: string } {
  const anchor = anchorOf(path).read()
  const read = lastRow(path)
  const anchored = typeof anchor === 'string' ? { upTo: 0, head: 'unknown' } : { upTo: anchor.upTo, head: anchor.head }
  return read !== undefined && read.upTo >= anchored.upTo ? read : anchored
}

function lastRow(path: string): { upTo: number; head: string } | undefined {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    try {
      const row = db.prepare<[], Row>('SELECT seq, body, hash FROM record ORDER BY seq DESC LIMIT 1').get()
      return row === undefined ? undefined : { upTo: row.seq, head: Buffer.from(row.hash).toString('hex') }
    } finally {
      db.close()
    }
  } catch {
    return undefined // it is damaged: that is why it is asked
  }
}

/** Where not even the end is known, the numbers go on from the seconds since 1970: no journal has written one event in each of them. */
function beginAfter(path: string, origin: StoredOrigin, signer: Signer | 'none', end: { upTo: number }, utcUs: number): void {
  const known = end.upTo > 0 ? end.upTo : Math.floor(utcUs / 1e6)
  const seq = Math.ceil((known + 1) / FRESH_START_STEP) * FRESH_START_STEP
  const hash = Buffer.from(CHAIN_START)
  const signature = signer === 'none' ? '' : signer.sign(baseText(origin.gateway, seq, hash.toString('hex'), 'replaced', utcUs))
  const db = new Database(path)
  db.pragma('page_size = 8192')
  db.pragma('auto_vacuum = INCREMENTAL')
  prepareSchema(db)
  db.prepare(`INSERT INTO base (one, seq, hash, why, utc_us, key, signature) VALUES (1, ?, ?, 'replaced', ?, ?, ?)`).run(
    ...([seq, hash, utcUs, signer === 'none' ? '' : signer.fingerprint, signature] as const),
  )
  db.close()
}
