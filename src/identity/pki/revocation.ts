import type { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { type Cancel, type Clock, background, isoUs } from '../../platform/index.ts'
import { commonName, derOf, plainSerial } from './pem.ts'
import { x509Library } from './x509-library.ts'

/** What one authority has revoked. `nextMs` is when it promised the next list; `undefined`: it did not. */
export type RevocationList = {
  readonly authority: string
  readonly name: string
  readonly serials: ReadonlySet<string>
  readonly thisMs: number
  readonly nextMs: number | undefined
}
/** Lists by the fingerprint of their authority. */
export type Revocation = ReadonlyMap<string, RevocationList>

/** How often the files are looked at, milliseconds: with the look at open connections each second, a revocation works within 5 s. */
export const LOOK_MS = 2000
/** How often a stale list is told again, milliseconds. */
const REMIND_MS = 24 * 60 * 60_000
const MAX_LIST_BYTES = 16 * 1024 * 1024

export type RevocationNotice =
  | { readonly kind: 'updated'; readonly name: string; readonly count: number; readonly until: string }
  | { readonly kind: 'stale'; readonly name: string; readonly reason: string }

/** Reads lists (PEM or DER) and verifies each with its authority's key; `why` says which file is of no use. */
export async function readRevocation(
  files: readonly string[],
  authorities: readonly X509Certificate[],
): Promise<{ readonly kind: 'read'; readonly lists: Revocation } | { readonly kind: 'unusable'; readonly why: string }> {
  const lists = new Map<string, RevocationList>()
  if (files.length === 0) return { kind: 'read', lists }
  const library = await x509Library()
  for (const file of files) {
    try {
      const bytes = readFileSync(file)
      if (bytes.length > MAX_LIST_BYTES) return { kind: 'unusable', why: `${file} is larger than ${MAX_LIST_BYTES} bytes` }
      const found = derOf(bytes, 'X509 CRL')
      if (found.length === 0) return { kind: 'unusable', why: `${file} holds no revocation list` }
      for (const der of found) {
        const crl = new library.X509Crl(new Uint8Array(der))
        const signer = await signerOf(library, crl, authorities)
        if (signer === undefined) return { kind: 'unusable', why: `${file}: its list is signed by none of the authorities of clients` }
        const there = lists.get(signer.fingerprint256)
        if (there !== undefined && there.thisMs >= crl.thisUpdate.getTime()) continue
        lists.set(signer.fingerprint256, {
          authority: signer.fingerprint256,
          name: commonName(signer),
          serials: new Set(crl.entries.map(({ serialNumber }) => plainSerial(serialNumber))),
          thisMs: crl.thisUpdate.getTime(),
          nextMs: crl.nextUpdate?.getTime(),
        })
      }
    } catch (error) {
      return { kind: 'unusable', why: `${file}: ${error instanceof Error ? error.message : String(error)}` }
    }
  }
  return { kind: 'read', lists }
}

type Library = Awaited<ReturnType<typeof x509Library>>

async function signerOf(library: Library, crl: InstanceType<Library['X509Crl']>, authorities: readonly X509Certificate[]) {
  for (const authority of authorities) {
    const certificate = new library.X509Certificate(new Uint8Array(authority.raw))
    if (certificate.subject !== crl.issuer) continue
    const verified = await crl.verify({ publicKey: certificate.publicKey }).catch(() => false)
    if (verified) return authority
  }
  return undefined
}

export interface RevocationWatch {
  current(): Revocation
  close(): void
}

/** Keeps lists as new as their files. A file that cannot be used any more leaves the list before it in force; so does an older one. */
export function watchRevocation(
  files: readonly string[],
  authorities: readonly X509Certificate[],
  first: Revocation,
  clock: Clock,
  notice: (notice: RevocationNotice) => void,
): RevocationWatch {
  let current = first
  let seen = stampOf(files)
  let cancel: Cancel = () => undefined
  const told = new Map<string, number>()
  const tell = (list: RevocationList): void =>
    notice({
      kind: 'updated',
      name: list.name,
      count: list.serials.size,
      until: list.nextMs === undefined ? 'not said' : isoUs(list.nextMs * 1000),
    })
  for (const list of first.values()) tell(list)

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
      if (nextMs !== undefined && nowMs > nextMs) remind(authority, name, `its time was over on ${isoUs(nextMs * 1000)}`)
      else told.delete(authority)
    }
  }

  async function look(): Promise<void> {
    const stamp = stampOf(files)
    if (stamp !== seen) {
      seen = stamp
      const read = await readRevocation(files, authorities)
      if (read.kind === 'read') current = merge(current, read.lists, tell, remind)
      else remind(`file ${stamp}`, 'a file that changed', `not taken, the list before it stays in force: ${read.why}`)
    }
    checkStale()
  }

  const again = (): void =>
    void (cancel = clock.after(LOOK_MS, () => {
      const looked = look().then(() => {
        if (!closed) again()
      })
      background(looked)
    }))
  let closed = false
  if (files.length > 0) {
    checkStale()
    again()
  }
  return {
    current: () => current,
    close() {
      closed = true
      cancel()
    },
  }
}

/** What is in force when lists are read anew: of each authority the newer one. */
export const newest = (before: Revocation, after: Revocation): Revocation =>
  new Map(
    [...after].map(([authority, list]) => {
      const old = before.get(authority)
      return [authority, old !== undefined && old.thisMs > list.thisMs ? old : list]
    }),
  )

/** The newer of each authority's lists: to put an old list back must not bring a revoked certificate back. */
function merge(
  before: Revocation,
  after: ReadonlyMap<string, RevocationList>,
  tell: (list: RevocationList) => void,
  remind: (key: string, name: string, reason: string) => void,
): Revocation {
  const merged = new Map(before)
  for (const [authority, list] of after) {
    const old = before.get(authority)
    if (old !== undefined && old.thisMs > list.thisMs)
      remind(`old ${authority}`, list.name, 'the file holds an older list than the one in force')
    else {
      merged.set(authority, list)
      if (old?.thisMs !== list.thisMs) tell(list)
    }
  }
  return merged
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
