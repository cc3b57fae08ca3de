import { existsSync, readFileSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { READ_WHOLE_BYTES } from './limits.ts'
import type { Head } from './entry.ts'

/** What a start has to know of a journal that cannot be written now. */
export type StoredStates = {
  readonly head: Head
  readonly states: readonly { readonly key: string; readonly value: string }[]
  /** The last event, and allowed operations without an outcome, as canonical JSON. */
  readonly last: readonly string[]
  readonly openOperations: readonly string[]
}

/**
 * Reads a journal's states on a disk that is full or may only be read; a journal that is not there has none. Throws what SQLite or the
 * system says when it cannot be read either. There are three ways, because SQLite needs a file of shared memory beside a journal in
 * WAL mode (https://sqlite.org/wal.html, "Read-Only Databases"):
 * - as it is, where that file is still there (the last run did not end in order);
 * - alone, which does without it but locks the file, so it may not be read-only;
 * - as a copy in memory, which sees no write-ahead log: only where there is none.
 */
export function readStoredStates(path: string): StoredStates {
  if (!existsSync(path)) return { head: { seq: 0, hash: '' }, states: [], last: [], openOperations: [] }
  const faults: unknown[] = []
  for (const open of [openAsItIs, openAlone, openCopy]) {
    try {
      const db = open(path)
      try {
        return statesOf(db)
      } finally {
        db.close()
      }
    } catch (error) {
      faults.push(error)
    }
  }
  throw faults[0]
}

const openAsItIs = (path: string): Database.Database => new Database(path, { readonly: true, fileMustExist: true })

function openAlone(path: string): Database.Database {
  const db = new Database(path, { fileMustExist: true, timeout: 0 })
  db.pragma('locking_mode = EXCLUSIVE')
  return db
}

/** Bytes 18 and 19 of the file say WAL (2); a copy in memory has to say that it has none (1): https://sqlite.org/fileformat2.html. */
function openCopy(path: string): Database.Database {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  if (log !== undefined && log.size > 0) throw new Error(`${path}-wal holds events that a copy would not have`)
  if (statSync(path).size > READ_WHOLE_BYTES) throw new Error(`${path} is too large to be read into memory`)
  const bytes = readFileSync(path)
  bytes.fill(1, 18, 20)
  return new Database(bytes)
}

function statesOf(db: Database.Database): StoredStates {
  const last = db
    .prepare<[], { seq: number; hash: Uint8Array; body: string }>('SELECT seq, hash, body FROM record ORDER BY seq DESC LIMIT 1')
    .get()
  const open = 'SELECT body FROM record JOIN open_operation USING (seq) ORDER BY seq'
  return {
    head: last === undefined ? { seq: 0, hash: '' } : { seq: last.seq, hash: Buffer.from(last.hash).toString('hex') },
    states: db.prepare<[], { key: string; value: string }>('SELECT key, value FROM state').all(),
    last: last === undefined ? [] : [last.body],
    openOperations: db
      .prepare<[], { body: string }>(open)
      .all()
      .map(({ body }) => body),
  }
}
