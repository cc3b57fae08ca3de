import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { RESERVE_BYTES } from './limits.ts'
import { type Signer, newKeyPem, signerOf } from './signature.ts'

export type KeyFile = {
  readonly signer: Signer
  readonly made: boolean
  /** A gateway has run in this folder before: its key, or the public half, was there. */
  readonly ranBefore: boolean
}

/** The key of checkpoints: a credential of systemd, or a file of mode 0600 that is made at the first start. Throws what is wrong with it. */
export function openKey(folder: string, credential: string | undefined): KeyFile {
  const file = credential ?? join(folder, 'journal.key')
  const ranBefore = existsSync(join(folder, 'journal.pub')) || (credential === undefined && existsSync(file))
  let made = false
  if (!existsSync(file)) {
    if (credential !== undefined) throw new Error(`${file} is not there`)
    writeFileSync(file, newKeyPem(), { mode: 0o600, flag: 'wx' })
    made = true
  }
  const signer = readSigner(file, credential === undefined ? 'file' : 'credential')
  keepPublicKey(join(folder, 'journal.pub'), signer.publicPem)
  return { signer, made, ranBefore }
}

/** A copy for people, made from the key: a disk that refuses it keeps no checkpoint from being signed. */
function keepPublicKey(file: string, pem: string): void {
  try {
    if (!existsSync(file) || readFileSync(file, 'utf8') !== pem) writeFileSync(file, pem, { mode: 0o644 })
  } catch {
    // the next start tries again; the API has the key too
  }
}

function readSigner(file: string, from: 'file' | 'credential'): Signer {
  if (from === 'file' && (statSync(file).mode & 0o077) !== 0) throw new Error(`others may read ${file}: chmod 600 ${file}`)
  const text = readFileSync(file, 'utf8')
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
    if (existsSync(file)) readSigner(file, 'file')
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

/** The last head that this gateway knows of, beside the journal: it outlives the file, so that no number is given twice. */
export function anchorOf(path: string) {
  const file = `${path}.anchor`
  return {
    write(anchor: StoredAnchor): 'written' | 'unavailable' {
      try {
        const isNew = !existsSync(file)
        const handle = openSync(file, isNew ? 'wx' : 'r+', 0o600)
        try {
          writeSync(handle, `${JSON.stringify(anchor).padEnd(ANCHOR_BYTES - 1)}\n`, 0)
          if (isNew) fsyncSync(handle)
        } finally {
          closeSync(handle)
        }
        return 'written'
      } catch {
        return 'unavailable'
      }
    },
    read(): StoredAnchor | 'none' | 'unreadable' {
      if (!existsSync(file)) return 'none'
      try {
        return parseAnchor(JSON.parse(readFileSync(file, 'utf8')))
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
