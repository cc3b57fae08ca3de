import { closeSync, openSync, readSync } from 'node:fs'
import { bodyOf } from './chain.ts'
import { columnsOf } from './schema.ts'
import { type VerifyWith, type Verified, createWalk } from './verify.ts'

const CHUNK = 1 << 20
const line = /^\{"hash":"([0-9a-f]{64})","body":(\{.*\})\}$/

/** Walks the events of an exported bundle. They begin in the middle of a chain: the hash before the first line is not known, all others are. */
export function verifyLines(path: string, using: VerifyWith): Verified {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    return { kind: 'unreadable', what: error instanceof Error ? error.message : String(error) }
  }
  try {
    let walk: ReturnType<typeof createWalk> | undefined
    let [done, first, latest] = [0, 0, 0]
    for (const text of linesOf(file)) {
      const found = line.exec(text)
      if (found === null)
        return { kind: 'broken', seq: done === 0 ? 0 : first + done, fault: 'edited', what: 'a line is no event of an export' }
      const [, hash = '', body = ''] = found
      const record = bodyOf(body)
      if (record === 'no-body')
        return { kind: 'broken', seq: done === 0 ? 0 : first + done, fault: 'edited', what: 'a line is no event of an export' }
      const row = { seq: record.seq, body, hash: Buffer.from(hash, 'hex'), ...columnsOf(record, latest) }
      latest = row.latest_us
      if (walk === undefined) {
        first = record.seq
        walk = createWalk({ kind: 'export', seq: record.seq, hash: row.hash }, using)
        const fault = walk.begin(row)
        if (fault !== undefined) return fault
      } else {
        const fault = walk.take(row)
        if (fault !== undefined) return fault
      }
      done += 1
      if (done % 5000 === 0) using.progress(done, done)
    }
    return walk?.end(done, first) ?? { kind: 'unreadable', what: 'there are no events in it' }
  } finally {
    closeSync(file)
  }
}

function* linesOf(file: number): Generator<string> {
  const buffer = Buffer.alloc(CHUNK)
  let rest = Buffer.alloc(0)
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
    let pending = Buffer.concat([rest, buffer.subarray(0, read)])
    for (let end = pending.indexOf(0x0a); end >= 0; end = pending.indexOf(0x0a)) {
      yield pending.subarray(0, end).toString('utf8')
      pending = pending.subarray(end + 1)
    }
    rest = Buffer.from(pending)
  }
  if (rest.length > 0) yield rest.toString('utf8')
}
