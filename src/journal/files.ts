import { existsSync, readFileSync, renameSync, rmSync, statSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RESERVE_BYTES } from './limits.ts'
import { type Signer, newKeyPem, signerOf } from './signature.ts'

export type KeyFile = { readonly signer: Signer; readonly made: boolean }

/** The key of checkpoints: a credential of systemd, or a file of mode 0600 that is made at the first start. Throws what is wrong with it. */
export function openKey(folder: string, credential: string | undefined): KeyFile {
  const file = credential ?? join(folder, 'journal.key')
  let made = false
  if (!existsSync(file)) {
    if (credential !== undefined) throw new Error(`${file} is not there`)
    writeFileSync(file, newKeyPem(), { mode: 0o600, flag: 'wx' })
    made = true
  }
  const signer = readSigner(file, credential === undefined ? 'file' : 'credential')
  keepPublicKey(join(folder, 'journal.pub'), signer.publicPem)
  return { signer, made }
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

/** The last head that was signed, beside the journal: it outlives the file, so that no number is given twice. */
export function anchorOf(path: string) {
  const file = `${path}.anchor`
  const write = (upTo: number, head: string): void => writeFileSync(file, JSON.stringify({ upTo, head }), { mode: 0o600 })
  return {
    write,
    tryToWrite(upTo: number, head: string): 'written' | 'unavailable' {
      try {
        write(upTo, head)
        return 'written'
      } catch {
        return 'unavailable'
      }
    },
    read(): { readonly upTo: number; readonly head: string } | 'none' {
      try {
        const { upTo, head } = JSON.parse(readFileSync(file, 'utf8')) as { upTo: unknown; head: unknown }
        return typeof upTo === 'number' && typeof head === 'string' ? { upTo, head } : 'none'
      } catch {
        return 'none'
      }
    },
  }
}

export const isThere = (path: string): boolean => existsSync(path)

/** Moves a journal with all that belongs to it out of the way; nothing is deleted. Returns its new name. */
export function setAside(path: string, stamp: string): string {
  const target = join(dirname(path), `journal-damaged-${stamp}.db`)
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix)
  return target
}
