import Database from 'better-sqlite3'
import { type Body, CHAIN_START, chainHash, sameHash } from './chain.ts'
import type { Head, Row } from './storage.ts'

export type Verified =
  | { readonly kind: 'whole'; readonly records: number; readonly head: Head }
  | { readonly kind: 'broken'; readonly seq: number; readonly what: string }
  | { readonly kind: 'unreadable'; readonly what: string }

/**
 * Walks the whole chain of a journal file, live or copied, without changing it. Memory stays flat however long it is.
 * `anchor` is a head that somebody else remembers, such as the running gateway: a chain that does not reach it was cut or made anew.
 */
export function verifyJournal(path: string, anchor: Head | 'none'): Verified {
  let db: Database.Database
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
  } catch (error) {
    return { kind: 'unreadable', what: error instanceof Error ? error.message : String(error) }
  }
  let hash: Uint8Array = CHAIN_START
  let seq = 0
  try {
    for (const row of db.prepare<[], Row>('SELECT seq, body, hash FROM record ORDER BY seq').iterate()) {
      const fault = faultOf(row, seq, hash)
      if (fault !== undefined) return { kind: 'broken', seq: seq + 1, what: fault }
      hash = row.hash
      seq = row.seq
      if (anchor !== 'none' && seq === anchor.seq && Buffer.from(hash).toString('hex') !== anchor.hash) {
        return { kind: 'broken', seq, what: 'rewritten: the gateway knows another event under this number' }
      }
    }
  } catch (error) {
    return { kind: 'broken', seq: seq + 1, what: `the file is damaged here: ${error instanceof Error ? error.message : String(error)}` }
  } finally {
    db.close()
  }
  if (anchor !== 'none' && seq < anchor.seq)
    return { kind: 'broken', seq: seq + 1, what: `removed: the gateway has written up to ${anchor.seq}` }
  return { kind: 'whole', records: seq, head: { seq, hash: Buffer.from(hash).toString('hex') } }
}

function faultOf(row: Row, previousSeq: number, previousHash: Uint8Array): string | undefined {
  if (row.seq !== previousSeq + 1) return `removed: after ${previousSeq} comes ${row.seq}`
  if (!sameHash(chainHash(previousHash, row.body), row.hash)) return 'edited: it does not match its hash'
  const body = JSON.parse(row.body) as Body
  return body.seq === row.seq ? undefined : `reordered: it was written as ${body.seq}`
}
