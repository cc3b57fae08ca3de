import { closeSync, existsSync, openSync, readdirSync, renameSync, rmSync, statSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasName, readRegularFile, writeWhole } from '../platform/index.ts'
import { RESERVE_BYTES } from './limits.ts'
import { type Signer, newKeyPem, signerOf } from './signature.ts'

export type KeyFile =
  | {
      readonly kind: 'key'
      readonly signer: Signer
      readonly made: boolean
      /** A gateway has run in this folder before: something that only a gateway leaves was there. */
      readonly ranBefore: boolean
    }
  /** There is none yet, and the disk did not take a new one: a later try may find it mended. `code` is that of the system. */
  | { readonly kind: 'not-made'; readonly why: string; readonly code: string }
  /** There is one that cannot be used. */
  | { readonly kind: 'unusable'; readonly why: string }

/** What only a gateway leaves in its folder. The vault and its key are not among it: an installer may make them first. */
const TRACES = ['journal.key', 'journal.pub', 'journal.db.reserve', 'people', 'people.key'] as const

/** Files with content only: an empty one is what a first start on a full disk left. */
export function ranBeforeIn(folder: string): boolean {
  const aside = /^journal-damaged-.*\.db$/
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.some((name) => (TRACES.some((trace) => trace === name) || aside.test(name)) && !isEmptyFile(join(folder, name)))
}

function isEmptyFile(path: string): boolean {
  try {
    const stat = statSync(path)
    return stat.isFile() && stat.size === 0
  } catch {
    return false
  }
}

/** The key of checkpoints: a credential of systemd, or a file of mode 0600 that is made at the first start. */
export function openKey(folder: string, credential: string | undefined): KeyFile {
  const file = credential ?? join(folder, 'journal.key')
  const ranBefore = ranBeforeIn(folder)
  let made = false
  try {
    if (credential === undefined && !ranBefore && isEmptyFile(file)) rmSync(file)
    if (credential === undefined && !hasName(file)) {
      const fresh = writeKeyFile(file)
      if (fresh !== 'written') return fresh
      made = true
    }
    const signer = readSigner(file, credential === undefined ? 'file' : 'credential')
    keepPublicKey(join(folder, 'journal.pub'), signer.publicPem)
    return { kind: 'key', signer, made, ranBefore }
  } catch (error) {
    return { kind: 'unusable', why: wordsOf(error) }
  }
}

function writeKeyFile(file: string): 'written' | Extract<KeyFile, { kind: 'not-made' }> {
  try {
    writeWhole(file, newKeyPem(), { mode: 0o600, how: 'new', owner: 'own' })
    return 'written'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { kind: 'not-made', why: `${file} cannot be made: ${wordsOf(error)}`, code }
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A copy for people, made from the key: a disk that refuses it keeps no checkpoint from being signed. */
function keepPublicKey(file: string, pem: string): void {
  try {
    if (!hasName(file) || readRegularFile(file).toString('utf8') !== pem)
      writeWhole(file, pem, { mode: 0o644, how: 'replace', owner: 'own' })
  } catch {
    // the next start tries again; the API has the key too
  }
}

function readSigner(file: string, from: 'file' | 'credential'): Signer {
  if (from === 'file' && (statSync(file).mode & 0o077) !== 0) throw new Error(`others may read ${file}: chmod 600 ${file}`)
  const text = readRegularFile(file).toString('utf8')
  try {
    return signerOf(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${file} is not an Ed25519 key in PEM (${why}): bring the file back from a copy`, { cause: error })
  }
}

/** What keeps a journal from being opened with the key file of its folder, or `none`. Changes nothing; a key that is not there is made. */
export function journalKeyFault(folder: string): string {
  const file = join(folder, 'journal.key')
  try {
    if (hasName(file)) readSigner(file, 'file')
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Bytes that keep a place on the disk for the last words of a journal on a full one. */
export function reserveOf(path: string) {
  const file = `${path}.reserve`
  return {
    /** Gives the place away; false when it was given away before. */
    release(): boolean {
      if (!existsSync(file)) return false
      rmSync(file)
      return true
    },
    /** Takes it again; false as long as the disk has no more than that. */
    restore(): boolean {
      if (existsSync(file)) return true
      if (freeBytes(path) < 3 * RESERVE_BYTES) return false
      try {
        writeFileSync(file, new Uint8Array(RESERVE_BYTES), { mode: 0o600 })
        return true
      } catch {
        rmSync(file, { force: true })
        return false
      }
    },
  }
}

/** What an unprivileged process may still write on the disk of a file. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize
}

/** A head of the chain as it is kept beside the journal. `file`: the name that a journal has which a person set aside; empty otherwise. */
export type StoredAnchor = {
  readonly upTo: number
  readonly head: string
  readonly file: string
  /** HMAC-SHA-256 in hexadecimal digits; empty where it was written without the key. */
  readonly mac: string
}

/** It is always so long, so that it is written over in place: after a power cut it is the one before or this one, never half of one. */
const ANCHOR_BYTES = 512
function parseAnchor(value: unknown): StoredAnchor | 'unreadable' {
  if (typeof value !== 'object' || value === null) return 'unreadable'
  const { upTo, head, file = '', mac = '' } = value as Record<string, unknown>
  const fits = Number.isSafeInteger(upTo) && typeof head === 'string' && typeof file === 'string' && typeof mac === 'string'
  return fits ? { upTo: Number(upTo), head, file, mac } : 'unreadable'
}

/** In place, after each commit: it is not synced, since the kernel keeps it over the end of this process. */
function writeOver(file: string, text: string): void {
  const handle = openSync(file, 'r+', 0o600)
  try {
    writeFileSync(handle, text)
  } finally {
    closeSync(handle)
  }
}

/** The last head that this gateway knows of, beside the journal: it outlives the file, so that no number is given twice. */
export function anchorOf(path: string) {
  const file = `${path}.anchor`
  return {
    write(anchor: StoredAnchor): 'written' | 'unavailable' {
      try {
        const text = `${JSON.stringify(anchor).padEnd(ANCHOR_BYTES - 1)}\n`
        if (hasName(file)) writeOver(file, text)
        else writeWhole(file, text)
        return 'written'
      } catch {
        return 'unavailable'
      }
    },
    read(): StoredAnchor | 'none' | 'unreadable' {
      if (!hasName(file)) return 'none'
      try {
        return parseAnchor(JSON.parse(readRegularFile(file).toString('utf8')))
      } catch {
        return 'unreadable'
      }
    },
  }
}

export const isThere = (path: string): boolean => existsSync(path)

/** The path that a journal gets when it is moved out of the way. */
export const asidePath = (path: string, stamp: string): string => join(dirname(path), `journal-damaged-${stamp}.db`)

/** Moves a journal with all that belongs to it out of the way; nothing is deleted. Returns its new name. */
export function setAside(path: string, stamp: string): string {
  const target = asidePath(path, stamp)
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix)
  return target
}
