import { createHash } from 'node:crypto'
import type { SecurityEvent } from '../events/index.ts'

/** What the hash covers: one record with its place, time and origin. */
export type Body = SecurityEvent & {
  readonly seq: number
  readonly utcUs: number
  readonly monotonicMs: number
  readonly boot: string
  readonly gateway: string
}

/** Before the first record. */
export const CHAIN_START = new Uint8Array(32)

/** JSON with its keys sorted, so that the same record always has the same bytes. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** SHA-256 over the previous record's hash and this record's canonical JSON: one changed byte breaks every record behind it. */
export const chainHash = (previous: Uint8Array, body: string): Uint8Array =>
  createHash('sha256').update(previous).update(body, 'utf8').digest()

export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
