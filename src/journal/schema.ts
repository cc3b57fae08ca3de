import type Database from 'better-sqlite3'
import { type Body, bodyOf } from './chain.ts'

/** Columns beside the record itself are for finding it; `verify` holds them against the record, so that none can be hidden by them. */
const tables = `
  CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL,
    latest_us INTEGER NOT NULL, severity INTEGER NOT NULL, category TEXT NOT NULL,
    breaker TEXT, subject TEXT, correlation TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS record_category ON record (category, severity, seq);
  CREATE INDEX IF NOT EXISTS record_breaker ON record (breaker, severity, seq) WHERE breaker IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_subject ON record (subject, severity, seq) WHERE subject IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_correlation ON record (correlation, seq) WHERE correlation IS NOT NULL;
  CREATE TABLE IF NOT EXISTS base (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL, why TEXT NOT NULL, utc_us INTEGER NOT NULL,
    key TEXT NOT NULL, signature TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL, seq INTEGER, mac BLOB) STRICT;
  CREATE TABLE IF NOT EXISTS state_root (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL, key TEXT NOT NULL, head_mac BLOB NOT NULL,
    mac BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS open_operation (correlation TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
`
const VERSION = 3
/** From this one on a record has columns by which it is found. */
const WITH_COLUMNS = 2

export type Row = { readonly seq: number; readonly body: string; readonly hash: Uint8Array }
/** What a row is found by. `latest_us` never falls from one row to the next, though a clock that is set back makes the time of a record fall. */
export type Columns = {
  readonly latest_us: number
  readonly severity: number
  readonly category: string
  readonly breaker: string | null
  readonly subject: string | null
  readonly correlation: string | null
}
export type FullRow = Row & Columns

/** Where the chain begins: after what retention removed, or after a journal that was set aside. Signed. */
export type Base = {
  readonly seq: number
  readonly hash: Uint8Array
  readonly why: string
  readonly utc_us: number
  readonly key: string
  readonly signature: string
}

const filled = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** The columns that belong to a record; `latestUs` is that of the row before. */
export function columnsOf(body: Body, latestUs: number): Columns {
  const { utcUs, severity, category, fields } = body
  const { breaker, subject, correlation } = fields
  return {
    latest_us: Math.max(latestUs, utcUs),
    severity,
    category,
    breaker: filled(breaker),
    subject: filled(subject),
    correlation: filled(correlation),
  }
}

/** Makes the tables, or brings those of an older version up to this one, in one transaction. */
export function prepareSchema(db: Database.Database): void {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > VERSION)
    throw new Error(`the journal was written by a newer version (${version}): install that one, or name another state folder`)
  if (version === VERSION) return
  const old = version < WITH_COLUMNS && hasTable(db, 'record')
  const bareStates =
    hasTable(db, 'state') &&
    !db
      .prepare<[], { name: string }>('PRAGMA table_info(state)')
      .all()
      .some(({ name }) => name === 'mac')
  db.transaction(() => {
    if (old) db.exec('ALTER TABLE record RENAME TO old_record')
    db.exec(tables)
    if (bareStates) db.exec('ALTER TABLE state ADD COLUMN seq INTEGER; ALTER TABLE state ADD COLUMN mac BLOB')
    if (old) {
      refill(db)
      db.exec('DROP TABLE old_record')
    }
    db.pragma(`user_version = ${VERSION}`)
  })()
}

const hasTable = (db: Database.Database, name: string): boolean =>
  db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined

function refill(db: Database.Database): void {
  const insert = insertInto(db)
  let latest = 0
  for (const { seq, body, hash } of db.prepare<[], Row>('SELECT seq, body, hash FROM old_record ORDER BY seq').all()) {
    const record = bodyOf(body)
    if (record === 'no-body') throw new Error(`event ${seq} of the journal cannot be read`)
    const columns = columnsOf(record, latest)
    latest = columns.latest_us
    insert(seq, body, hash, columns)
  }
}

export function insertInto(db: Database.Database) {
  const statement = db.prepare(
    'INSERT INTO record (seq, body, hash, latest_us, severity, category, breaker, subject, correlation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  return (seq: number, body: string, hash: Uint8Array, c: Columns): void =>
    void statement.run(seq, body, hash, c.latest_us, c.severity, c.category, c.breaker, c.subject, c.correlation)
}
