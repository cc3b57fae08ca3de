import type { X509Certificate } from 'node:crypto'
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { type Cancel, type Clock, isoUs, readRegularFile } from '../../platform/index.ts'
import { USAGE, factsOf } from './certificate-facts.ts'
import { type ReadList, commonNameIn, readList } from './crl.ts'
import { commonName, derOf } from './pem.ts'

/** What one authority has revoked, by a complete list that it promised to replace by `nextMs`. */
export type RevocationList = {
  readonly authority: string
  readonly name: string
  readonly serials: ReadonlySet<string>
  readonly number: bigint | 'none'
  readonly thisMs: number
  readonly nextMs: number
}
/** Lists by the fingerprint of their authority. */
export type Revocation = ReadonlyMap<string, RevocationList>
/** A list that was not taken. `fromMs`: when it may be taken, since it is of the future. */
export type Untaken = { readonly name: string; readonly why: string; readonly fromMs: number | 'never' }
export type ReadLists = { readonly kind: 'read'; readonly lists: Revocation; readonly untaken: readonly Untaken[] }

/** How often the files are looked at, milliseconds: with the look at open connections each second, a revocation works within 5 s. */
export const LOOK_MS = 2000
/** How often a stale list is told again, milliseconds. */
const REMIND_MS = 24 * 60 * 60_000
const NO_LIST = 'there is none in `revocation`, and clients come with certificates of this authority: `stale-revocation` says what they get'
const MAX_LIST_BYTES = 16 * 1024 * 1024

export type RevocationNotice =
  | { readonly kind: 'updated'; readonly name: string; readonly count: number; readonly until: string }
  | { readonly kind: 'stale' | 'refused'; readonly name: string; readonly reason: string }

/**
 * Reads lists (PEM or DER) and verifies each with its authority's key. A list that is not understood whole, or not in order, is not
 * taken; `unusable` says which file holds none, or one of nobody that is known.
 */
export function readRevocation(
  files: readonly string[],
  authorities: readonly X509Certificate[],
  nowMs: number,
): ReadLists | { readonly kind: 'unusable'; readonly why: string } {
  const lists = new Map<string, RevocationList>()
  const untaken: Untaken[] = []
  for (const file of files) {
    try {
      const bytes = readRegularFile(file, MAX_LIST_BYTES)
      const found = derOf(bytes, 'X509 CRL')
      if (bytes.length === 0 || found.length === 0) return { kind: 'unusable', why: `${file} holds no revocation list` }
      for (const der of found) {
        const list = readList(der)
        if (list.kind === 'refused') {
          untaken.push({ name: basename(file), why: list.why, fromMs: 'never' })
          continue
        }
        const signer = signerOf(list, authorities)
        if (signer === undefined)
          return {
            kind: 'unusable',
            why: `${file}: its list, of "${commonNameIn(list.issuer)}", is signed by none of the authorities of clients; a list of an issuing authority needs its certificate in the file of \`clients\``,
          }
        const made = { ...list, authority: signer.fingerprint256, name: commonName(signer) }
        const fault = faultOf(made, signer, nowMs)
        if (fault !== 'none') untaken.push({ name: made.name, ...fault })
        else if (isNewer(made, lists.get(made.authority))) lists.set(made.authority, made)
      }
    } catch (error) {
      return { kind: 'unusable', why: `${file}: ${error instanceof Error ? error.message : String(error)}` }
    }
  }
  return { kind: 'read', lists, untaken }
}

const signerOf = (list: ReadList, authorities: readonly X509Certificate[]): X509Certificate | undefined =>
  authorities.find((authority) => {
    const facts = factsOf(authority)
    return facts.kind === 'facts' && facts.subject.equals(list.issuer) && list.isSignedBy(authority.publicKey)
  })

function faultOf(list: RevocationList, signer: X509Certificate, nowMs: number): Omit<Untaken, 'name'> | 'none' {
  const facts = factsOf(signer)
  if (facts.kind === 'refused') return { why: `its authority is not taken: ${facts.why}`, fromMs: 'never' }
  if (facts.usage !== 'any' && (facts.usage & USAGE.cRLSign) === 0)
    return { why: 'its authority may not sign revocation lists (key usage)', fromMs: 'never' }
  if (list.thisMs > nowMs) return { why: `it is of the future: ${isoUs(list.thisMs * 1000)}`, fromMs: list.thisMs }
  return 'none'
}

/** Of two lists in one set of files the later one counts. */
const isNewer = (list: RevocationList, there: RevocationList | undefined): boolean => there === undefined || list.thisMs > there.thisMs

export interface RevocationWatch {
  current(): Revocation
  /** An authority on the path of a client has no list at all: told once a day, of each. */
  missing(authority: X509Certificate): void
  close(): void
}

/** Keeps lists as new as their files. A file that cannot be used any more leaves the list before it in force; so does an older one. */
export function watchRevocation(
  files: readonly string[],
  authorities: readonly X509Certificate[],
  first: Pick<ReadLists, 'lists' | 'untaken'>,
  clock: Clock,
  notice: (notice: RevocationNotice) => void,
): RevocationWatch {
  let current = first.lists
  let retryMs = Number.POSITIVE_INFINITY
  let seen = stampOf(files)
  let cancel: Cancel = () => undefined
  const told = new Map<string, number>()
  const tell = (list: RevocationList): void =>
    notice({
      kind: 'updated',
      name: list.name,
      count: list.serials.size,
      until: isoUs(list.nextMs * 1000),
    })
  for (const list of first.lists.values()) tell(list)
  const refuse = (untaken: readonly Untaken[]): void => {
    for (const { name, why } of untaken) notice({ kind: 'refused', name, reason: why })
    retryMs = Math.min(...untaken.map(({ fromMs }) => (fromMs === 'never' ? Number.POSITIVE_INFINITY : fromMs)))
  }
  refuse(first.untaken)

  function remind(key: string, name: string, reason: string): void {
    const now = clock.now()
    const last = told.get(key)
    if (last !== undefined && now - last < REMIND_MS) return
    told.set(key, now)
    notice({ kind: 'stale', name, reason })
  }

  function checkStale(): void {
    const nowMs = clock.utcUs() / 1000
    for (const { authority, name, nextMs } of current.values()) {
      if (nowMs > nextMs) remind(authority, name, `its time was over on ${isoUs(nextMs * 1000)}`)
      else told.delete(authority)
    }
  }

  function look(): void {
    const stamp = stampOf(files)
    const nowMs = clock.utcUs() / 1000
    if (stamp !== seen || nowMs >= retryMs) {
      seen = stamp
      const read = readRevocation(files, authorities, nowMs)
      if (read.kind === 'read') {
        refuse(read.untaken)
        const { lists, untaken } = newest(current, read.lists)
        for (const [authority, list] of lists) if (current.get(authority) !== list) tell(list)
        current = lists
        for (const { name, why } of untaken) notice({ kind: 'refused', name, reason: why })
      } else remind(`file ${stamp}`, 'a file that changed', `not taken, the list before it stays in force: ${read.why}`)
    }
    checkStale()
  }

  const again = (): void =>
    void (cancel = clock.after(LOOK_MS, () => {
      look()
      again()
    }))
  if (files.length > 0) {
    checkStale()
    again()
  }
  return {
    current: () => current,
    missing: (authority) => remind(`no list ${authority.fingerprint256}`, commonName(authority), NO_LIST),
    close: () => cancel(),
  }
}

/**
 * What is in force once files were read again: of each authority the newer list. To put an old list back must not bring a revoked
 * certificate back, and a list that is not taken leaves the one before it in force.
 */
export function newest(before: Revocation, after: Revocation): Pick<ReadLists, 'lists' | 'untaken'> {
  const lists = new Map(before)
  const untaken: Untaken[] = []
  for (const [authority, list] of after) {
    const old = before.get(authority)
    const why =
      old === undefined
        ? 'none'
        : old.thisMs > list.thisMs
          ? 'it is older than the one in force'
          : old.number !== 'none' && (list.number === 'none' || list.number < old.number)
            ? 'its number is lower than that of the one in force'
            : 'none'
    if (why !== 'none') untaken.push({ name: list.name, why, fromMs: 'never' })
    else if (old?.thisMs !== list.thisMs || old.number !== list.number) lists.set(authority, list)
  }
  return { lists, untaken }
}

/** Changes when a file is written, replaced, or cannot be examined any more: what then reads it says why. */
function stampOf(files: readonly string[]): string {
  return files.map(stampOfOne).join(' ')
}

function stampOfOne(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs}/${size}/${ino}`
  } catch (error) {
    return error instanceof Error && 'code' in error ? `not examined (${String(error.code)})` : 'not examined'
  }
}
