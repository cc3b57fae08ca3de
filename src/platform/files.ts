import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { hasName, readRegularFile, syncFolder, writeWhole } from './whole-file.ts'

/** Small files, each whole or not there at all. Every call throws what the system says; a test gives ones that refuse. */
export type Files = {
  /** Whether there is anything of this name. */
  readonly has: (path: string) => boolean
  readonly read: (path: string) => Buffer
  /** Its permission bits, and its length in bytes. */
  readonly facts: (path: string) => { readonly mode: number; readonly bytes: number }
  /** With mode 0600, and its folder where there is none. `new`: one that is there is an error. */
  readonly write: (path: string, text: string, how: 'replace' | 'new') => void
  /** One takes the place of another. */
  readonly rename: (from: string, to: string) => void
  /** One that is not there is no error. */
  readonly remove: (path: string) => void
}

export const realFiles: Files = {
  has: hasName,
  read: (path) => readRegularFile(path),
  facts(path) {
    const { mode, size } = statSync(path)
    return { mode: mode & 0o777, bytes: size }
  },
  write(path, text, how) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeWhole(path, text, { mode: 0o600, how, owner: 'own' })
  },
  rename(from, to) {
    renameSync(from, to)
    syncFolder(dirname(to))
  },
  remove: (path) => rmSync(path, { force: true }),
}
