import { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { catalogue } from '../../src/events/index.ts'

/** Where end-to-end tests note which events they have made happen, while the whole suite runs; unset otherwise. */
export const SEEN_FILE = 'BREAKWALL_SEEN_EVENTS'

/** Notes every kind of event in the journals of a state folder, those that were moved aside included, and those that a receiver got. */
export function noteSeen(stateFolder: string, received: readonly string[]): void {
  const file = process.env[SEEN_FILE]
  if (file === undefined || !existsSync(stateFolder)) return
  if (received.length > 0) appendFileSync(file, `${[...new Set(received)].join('\n')}\n`)
  for (const name of readdirSync(stateFolder).filter((entry) => entry.endsWith('.db'))) {
    const seen = idsIn(join(stateFolder, name))
    if (seen.length > 0) appendFileSync(file, `${seen.join('\n')}\n`)
  }
}

function idsIn(path: string): string[] {
  try {
    const db = new Database(path, { readonly: true })
    const ids = db.prepare<[], { id: string }>("SELECT DISTINCT body ->> '$.id' AS id FROM record").all()
    db.close()
    return ids.map(({ id }) => id)
  } catch {
    return [] // a test has damaged it: that is what it was for
  }
}

/** Events of the catalogue that no test has made happen. */
export function neverSeen(file: string): readonly string[] {
  const seen = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
  return Object.keys(catalogue).filter((id) => !seen.has(id))
}
