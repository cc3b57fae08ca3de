import { createHmac } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { Signer } from './signature.ts'
import type { Head } from './entry.ts'

type StateRow = { readonly key: string; readonly value: string; readonly seq: number | null; readonly mac: Uint8Array | null }
type OpenRow = { readonly correlation: string; readonly seq: number }
type Root = Head & { readonly key: string; readonly headMac: Uint8Array; readonly mac: Uint8Array }

/** What the root says of the head of the chain. */
export type RootSeen =
  | { readonly kind: 'none' | 'forged' }
  | { readonly kind: 'other-key'; readonly key: string }
  /** It was written at a later event than the last one that is there. */
  | { readonly kind: 'ahead'; readonly seq: number }
  /** It was written at this event, and that was another one. */
  | { readonly kind: 'other-head'; readonly seq: number }
  /** It was written at an earlier event. */
  | { readonly kind: 'behind'; readonly seq: number; readonly hash: string }
  | { readonly kind: 'at-head'; readonly statesFit: boolean }

const stateName = (key: string): string => `state ${key}`
const openName = (correlation: string): string => `open ${correlation}`

/**
 * The states and the open operations, each state with a MAC over key, value and the event that made it, and a root over all of them and
 * the head of the chain. The root holds the sum, modulo 2^256, of a keyed hash of each row; these hashes and their sum are nowhere on the
 * disk. It is written in each transaction: a row that is missing, added or put back as it was earlier does not fit it, and neither does an
 * event that was added, changed or cut off without the key. The cost: two HMAC-SHA-256 for each row that is touched, two for the root.
 */
export function createStateTable(db: Database.Database, signer: Signer | 'none') {
  const macs = signer === 'none' ? 'none' : macsOf(signer)
  const upsert = db.prepare(
    `INSERT INTO state (key, value, seq, mac) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, seq = excluded.seq, mac = excluded.mac`,
  )
  const open = db.prepare('INSERT OR REPLACE INTO open_operation (correlation, seq) VALUES (?, ?)')
  const close = db.prepare('DELETE FROM open_operation WHERE correlation = ?')
  const setRoot = rootWriter(db)
  const sum = createSum()
  if (macs !== 'none') for (const { name, text } of textsIn(db)) sum.set(name, macs.term(text))
  let sealing = false

  function put(key: string, value: string, seq: number): void {
    const text = textOf(key, value, seq)
    upsert.run(key, value, seq, macs === 'none' ? null : macs.row(text))
    if (macs !== 'none') sum.set(stateName(key), macs.term(text))
  }

  return {
    put,
    /** Keys of rows without a MAC of this gateway. */
    unfit: (): readonly string[] =>
      rowsIn(db)
        .filter(({ key, value, seq, mac }) => macs === 'none' || mac === null || !macs.row(textOf(key, value, seq)).equals(mac))
        .map(({ key }) => key),
    /** Holds the root against the rows and the head of the chain. */
    root(head: Head): RootSeen {
      const root = rootIn(db)
      if (root === undefined || macs === 'none' || signer === 'none') return { kind: 'none' }
      if (root.key !== signer.fingerprint) return { kind: 'other-key', key: root.key }
      if (!macs.head(root).equals(root.headMac)) return { kind: 'forged' }
      if (root.seq > head.seq) return { kind: 'ahead', seq: root.seq }
      if (root.seq < head.seq) return { kind: 'behind', seq: root.seq, hash: root.hash }
      if (root.hash !== head.hash) return { kind: 'other-head', seq: root.seq }
      return { kind: 'at-head', statesFit: macs.root(head, sum.value()).equals(root.mac) }
    },
    /** Nothing was ever stored. */
    isEmpty: (): boolean => db.prepare('SELECT 1 FROM state UNION ALL SELECT 1 FROM open_operation').get() === undefined,
    begin: () => sum.begin(),
    /** After a transaction that failed: what is in memory is again what is on the disk. */
    rollback: () => sum.rollback(),
    opened(correlation: string, seq: number): void {
      open.run(correlation, seq)
      if (macs !== 'none') sum.set(openName(correlation), macs.term(openText(correlation, seq)))
    },
    closed(correlation: string): void {
      if (close.run(correlation).changes > 0) sum.set(openName(correlation), 'gone')
    },
    /** From now on the root is written in each transaction. */
    startSealing: (): void => void (sealing = true),
    /** The last statement of each transaction; before the states are accepted it writes only where they are being accepted. */
    seal(head: Head, now: 'as-before' | 'accepted'): void {
      if ((!sealing && now === 'as-before') || macs === 'none' || signer === 'none') return
      setRoot({ ...head, key: signer.fingerprint, headMac: macs.head(head), mac: macs.root(head, sum.value()) })
    },
    /** Makes the rows that are there this gateway's own. Throws when they are not those that were there at the start and what came since. */
    adopt(seq: number): void {
      if (macs === 'none') throw new Error('there is no key to authenticate states with')
      if (!sum.isOf(textsIn(db).map(({ name, text }) => [name, macs.term(text)])))
        throw new Error('somebody has changed the states in the file while the gateway runs: restart it and look again')
      for (const { key, value } of rowsIn(db)) put(key, value, seq)
    },
  }
}
export type StateTable = ReturnType<typeof createStateTable>

/** The sum of one term for each name, modulo 2^256. */
function createSum() {
  const terms = new Map<string, bigint>()
  let undo: (readonly [string, bigint | 'gone'])[] = []
  let sum = 0n
  function change(name: string, term: bigint | 'gone'): void {
    const before = terms.get(name) ?? 0n
    sum = BigInt.asUintN(256, sum - before + (term === 'gone' ? 0n : term))
    if (term === 'gone') terms.delete(name)
    else terms.set(name, term)
  }
  return {
    value: (): bigint => sum,
    set(name: string, term: bigint | 'gone'): void {
      undo.push([name, terms.get(name) ?? 'gone'])
      change(name, term)
    },
    begin(): void {
      undo = []
    },
    rollback(): void {
      for (const [name, term] of undo.reverse()) change(name, term)
      undo = []
    },
    isOf: (found: readonly (readonly [string, bigint])[]): boolean =>
      found.length === terms.size && found.every(([name, term]) => terms.get(name) === term),
  }
}

function rootIn(db: Database.Database): Root | undefined {
  const root = db
    .prepare<[], Omit<Root, 'hash'> & { hash: Uint8Array }>('SELECT seq, hash, key, head_mac AS headMac, mac FROM state_root')
    .get()
  return root === undefined ? undefined : { ...root, hash: Buffer.from(root.hash).toString('hex') }
}

function rootWriter(db: Database.Database) {
  const statement = db.prepare(
    `INSERT INTO state_root (one, seq, hash, key, head_mac, mac) VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT (one)
     DO UPDATE SET seq = excluded.seq, hash = excluded.hash, key = excluded.key, head_mac = excluded.head_mac, mac = excluded.mac`,
  )
  return ({ seq, hash, key, headMac, mac }: Root): void => void statement.run(seq, Buffer.from(hash, 'hex'), key, headMac, mac)
}

const textOf = (key: string, value: string, seq: number | null): string => JSON.stringify(['state', key, value, seq ?? 0])
const openText = (correlation: string, seq: number): string => JSON.stringify(['open', correlation, seq])
const rowsIn = (db: Database.Database): readonly StateRow[] => db.prepare<[], StateRow>('SELECT key, value, seq, mac FROM state').all()

function textsIn(db: Database.Database): readonly { readonly name: string; readonly text: string }[] {
  const open = db.prepare<[], OpenRow>('SELECT correlation, seq FROM open_operation').all()
  return [
    ...rowsIn(db).map(({ key, value, seq }) => ({ name: stateName(key), text: textOf(key, value, seq) })),
    ...open.map(({ correlation, seq }) => ({ name: openName(correlation), text: openText(correlation, seq) })),
  ]
}

/** HMAC-SHA-256 with a key of its own for each purpose. */
function macsOf(signer: Signer) {
  const keyed = (purpose: string) => {
    const key = signer.derive(purpose)
    return (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  }
  const [row, term, head, root] = [keyed('state row'), keyed('state term'), keyed('state head'), keyed('state root')]
  return {
    row,
    term: (text: string): bigint => BigInt(`0x${term(text).toString('hex')}`),
    head: ({ seq, hash }: Head): Buffer => head(`${seq}\n${hash}`),
    root: ({ seq, hash }: Head, sum: bigint): Buffer => root(`${seq}\n${hash}\n${sum.toString(16)}`),
  }
}
