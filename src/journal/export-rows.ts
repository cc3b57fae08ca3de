import Database from 'better-sqlite3'
import type { Row } from './schema.ts'

/** Records that are read in one go: about 100 kB of text. No transaction is open between two of them, so that a slow export holds up neither the write-ahead log nor retention. */
const PORTION = 200

/** Retention was faster than the export: what is missing would look like a hole in the evidence. */
export class EventsRemoved extends Error {}

/** Reads the records of a journal file from `first` to `last`, on a connection of its own. */
export function openRows(path: string) {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  const rows = db.prepare<[number, number, number], Row>(
    'SELECT seq, body, hash FROM record WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
  )
  const base = db.prepare<[], { seq: number }>('SELECT seq FROM base')
  return {
    /** In portions. Throws `EventsRemoved` when retention took events that were still to come. */
    *portions(first: number, last: number): Generator<readonly Row[], void> {
      for (let at = first - 1; at < last;) {
        const portion = rows.all(at, last, PORTION)
        // A hole that retention did not make is for `verify` to judge: what is left of a damaged journal can be exported.
        if ((base.get()?.seq ?? 0) > at) throw new EventsRemoved(`retention has removed event ${at + 1} before it was exported`)
        if (portion.length === 0) return
        at = portion.at(-1)?.seq ?? last
        yield portion
      }
    },
    close: () => void db.close(),
  }
}
