import Database from 'better-sqlite3'
import { type EventId, bounds, catalogue, categories } from '../events/index.ts'

/** What somebody wants to know. All conditions hold at once; `newest` gives the last `limit` of them, always oldest first. */
export type Query = {
  readonly after: number
  /** Only events with a lower number. */
  readonly before?: number
  readonly limit: number
  readonly newest?: boolean
  /** Only events of this instant or later, microseconds since 1970. */
  readonly sinceUs?: number
  readonly untilUs?: number
  readonly breaker?: string
  readonly subject?: string
  readonly category?: string
  /** Only this severity and graver ones. */
  readonly mildest?: number
  /** Events of this id, and the `events-collapsed` that count more of them: without these a flood would look as if it had ended. */
  readonly id?: string
  readonly correlation?: string
}

/** Reads the journal beside its writer, on a connection of its own: a long search keeps no permit waiting. */
export function openQueries(path: string) {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  const folding = new Database(path, { fileMustExist: true })
  folding.pragma('wal_autocheckpoint = 0')
  const prepared = new Map<string, Database.Statement<unknown[], { seq: number }>>()
  const statement = (sql: string): Database.Statement<unknown[], { seq: number }> => {
    const known = prepared.get(sql) ?? db.prepare<unknown[], { seq: number }>(sql)
    prepared.set(sql, known)
    return known
  }
  const bodyOf = db.prepare<[number], { body: string }>('SELECT body FROM record WHERE seq = ?')
  const readAll = db.prepare<[number, number], { body: string }>('SELECT body FROM record WHERE seq > ? ORDER BY seq LIMIT ?')
  const first = db.prepare<[], { seq: number }>('SELECT seq FROM record ORDER BY seq LIMIT 1')
  const last = db.prepare<[], { seq: number }>('SELECT seq FROM record ORDER BY seq DESC LIMIT 1')
  const latest = db.prepare<[number], { latest_us: number }>('SELECT latest_us FROM record WHERE seq = ?')

  /** The first event that can be of this instant or later: found by halving, since `latest_us` never falls. */
  function firstSince(us: number): number {
    let [low, high] = [first.get()?.seq ?? 0, (last.get()?.seq ?? 0) + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((latest.get(middle)?.latest_us ?? Infinity) < us) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    read: (after: number, limit: number): readonly string[] => readAll.all(after, limit).map(({ body }) => body),
    range: (sinceUs: number, untilUs: number): { readonly first: number; readonly last: number } => ({
      first: firstSince(sinceUs),
      last: Math.min(firstSince(untilUs + 1) - 1, last.get()?.seq ?? 0),
    }),
    query(wanted: Query): readonly string[] {
      const from = wanted.sinceUs === undefined ? wanted.after : Math.max(wanted.after, firstSince(wanted.sinceUs) - 1)
      const found = planOf({ ...wanted, after: from }).flatMap(({ sql, values }) =>
        statement(sql)
          .all(...values)
          .map(({ seq }) => seq),
      )
      const sorted = found.sort((a, b) => (wanted.newest === true ? b - a : a - b)).slice(0, wanted.limit)
      return sorted.sort((a, b) => a - b).flatMap((seq) => bodyOf.get(seq)?.body ?? [])
    },
    /** How SQLite would go about it, for a test. */
    explain: (wanted: Query): readonly string[] =>
      planOf(wanted).flatMap(({ sql, values }) =>
        db
          .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
          .all(...values)
          .map(({ detail }) => detail),
      ),
    states: (prefix: string) =>
      db
        .prepare<[string, string], { key: string; value: string }>('SELECT key, value FROM state WHERE substr(key, 1, length(?)) = ?')
        .all(prefix, prefix),
    openOperations: () =>
      db
        .prepare<[], { body: string }>('SELECT body FROM record JOIN open_operation USING (seq) ORDER BY seq')
        .all()
        .map((row) => row.body),
    /** Folds the write-ahead log into the file as far as nobody needs it; writing goes on meanwhile. */
    fold: () => void folding.pragma('wal_checkpoint(PASSIVE)'),
    close() {
      folding.close()
      db.close()
    },
  }
}

type Step = { readonly sql: string; readonly values: readonly unknown[] }

/** An id has no index of its own: that of its category is enough. */
const categoryOf = (id: string | undefined): string | undefined =>
  id !== undefined && id in catalogue ? catalogue[id as EventId].category : undefined

/**
 * The searches whose results, put together, are the answer: one for each severity, since only then the index gives them in order and a
 * limit ends each after a few rows, however many events there are.
 */
function planOf(wanted: Query): readonly Step[] {
  const { id } = wanted
  const isCounted = id !== undefined && id in bounds && bounds[id as EventId].kind === 'collapsed'
  return isCounted ? [...stepsOf(wanted), ...stepsOf({ ...wanted, id: 'events-collapsed', counts: id })] : stepsOf(wanted)
}

/** `counts`: only summaries of this event. */
function stepsOf(wanted: Query & { readonly counts?: string }): readonly Step[] {
  const { after, before = Number.MAX_SAFE_INTEGER, limit, newest = false, mildest = 7 } = wanted
  const exact = [
    ['correlation', wanted.correlation],
    ['breaker', wanted.breaker],
    ['subject', wanted.subject],
    ['category', wanted.category ?? categoryOf(wanted.id)],
  ] as const
  const conditions = exact.filter((pair): pair is (typeof exact)[number] & readonly [string, string] => pair[1] !== undefined)
  const driving = conditions[0]?.[0] ?? (mildest < 7 ? 'severity' : 'seq')
  // What has no column of its own is looked up in the record, of rows that an index has found.
  const inside = [
    ...(wanted.id === undefined ? [] : [{ sql: "body ->> '$.id' = ?", value: wanted.id }]),
    ...(wanted.counts === undefined ? [] : [{ sql: "body ->> '$.fields.event' = ?", value: wanted.counts }]),
    ...(wanted.sinceUs === undefined ? [] : [{ sql: "body ->> '$.utcUs' >= ?", value: wanted.sinceUs }]),
    ...(wanted.untilUs === undefined ? [] : [{ sql: "body ->> '$.utcUs' <= ?", value: wanted.untilUs }]),
  ]
  const where = ['seq > ?', 'seq < ?', ...conditions.map(([column]) => `${column} = ?`), ...inside.map(({ sql }) => sql)]
  const values = [after, before, ...conditions.map(([, value]) => value), ...inside.map(({ value }) => value)]
  const tail = `ORDER BY seq ${newest ? 'DESC' : 'ASC'} LIMIT ?`
  if (driving === 'seq' || driving === 'correlation') {
    const indexed = driving === 'seq' ? '' : ' INDEXED BY record_correlation'
    const severity = mildest < 7 ? ['severity <= ?'] : []
    const sql = `SELECT seq FROM record${indexed} WHERE ${[...where, ...severity].join(' AND ')} ${tail}`
    return [{ sql, values: [...values, ...(mildest < 7 ? [mildest] : []), limit] }]
  }
  const each =
    driving === 'severity' ? categories.map((category) => ({ sql: 'category = ? AND ', values: [category] })) : [{ sql: '', values: [] }]
  const index = driving === 'severity' ? 'category' : driving
  return each.flatMap((part) =>
    Array.from({ length: mildest }, (_, i) => ({
      sql: `SELECT seq FROM record INDEXED BY record_${index} WHERE ${part.sql}severity = ? AND ${where.join(' AND ')} ${tail}`,
      values: [...part.values, i + 1, ...values, limit],
    })),
  )
}
