import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { type Body, bodyOf, chainHash, sameHash } from './chain.ts'
import type { Row } from './schema.ts'

/** What could be read of one event, and how much is to be believed. */
export type Salvaged = {
  readonly seq: number
  /** `row`: as a record of the database. `carved`: as text in the file, where the database does not show it any more. */
  readonly how: 'row' | 'carved'
  /** `fits`: it matches its hash after the event before it. `differs`: it does not. `unknown`: the event before it, or its hash, is gone. */
  readonly chain: 'fits' | 'differs' | 'unknown'
  readonly event: unknown
}

/** Reads what can be read of a damaged journal, in order, without changing it. Throws when the file is not there. */
export function salvage(path: string): readonly Salvaged[] {
  const rows = readRows(path)
  const found = new Map<number, Salvaged>()
  for (const [seq, row] of rows) {
    const event = bodyOf(row.body)
    if (event === 'no-body') continue
    const previous = rows.get(seq - 1)
    const chain = previous === undefined ? 'unknown' : sameHash(chainHash(previous.hash, row.body), row.hash) ? 'fits' : 'differs'
    found.set(seq, { seq, how: 'row', chain, event })
  }
  for (const file of [path, `${path}-wal`])
    for (const event of carve(file))
      if (!found.has(event.seq)) found.set(event.seq, { seq: event.seq, how: 'carved', chain: 'unknown', event })
  return [...found.values()].sort((a, b) => a.seq - b.seq)
}

/** Row by row, and around what cannot be read. */
function readRows(path: string): ReadonlyMap<number, Row> {
  const rows = new Map<number, Row>()
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    try {
      const next = db.prepare<[number], Row>('SELECT seq, body, hash FROM record WHERE seq > ? ORDER BY seq LIMIT 1')
      const last = db.prepare<[], Row>('SELECT seq, body, hash FROM record ORDER BY seq DESC LIMIT 1').get()?.seq ?? 0
      for (let at = 0; at < last;) {
        const row = attempt(() => next.get(at))
        if (row === undefined) break
        if (row !== 'unreadable') rows.set(row.seq, row)
        at = row === 'unreadable' ? at + 1 : row.seq
      }
    } finally {
      db.close()
    }
  } catch {
    // What the database does not give any more may still be found as text in its file.
  }
  return rows
}

function attempt<T>(run: () => T): T | 'unreadable' {
  try {
    return run()
  } catch {
    return 'unreadable'
  }
}

/** Records in canonical JSON begin and end in the same words, wherever in the file they lie. */
function* carve(file: string): Generator<Body> {
  let text: string
  try {
    text = readFileSync(file, 'latin1')
  } catch (error) {
    if (file.endsWith('-wal')) return
    throw error
  }
  for (const [found] of text.matchAll(
    /\{"boot":"[^"]{1,64}","category":"[a-z-]+","fields":\{(?:(?!\{"boot":")[^\x00-\x1f])*?"utcUs":\d+\}/g,
  )) {
    const event = bodyOf(Buffer.from(found, 'latin1').toString('utf8'))
    if (event !== 'no-body') yield event
  }
}
