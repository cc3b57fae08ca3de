import Database from 'better-sqlite3'
import { type EventId, type SecurityEvent, event } from '../events/index.ts'
import { type Body, CHAIN_START, canonical, chainHash, sameHash } from './chain.ts'
import type { Entry, Head, Space, StoredOrigin } from './entry.ts'
import { storeFaultOf } from './fault.ts'
import { freeBytes, reserveOf } from './files.ts'
import { type Retained, type RetentionLimits, retain } from './retention.ts'
import { type Base, type Row, columnsOf, insertInto, prepareSchema } from './schema.ts'
import { type Signer, checkpointText } from './signature.ts'
import { type Compared, type SignedAnchor, type StateCheck, checkStates, signedAnchor } from './state-check.ts'
import { type StateTable, createStateTable } from './state-table.ts'

/** An allowed operation stays in `open_operation` until one of its ends is written: what is left there after a crash is unknown. */
const opens: ReadonlySet<EventId> = new Set(['operation-allowed'])
const closes: ReadonlySet<EventId> = new Set([
  'operation-done',
  'operation-refused-by-device',
  'operation-failed',
  'operation-outcome-unknown',
  'record-overdue',
])

/** The file is there and is not what was written: it is moved aside, never written over. */
export class DamagedJournal extends Error {}

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')

/** What checkpoints are signed and states authenticated with; `ranBefore`: a gateway has run in this folder. */
export type StorageKey = { readonly signer: Signer | 'none'; readonly ranBefore: boolean }

/** The journal's file. Synchronous, for the writer thread only. Throws what SQLite throws: full disk, no rights, damage. */
export function openStorage(path: string, origin: StoredOrigin, key: StorageKey) {
  const guard = onlyOne(`${path}.lock`)
  let db: Database.Database | undefined
  try {
    db = new Database(path)
    return storageOver(db, guard, path, origin, key)
  } catch (error) {
    db?.close()
    guard.close()
    throw error
  }
}

function storageOver(
  db: Database.Database,
  guard: Database.Database,
  path: string,
  origin: StoredOrigin,
  { signer, ranBefore }: StorageKey,
) {
  prepareFile(db)
  const end = endOfChain(db)
  const [reserve, anchor, states] = [reserveOf(path), signedAnchor(path, signer), createStateTable(db, signer)]
  const { add, transaction, head } = chainOver(db, end, { ...origin, signer, states, anchor })
  const stateCheck = checkAtStart(signer, { db, table: states, anchor, head: head(), base: end.base, ranBefore })
  reserve.restore()

  return {
    /** Writes all entries in one transaction; when it returns they are on disk. Returns the number of the first. */
    write(entries: readonly Entry[]): { first: number; head: Head } {
      return transaction(() => entries.forEach(add))
    },
    /** What came out when the states were held against the chain and the anchor. */
    stateCheck,
    /** A person has accepted the states as they are now: with the event that says so they are this gateway's own. Throws where it cannot. */
    acceptStates(entry: Entry): { first: number; head: Head } {
      const written = transaction(() => {
        states.adopt(head().seq + 1)
        add(entry)
        states.seal(head(), 'accepted')
      })
      states.startSealing()
      return written
    },
    /** Removes old events as far as the limits say, at most RETENTION.most at a time; what was removed is an event in the same transaction. */
    retain: (limits: RetentionLimits, utcUs: number, monotonicMs: number): Retained =>
      retain(limits, utcUs, {
        db,
        signer,
        gateway: origin.gateway,
        journalBytes: journalBytes(db),
        write: (remove) =>
          transaction(() => {
            for (const happened of remove()) add({ event: happened, utcUs, monotonicMs, state: {} })
          }).head,
      }),
    space: (): Space => ({ freeBytes: freeBytes(path), journalBytes: journalBytes(db) }),
    ...reserve,
    putState: (key: string, value: string) => void transaction(() => states.put(key, value, head().seq)),
    head,
    close() {
      db.pragma('wal_checkpoint(TRUNCATE)')
      db.close()
      guard.close()
    },
  }
}

type ChainPorts = StoredOrigin & { readonly signer: Signer | 'none'; readonly states: StateTable; readonly anchor: SignedAnchor }

/** The chain from its end on: adds events and the states that come with them. */
function chainOver(db: Database.Database, end: ReturnType<typeof endOfChain>, { boot, gateway, signer, states, anchor }: ChainPorts) {
  let { seq, hash, latestUs } = end
  const insert = insertInto(db)
  const head = (): Head => ({ seq, hash: hex(hash) })

  function add({ event: told, utcUs, monotonicMs, state }: Entry): void {
    const happened = told === 'checkpoint' ? checkpointOf(gateway, { seq, hash: hex(hash) }, signer) : told
    const { id, category, severity, text: words, fields } = happened
    const body: Body = { boot, category, fields, gateway, id, monotonicMs, seq: seq + 1, severity, text: words, utcUs }
    const text = canonical(body)
    const columns = columnsOf(body, latestUs)
    hash = chainHash(hash, text)
    seq += 1
    latestUs = columns.latest_us
    insert(seq, text, hash, columns)
    if (opens.has(id)) states.opened(String(fields.correlation), seq)
    else if (closes.has(id)) states.closed(String(fields.correlation))
    for (const [key, value] of Object.entries(state)) states.put(key, value, seq)
  }

  /** All or nothing: after a failure the chain goes on where it was. */
  function transaction(run: () => void): { first: number; head: Head } {
    const before = { seq, hash, latestUs }
    states.begin()
    try {
      db.transaction(() => {
        run()
        states.seal(head(), 'as-before')
      })()
    } catch (error) {
      ;({ seq, hash, latestUs } = before)
      states.rollback()
      throw error
    }
    if (seq > before.seq) anchor.write(head())
    return { first: before.seq + 1, head: head() }
  }
  return { add, transaction, head }
}

/** What fits is sealed from now on. Throws where events are missing: the file is then moved aside. */
function checkAtStart(signer: Signer | 'none', compared: Omit<Compared, 'signer'>): StateCheck {
  if (signer === 'none') return { kind: 'no-key' }
  const checked = checkStates({ ...compared, signer })
  if (checked.kind === 'damaged') throw new DamagedJournal(checked.why)
  if (checked.kind === 'fits') {
    compared.table.startSealing()
    compared.anchor.write(compared.head)
  }
  return checked
}

function prepareFile(db: Database.Database): void {
  db.pragma('page_size = 8192')
  db.pragma('auto_vacuum = INCREMENTAL')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  // The reader's thread folds the log into the file: here it would make one commit of a hundred wait ten times as long as the others.
  db.pragma('wal_autocheckpoint = 16000')
  prepareSchema(db)
}

/** Where the chain goes on. */
function endOfChain(db: Database.Database) {
  const base = db.prepare<[], Base>('SELECT * FROM base').get()
  const last = db.prepare<[], Row & { latest_us: number }>('SELECT seq, body, hash, latest_us FROM record ORDER BY seq DESC LIMIT 1').get()
  if (last !== undefined) checkLast(db, last, base)
  const hash: Uint8Array = last?.hash ?? base?.hash ?? CHAIN_START
  return { base, seq: last?.seq ?? base?.seq ?? 0, hash, latestUs: last?.latest_us ?? 0 }
}

function checkpointOf(gateway: string, { seq, hash: head }: Head, signer: Signer | 'none'): SecurityEvent {
  const signature = signer === 'none' ? '' : signer.sign(checkpointText(gateway, seq, head))
  return event('checkpoint', { upTo: seq, head, key: signer === 'none' ? '' : signer.fingerprint, signature })
}

/** Bytes that hold something: SQLite keeps what was freed for the next events. */
function journalBytes(db: Database.Database): number {
  const number = (pragma: string): number => db.pragma(pragma, { simple: true }) as number
  return (number('page_count') - number('freelist_count')) * number('page_size')
}

/** Two gateways on one chain would fork it. SQLite's lock ends with its process, however that ended. */
export function onlyOne(path: string): Database.Database {
  const guard = new Database(path, { timeout: 0 })
  try {
    guard.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    guard.close()
    if (storeFaultOf(error).kind !== 'busy') throw error
    throw new Error(`another gateway is writing to this state folder (${path} is held)`)
  }
  return guard
}

/** The chain goes on from the last record; if that one is not what its hash says, going on would bury the damage. */
function checkLast(db: Database.Database, last: Row, base: Base | undefined): void {
  const before = db.prepare<[number], Row>('SELECT seq, body, hash FROM record WHERE seq = ?').get(last.seq - 1)
  const previous = before?.hash ?? (last.seq === (base?.seq ?? 0) + 1 ? (base?.hash ?? CHAIN_START) : undefined)
  if (previous === undefined || !sameHash(chainHash(previous, last.body), last.hash)) {
    throw new DamagedJournal(`event ${last.seq}, the last one, does not match its hash`)
  }
}
