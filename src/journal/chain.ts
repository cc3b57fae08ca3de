import { hash } from 'node:crypto'
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

/** JSON with its keys sorted, so that the same record always has the same bytes. No key here looks like a number: those JavaScript would put first. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value))

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const from = value as Readonly<Record<string, unknown>>
  const to: Record<string, unknown> = {}
  for (const key of Object.keys(from).sort()) to[key] = sorted(from[key])
  return to
}

/** SHA-256 over the previous record's hash and this record's canonical JSON: one changed byte breaks every record behind it. */
export const chainHash = (previous: Uint8Array, body: string): Uint8Array =>
  hash('sha256', Buffer.concat([previous, Buffer.from(body, 'utf8')]), 'buffer')

export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
