import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** Keys, certificates, lists, profiles, configuration: none of a site's files comes near. 16 MiB, in bytes. */
const LARGEST_FILE = 16 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

/**
 * `replace`: the file that is there stays until the new one is on disk. `new`: one that is there is an error (EEXIST).
 * `folder-owner`: what root writes into a folder of the service belongs to the service, which has to read it.
 */
export type WholeFile = { readonly mode: number; readonly how: 'replace' | 'new'; readonly owner: 'own' | 'folder-owner' }
const ownFile: WholeFile = { mode: 0o600, how: 'replace', owner: 'own' }

/**
 * Writes a file of which there must never be a part: beside its place, all bytes, on disk, and only then in its place. Throws what the
 * system says (ENOSPC where there is no room); the file that was there is then untouched, and nothing of the new one is left.
 */
export function writeWhole(path: string, content: string | Uint8Array, { mode, how, owner }: WholeFile = ownFile): void {
  const beside = `${path}.new`
  rmSync(beside, { force: true })
  try {
    const file = openSync(beside, 'wx', mode)
    try {
      fchmodSync(file, mode)
      const { uid, gid } = statSync(dirname(path))
      if (owner === 'folder-owner' && process.getuid?.() === 0) fchownSync(file, uid, gid)
      // Not a single write, which takes what there is room for and returns how much: this goes on until the system refuses.
      writeFileSync(file, typeof content === 'string' ? Buffer.from(content) : content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (how === 'replace') renameSync(beside, path)
    else linkSync(beside, path)
  } finally {
    rmSync(beside, { force: true })
  }
  syncFolder(dirname(path))
}

/** The name of a file is in its folder: after a power cut it is the new one. A file system that syncs no folders has its own order. */
export function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch {
    // the content is on disk; what is left to the kernel is the moment of the rename
  }
}

const notAFile = (path: string, code: string, words: string): Error => Object.assign(new Error(`${path} is ${words}`), { code })

/**
 * Reads a file of at most `largest` bytes. A pipe without a writer would keep a plain read waiting for good, and a device may have no
 * end: both are refused (ENOTFILE), as are a folder (EISDIR), a larger file (EFBIG) and a link that leads nowhere (ELOOP). ENOENT
 * means that there is nothing of this name.
 */
export function readRegularFile(path: string, largest = LARGEST_FILE): Buffer {
  const file = openRegular(path)
  try {
    const stat = fstatSync(file)
    if (stat.isDirectory()) throw notAFile(path, 'EISDIR', 'a folder, expected a file')
    if (!stat.isFile()) throw notAFile(path, 'ENOTFILE', 'a pipe or a device, expected a file')
    const chunks: Buffer[] = []
    let length = 0
    for (;;) {
      const chunk = Buffer.alloc(CHUNK_BYTES)
      const count = readSync(file, chunk)
      if (count === 0) return Buffer.concat(chunks)
      length += count
      if (length > largest) throw notAFile(path, 'EFBIG', `larger than ${largest} bytes`)
      chunks.push(chunk.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}

function openRegular(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ENXIO') throw notAFile(path, 'ENOTFILE', 'a socket or a device, expected a file')
    if (code === 'ENOENT' && hasName(path)) throw notAFile(path, 'ELOOP', 'a link that leads nowhere')
    throw error
  }
}

/** Whether there is anything of this name, also a link that leads nowhere or round in a circle. What cannot be examined is there. */
export function hasName(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
  }
}
