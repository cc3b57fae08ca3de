import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readRegularFile, writeWhole as writeWholeFile } from '../../platform/index.ts'

/** What an authority has issued; its file is the authority's memory. */
export type IssuedCertificate = {
  readonly serial: string
  readonly name: string
  /** The role of a client; empty for a server and for a client without one. */
  readonly role: string
  readonly hosts: readonly string[]
  readonly kind: 'client' | 'server'
  /** Fingerprint of the root that signed it. */
  readonly root: string
  readonly fromMs: number
  readonly untilMs: number
  readonly fingerprint: string
  readonly revoked: { readonly atMs: number; readonly reason: RevocationReason } | 'no'
}

/** The reasons of RFC 5280, 5.3.1, that a site has use for. */
export const revocationReasons = ['unspecified', 'key-compromise', 'affiliation-changed', 'superseded', 'cessation-of-operation'] as const
export type RevocationReason = (typeof revocationReasons)[number]

/** A root that is in force: the first signs what is new, all of them keep their revocation lists until they are retired. */
export type Root = { readonly fingerprint: string; readonly certificateFile: string; readonly keyFile: string }
export type Register = {
  readonly roots: readonly Root[]
  /** The number of the last revocation list (RFC 5280, 5.2.3). */
  readonly listNumber: number
  readonly issued: readonly IssuedCertificate[]
}

export type PkiFailure = { readonly kind: 'failed'; readonly why: string; readonly hint: string }
export const failed = (why: string, hint: string): PkiFailure => ({ kind: 'failed', why, hint })

const issuedShape = z.object({
  serial: z.string(),
  name: z.string(),
  role: z.string(),
  hosts: z.array(z.string()),
  kind: z.enum(['client', 'server']),
  root: z.string(),
  fromMs: z.number(),
  untilMs: z.number(),
  fingerprint: z.string(),
  revoked: z.union([z.literal('no'), z.object({ atMs: z.number(), reason: z.enum(revocationReasons) })]),
})
const rootShape = z.object({ fingerprint: z.string(), certificateFile: z.string(), keyFile: z.string() })
const registerShape = z.object({ roots: z.array(rootShape), listNumber: z.number(), issued: z.array(issuedShape) })

const fileOf = (folder: string): string => join(folder, 'authority.json')
export const hasAuthority = (folder: string): boolean => existsSync(fileOf(folder))

export function readRegister(folder: string): Register | PkiFailure {
  if (!hasAuthority(folder))
    return failed(
      `there is no authority in ${folder}`,
      `breakwall ca init --dir ${folder}, or breakwall cert import for a site with an authority of its own`,
    )
  try {
    return registerShape.parse(JSON.parse(readRegularFile(fileOf(folder)).toString('utf8')))
  } catch (error) {
    return failed(
      `${fileOf(folder)}: ${error instanceof Error ? error.message : String(error)}`,
      'bring it back from a backup: it says what was issued',
    )
  }
}

/** Changes the register as it is at this moment, in one step: somebody else at the desk may have issued something meanwhile. */
export function updateRegister(folder: string, change: (register: Register) => Register): PkiFailure | 'written' {
  const register = readRegister(folder)
  if ('kind' in register) return register
  writeRegister(folder, change(register))
  return 'written'
}

export function writeRegister(folder: string, register: Register): void {
  writeWhole(fileOf(folder), `${JSON.stringify(register, null, 2)}\n`)
}

/** Keys are for their owner; certificates, requests and lists are for everybody who may come into the folder. */
export const FOR_ALL = 0o644

/** Writes one of an authority's files whole or throws; it belongs to the owner of its folder: the service has to read it. */
export function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): void {
  writeWholeFile(path, content, { mode, how: 'replace', owner: 'folder-owner' })
}

export const makeFolder = (folder: string): void => void mkdirSync(folder, { recursive: true, mode: 0o700 })
