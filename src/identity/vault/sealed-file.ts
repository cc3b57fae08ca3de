import { createCipheriv, createDecipheriv } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { hasName, readRegularFile, writeWhole } from '../../platform/index.ts'

export type Failure = { readonly kind: 'failed'; readonly why: string }
const failed = (why: string): Failure => ({ kind: 'failed', why })
const told = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const KEY_BYTES = 32
const NONCE_BYTES = 12
/** What a file says it is; authenticated with the rest, so that nobody can pass it off as another. */
export type SealedFormat = 'breakwall-vault-1' | 'breakwall-people-1'

type Stored = { readonly format: string; readonly nonce: string; readonly tag: string; readonly data: string }

/**
 * Reads a key of 256 bits, 64 hexadecimal digits. A `file` must be readable by nobody but its owner; a `credential` is guarded by systemd,
 * which may let the service read it by an access list that shows as mode 0440. An empty file is what a full disk left of a key that was
 * never used: it counts as missing.
 */
export function readKey(path: string, from: 'file' | 'credential'): Uint8Array | Failure | 'missing' {
  if (!hasName(path)) return 'missing'
  try {
    const mode = statSync(path).mode & 0o777
    if (from === 'file' && (mode & 0o077) !== 0)
      return failed(`${path} has mode ${mode.toString(8).padStart(4, '0')}, others may read it: chmod 600 ${path}`)
    const text = readRegularFile(path).toString('utf8').trim()
    if (text === '') return 'missing'
    return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : failed(`${path} is not a key of 64 hexadecimal digits`)
  } catch (error) {
    return failed(told(error))
  }
}

/** Makes a key file, whole or not at all. One that holds a key is never overwritten. */
export function writeKey(path: string, key: Uint8Array): Failure | 'written' {
  if (key.length !== KEY_BYTES) throw new Error(`a key of ${key.length} bytes`)
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (hasName(path) && statSync(path).size === 0) rmSync(path)
    writeWhole(path, `${Buffer.from(key).toString('hex')}\n`, { mode: 0o600, how: 'new', owner: 'own' })
    return 'written'
  } catch (error) {
    return failed(told(error))
  }
}

/** Opens a file that `writeSealed` wrote: AES-256-GCM, so that a changed bit or another key opens nothing. */
export function readSealed(
  path: string,
  key: Uint8Array,
  expected: SealedFormat,
): { readonly kind: 'opened'; readonly text: string } | Failure | 'missing' {
  if (!hasName(path)) return 'missing'
  try {
    const { format, nonce, tag, data } = JSON.parse(readRegularFile(path).toString('utf8')) as Stored
    if (format !== expected) return failed(`${path} is not of this kind and version (${expected})`)
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'))
    decipher.setAAD(Buffer.from(expected))
    decipher.setAuthTag(Buffer.from(tag, 'base64'))
    const opened = Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()])
    return { kind: 'opened', text: opened.toString('utf8') }
  } catch (error) {
    return failed(error instanceof SyntaxError ? `${path} is damaged` : `${path} does not open with this key (${told(error)})`)
  }
}

/** Seals a text into a file, whole or not at all: on a failure the file before it is untouched. */
export function writeSealed(path: string, key: Uint8Array, nonce: Uint8Array, format: SealedFormat, text: string): Failure | 'written' {
  if (nonce.length !== NONCE_BYTES) throw new Error(`a nonce of ${nonce.length} bytes`)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(format))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const stored: Stored = { format, nonce: base64(nonce), tag: base64(cipher.getAuthTag()), data: base64(data) }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeWhole(path, `${JSON.stringify(stored)}\n`)
    return 'written'
  } catch (error) {
    return failed(told(error))
  }
}

/**
 * Why a sealed file will not open with the key in a file, or `none`. Changes nothing. Where the key is not there it may be a credential of
 * systemd, which only the service sees: that is said.
 */
export function sealedFault(path: string, keyFile: string, format: SealedFormat): string {
  const key = readKey(keyFile, 'file')
  if (key === 'missing')
    return hasName(path)
      ? `${keyFile} is not there, and ${path} opens with it only; if the unit has it as a credential (LoadCredential=) all is well`
      : 'none'
  if (!(key instanceof Uint8Array)) return key.why
  const opened = readSealed(path, key, format)
  return opened === 'missing' || opened.kind === 'opened' ? 'none' : opened.why
}

/** One file takes the place of another, whole. */
export function putInPlace(from: string, to: string): Failure | 'written' {
  try {
    renameSync(from, to)
    return 'written'
  } catch (error) {
    return failed(told(error))
  }
}
export const removeFile = (path: string): void => rmSync(path, { force: true })
