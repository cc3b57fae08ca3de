import { createHmac } from 'node:crypto'
import type Database from 'better-sqlite3'
import { bodyOf } from './chain.ts'
import { type StoredAnchor, anchorOf } from './files.ts'
import type { Base } from './schema.ts'
import { type Signer, checkpointText, judgeOf } from './signature.ts'
import type { RootSeen, StateTable } from './state-table.ts'
import type { Head } from './entry.ts'

/** Why the states beside the chain are not what this gateway wrote last. */
export type StatesFault =
  /** Nothing vouches for them: they are from a version before this one, or somebody removed what did. */
  | { readonly kind: 'not-authenticated' }
  /** The journal follows one that was damaged, set aside or lost, and nobody has accepted that yet. */
  | { readonly kind: 'replaced' }
  /** Neither journal nor anchor is there, though a gateway has run in this folder. */
  | { readonly kind: 'journal-gone' }
  /** They were authenticated with another key. */
  | { readonly kind: 'other-key'; readonly key: string }
  /** A state was changed, added, removed, or put back as it was earlier. */
  | { readonly kind: 'changed' }
  /** Events behind this one were written without the key, or the states are those of that event. */
  | { readonly kind: 'behind'; readonly seq: number }
  /** The anchor beside the journal is gone, or not what this gateway wrote: an older copy of the journal would not show. */
  | { readonly kind: 'anchor-gone' | 'anchor-forged' }

export type StateCheck =
  | { readonly kind: 'fits' }
  /**
   * `unfit`: the keys of rows that this gateway did not write. The others are its own, but may be older than the last ones.
   * `vouchedUpTo`: the last event for which the key vouches, by the anchor, the root or a signed checkpoint; what later events say may be
   * forged. `complete`: the first event ever written is still there; otherwise nobody can know all that was hung.
   */
  | {
      readonly kind: 'does-not-fit'
      readonly fault: StatesFault
      readonly unfit: readonly string[]
      readonly vouchedUpTo: number
      readonly complete: boolean
    }
  /** Nothing can be said without the key. */
  | { readonly kind: 'no-key' }

/** What is compared when a journal is opened. */
export type Compared = {
  readonly signer: Signer
  readonly db: Database.Database
  readonly table: StateTable
  readonly anchor: SignedAnchor
  readonly head: Head
  readonly base: Base | undefined
  /** A gateway has run in this folder before. */
  readonly ranBefore: boolean
}

/** The anchor with its MAC, written after each commit. Nothing is written without a key: it could not be told from one that somebody else made. */
export function signedAnchor(path: string, signer: Signer | 'none') {
  const file = anchorOf(path)
  const key = signer === 'none' ? 'none' : signer.derive('anchor')
  const macOf = (upTo: number, head: string): string =>
    key === 'none' ? '' : createHmac('sha256', key).update(`${upTo}\n${head}`).digest('hex')
  return {
    /** `unavailable` leaves the one before: an older copy of the journal shows only as far back as that one. */
    write: ({ seq, hash }: Head): 'written' | 'unavailable' =>
      key === 'none' ? 'unavailable' : file.write({ upTo: seq, head: hash, file: '', mac: macOf(seq, hash) }),
    read: () => file.read(),
    isOwn: ({ upTo, head, mac }: StoredAnchor): boolean => mac !== '' && mac === macOf(upTo, head),
  }
}
export type SignedAnchor = ReturnType<typeof signedAnchor>

type AnchorSeen = 'fits' | 'gone' | 'forged' | { readonly kind: 'older' | 'other'; readonly upTo: number }

/**
 * Compares a journal that is being opened with its anchor and its root. `damaged`: events that were written are missing or are other ones,
 * so going on would give their numbers twice.
 */
export function checkStates(compared: Compared): StateCheck | { readonly kind: 'damaged'; readonly why: string } {
  const { table, head, base, anchor, ranBefore } = compared
  const root = table.root(head)
  const seen = seenAnchor(compared, root)
  const no = (fault: StatesFault): StateCheck => ({
    kind: 'does-not-fit',
    fault,
    unfit: table.unfit(),
    vouchedUpTo: vouchedUpTo(compared, root, seen),
    complete: base === undefined,
  })
  if (root.kind === 'other-key') return no(root)
  const why = missing(root, seen, head)
  if (why !== 'nothing') return { kind: 'damaged', why }
  if (root.kind === 'behind') return no({ kind: 'behind', seq: root.seq })
  if (seen === 'forged') return no({ kind: 'anchor-forged' })
  switch (root.kind) {
    case 'none': {
      if (base?.why === 'replaced') return no({ kind: 'replaced' })
      if (head.seq > 0 || !table.isEmpty()) return no({ kind: 'not-authenticated' })
      return ranBefore && anchor.read() === 'none' ? no({ kind: 'journal-gone' }) : { kind: 'fits' }
    }
    case 'at-head':
      if (!root.statesFit) return no({ kind: 'changed' })
      return seen === 'gone' ? no({ kind: 'anchor-gone' }) : { kind: 'fits' }
    case 'forged':
    case 'ahead':
    case 'other-head':
      return no({ kind: 'changed' })
  }
}

/** What is missing from a journal or was rewritten in it, in words for the event that says why it was set aside. */
function missing(root: RootSeen, seen: AnchorSeen, { seq }: Head): string {
  if (typeof seen === 'object' && seen.kind === 'older') return `it ends at event ${seq}, but its anchor knows of event ${seen.upTo}`
  if (typeof seen === 'object') return `event ${seen.upTo} is another one than its anchor remembers`
  if (root.kind === 'ahead') return `it ends at event ${seq}, but its states were written at event ${root.seq}`
  if (root.kind === 'other-head') return `event ${seq} is another one than that at which its states were written`
  return 'nothing'
}

/** An anchor of an older version has no MAC; it counts as long as nothing in the journal has one. */
function seenAnchor({ db, anchor, head, base }: Compared, root: RootSeen): AnchorSeen {
  const found = anchor.read()
  if (found === 'none') return 'gone'
  if (found === 'unreadable') return 'forged'
  if (!anchor.isOwn(found) && (found.mac !== '' || root.kind !== 'none')) return 'forged'
  const { upTo } = found
  if (upTo > head.seq) return { kind: 'older', upTo }
  if (upTo === 0 || upTo < (base?.seq ?? 0)) return 'fits'
  const hash = upTo === base?.seq ? base.hash : hashAt(db, upTo)
  return hash !== undefined && Buffer.from(hash).toString('hex') === found.head ? 'fits' : { kind: 'other', upTo }
}

/** Checkpoints that are looked at for one whose signature holds: somebody without the key may have put others behind it. */
const CHECKPOINTS_READ = 1000

/** The last event for which the key vouches; 0 where it vouches for none. */
function vouchedUpTo({ db, signer, anchor, head }: Compared, root: RootSeen, seen: AnchorSeen): number {
  const anchored = anchor.read()
  const byAnchor = seen === 'fits' && typeof anchored === 'object' && anchor.isOwn(anchored) ? anchored.upTo : 0
  const byRoot = root.kind === 'at-head' ? head.seq : root.kind === 'behind' && hexAt(db, root.seq) === root.hash ? root.seq : 0
  return Math.max(byAnchor, byRoot, signedUpTo(db, signer))
}

function signedUpTo(db: Database.Database, signer: Signer): number {
  const judge = judgeOf(signer.publicPem)
  const rows = db.prepare<[number], { body: string }>(
    `SELECT body FROM record WHERE category = 'audit-log' AND body LIKE '%"id":"checkpoint"%' ORDER BY seq DESC LIMIT ?`,
  )
  for (const { body } of rows.iterate(CHECKPOINTS_READ)) {
    const record = bodyOf(body)
    if (record === 'no-body') continue
    const { gateway, fields } = record
    const [upTo, head] = [Number(fields['upTo']), String(fields['head'])]
    if (judge.holds(checkpointText(gateway, upTo, head), String(fields['signature'])) && hexAt(db, upTo) === head) return upTo
  }
  return 0
}

function hexAt(db: Database.Database, seq: number): string {
  const hash = hashAt(db, seq)
  return hash === undefined ? '' : Buffer.from(hash).toString('hex')
}

const hashAt = (db: Database.Database, seq: number): Uint8Array | undefined =>
  db.prepare<[number], { hash: Uint8Array }>('SELECT hash FROM record WHERE seq = ?').get(seq)?.hash
