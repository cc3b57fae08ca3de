import Database from 'better-sqlite3'
import type { EventId, SecurityEvent } from '../events/index.ts'
import { type Body, CHAIN_START, canonical, chainHash, sameHash } from './chain.ts'

/** One thing to write: an event and, in the same transaction, states that must never disagree with it. */
export type Entry = {
  readonly event: SecurityEvent
  readonly utcUs: number
  readonly monotonicMs: number
  readonly state: Readonly<Record<string, string>>
}
export type Head = { readonly seq: number; readonly hash: string }
export type StoredOrigin = { readonly boot: string; readonly gateway: string }

/** An allowed operation stays in `open_operation` until one of its ends is written: what is left there after a crash is unknown. */
const opens: ReadonlySet<EventId> = new Set(['operation-allowed'])
const closes: ReadonlySet<EventId> = new Set([
  'operation-done',
  'operation-refused-by-device',
  'operation-failed',
  'operation-outcome-unknown',
])

const schema = `
  CREATE TABLE IF NOT EXISTS record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS open_operation (correlation TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
`

export type Row = { readonly seq: number; readonly body: string; readonly hash: Uint8Array }

/** The journal's file. Synchronous, for the writer thread only. Throws what SQLite throws: full disk, no rights, damage. */
export function openStorage(path: string, origin: StoredOrigin) {
  const guard = onlyOne(`${path}.lock`)
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(schema)
  const last = db.prepare<[], Row>('SELECT seq, body, hash FROM record ORDER BY seq DESC LIMIT 1').get()
  if (last !== undefined) checkLast(db, last)
  let seq = last?.seq ?? 0
  let hash: Uint8Array = last?.hash ?? CHAIN_START

  const insert = db.prepare('INSERT INTO record (seq, body, hash) VALUES (?, ?, ?)')
  const setState = db.prepare('INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
  const open = db.prepare('INSERT OR REPLACE INTO open_operation (correlation, seq) VALUES (?, ?)')
  const close = db.prepare('DELETE FROM open_operation WHERE correlation = ?')

  const writeAll = db.transaction((entries: readonly Entry[]) => {
    for (const { event, utcUs, monotonicMs, state } of entries) {
      const body: Body = { ...event, ...origin, seq: seq + 1, utcUs, monotonicMs }
      const text = canonical(body)
      hash = chainHash(hash, text)
      seq += 1
      insert.run(seq, text, hash)
      const correlation = event.fields.correlation
      if (opens.has(event.id)) open.run(String(correlation), seq)
      if (closes.has(event.id)) close.run(String(correlation))
      for (const [key, value] of Object.entries(state)) setState.run(key, value)
    }
  })
  const head = (): Head => ({ seq, hash: Buffer.from(hash).toString('hex') })

  return {
    /** Writes all entries in one transaction; when it returns they are on disk. Returns the number of the first. */
    write(entries: readonly Entry[]): { first: number; head: Head } {
      const before = { seq, hash }
      try {
        writeAll(entries)
      } catch (error) {
        seq = before.seq
        hash = before.hash
        throw error
      }
      return { first: before.seq + 1, head: head() }
    },
    putState: (key: string, value: string) => void setState.run(key, value),
    states: (prefix: string) =>
      db
        .prepare<[string, string], { key: string; value: string }>('SELECT key, value FROM state WHERE substr(key, 1, length(?)) = ?')
        .all(prefix, prefix),
    read: (after: number, limit: number) =>
      db.prepare<[number, number], Row>('SELECT seq, body, hash FROM record WHERE seq > ? ORDER BY seq LIMIT ?').all(after, limit),
    openOperations: () =>
      db
        .prepare<[], { body: string }>('SELECT body FROM record JOIN open_operation USING (seq) ORDER BY seq')
        .all()
        .map((row) => row.body),
    head,
    close() {
      db.pragma('wal_checkpoint(TRUNCATE)')
      db.close()
      guard.close()
    },
  }
}

/** Two gateways on one chain would fork it. SQLite's lock ends with its process, however that ended. */
function onlyOne(path: string): Database.Database {
  const guard = new Database(path, { timeout: 0 })
  try {
    guard.exec('BEGIN EXCLUSIVE')
  } catch {
    throw new Error(`another gateway is writing to this state folder (${path} is held)`)
  }
  return guard
}

/** The chain goes on from the last record; if that one is not what its hash says, going on would bury the damage. */
function checkLast(db: Database.Database, last: Row): void {
  const before = db.prepare<[number], Row>('SELECT seq, body, hash FROM record WHERE seq = ?').get(last.seq - 1)
  const previous = last.seq === 1 ? CHAIN_START : before?.hash
  if (previous === undefined || !sameHash(chainHash(previous, last.body), last.hash)) {
    throw new Error(`record ${last.seq} of the journal does not match its hash: run \`breakwall verify\`, keep the file and move it aside`)
  }
}
