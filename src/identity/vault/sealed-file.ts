import { createCipheriv, createDecipheriv } from 'node:crypto'
import { z } from 'zod'
import { type Files, parseJson, realFiles } from '../../platform/index.ts'

export type Failure = { readonly kind: 'failed'; readonly why: string }
export const failed = (error: unknown): Failure => ({ kind: 'failed', why: error instanceof Error ? error.message : String(error) })

const KEY_BYTES = 32
const NONCE_BYTES = 12
/** What a file says it is; authenticated with the rest, so that nobody can pass it off as another. */
export type SealedFormat = 'breakwall-vault-1' | 'breakwall-people-1'

const storedShape = z.object({ format: z.string(), nonce: z.string(), tag: z.string(), data: z.string() })
type Stored = z.infer<typeof storedShape>

/**
 * Reads a key of 256 bits, 64 hexadecimal digits. A `file` must be readable by nobody but its owner; a `credential` is guarded by systemd,
 * which may let the service read it by an access list that shows as mode 0440. An empty file is what a full disk left of a key that was
 * never used: it counts as missing.
 */
export function readKey(path: string, from: 'file' | 'credential', files: Files = realFiles): Uint8Array | Failure | 'missing' {
  if (!files.has(path)) return 'missing'
  try {
    const { mode } = files.facts(path)
    if (from === 'file' && (mode & 0o077) !== 0)
      return failed(`${path} has mode ${mode.toString(8).padStart(4, '0')}, others may read it: chmod 600 ${path}`)
    const text = files.read(path).toString('utf8').trim()
    if (text === '') return 'missing'
    return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : failed(`${path} is not a key of 64 hexadecimal digits`)
  } catch (error) {
    return failed(error)
  }
}

/** Makes a key file, whole or not at all. One that holds a key is never overwritten. */
export function writeKey(path: string, key: Uint8Array, files: Files = realFiles): Failure | 'written' {
  if (key.length !== KEY_BYTES) throw new Error(`a key of ${key.length} bytes`)
  try {
    if (files.has(path) && files.facts(path).bytes === 0) files.remove(path)
    files.write(path, `${Buffer.from(key).toString('hex')}\n`, 'new')
    return 'written'
  } catch (error) {
    return failed(error)
  }
}

export type Opened = { readonly kind: 'opened'; readonly text: string }

/** Opens a file that `writeSealed` wrote: AES-256-GCM, so that a changed bit or another key opens nothing. */
export function readSealed(path: string, key: Uint8Array, expected: SealedFormat, files: Files = realFiles): Opened | Failure | 'missing' {
  if (!files.has(path)) return 'missing'
  let text: string
  try {
    text = files.read(path).toString('utf8')
  } catch (error) {
    return failed(`${path} does not open (${failed(error).why})`)
  }
  const stored = parseJson(storedShape, text)
  if (stored === 'none') return failed(`${path} is damaged`)
  const { format, nonce, tag, data } = stored
  if (format !== expected) return failed(`${path} is not of this kind and version (${expected})`)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'))
    decipher.setAAD(Buffer.from(expected))
    decipher.setAuthTag(Buffer.from(tag, 'base64'))
    const opened = Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()])
    return { kind: 'opened', text: opened.toString('utf8') }
  } catch (error) {
    return failed(`${path} does not open with this key (${failed(error).why})`)
  }
}

export type Seal = { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly format: SealedFormat }

/** Seals a text into a file, whole or not at all: on a failure the file before it is untouched. */
export function writeSealed(path: string, { key, nonce, format }: Seal, text: string, files: Files = realFiles): Failure | 'written' {
  if (nonce.length !== NONCE_BYTES) throw new Error(`a nonce of ${nonce.length} bytes`)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(format))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const stored: Stored = { format, nonce: base64(nonce), tag: base64(cipher.getAuthTag()), data: base64(data) }
  try {
    files.write(path, `${JSON.stringify(stored)}\n`, 'replace')
    return 'written'
  } catch (error) {
    return failed(error)
  }
}

/** Whether a sealed file will open with the key in a file. */
export type SealedCheck = { readonly kind: 'opens' } | { readonly kind: 'does-not-open'; readonly why: string }

/**
 * Changes nothing. Where the key is not there it may be a credential of systemd, which only the service sees: that is said.
 */
export function checkSealed(path: string, keyFile: string, format: SealedFormat): SealedCheck {
  const key = readKey(keyFile, 'file')
  const doesNotOpen = (why: string): SealedCheck => ({ kind: 'does-not-open', why })
  if (key === 'missing')
    return realFiles.has(path)
      ? doesNotOpen(
          `${keyFile} is not there, and ${path} opens with it only; if the unit has it as a credential (LoadCredential=) all is well`,
        )
      : { kind: 'opens' }
  if (!(key instanceof Uint8Array)) return doesNotOpen(key.why)
  const opened = readSealed(path, key, format)
  return opened === 'missing' || opened.kind === 'opened' ? { kind: 'opens' } : doesNotOpen(opened.why)
}

/** One file takes the place of another, whole. */
export function putInPlace(from: string, to: string, files: Files = realFiles): Failure | 'written' {
  try {
    files.rename(from, to)
    return 'written'
  } catch (error) {
    return failed(error)
  }
}

/** One that is not there is removed already. */
export function removeFile(path: string, files: Files = realFiles): Failure | 'written' {
  try {
    files.remove(path)
    return 'written'
  } catch (error) {
    return failed(error)
  }
}
