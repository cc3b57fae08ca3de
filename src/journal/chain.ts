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

const isBody = (json: unknown): json is Body => {
  if (typeof json !== 'object' || json === null) return false
  const body: Partial<Record<keyof Body, unknown>> = json
  const numbers = [body.seq, body.utcUs, body.monotonicMs, body.severity]
  const texts = [body.boot, body.gateway, body.id, body.category, body.text]
  return (
    numbers.every((value) => typeof value === 'number') &&
    texts.every((value) => typeof value === 'string') &&
    typeof body.fields === 'object' &&
    body.fields !== null
  )
}

/**
 * A stored text as the record that it is; `no-body`: it is none. Checked by hand, since every record that is read passes here. Whether
 * an id and its fields are those of the catalogue is not asked: a journal outlives versions.
 */
export function bodyOf(text: string): Body | 'no-body' {
  try {
    const json: unknown = JSON.parse(text)
    return isBody(json) ? json : 'no-body'
  } catch {
    return 'no-body'
  }
}

/** Before the first record. */
export const CHAIN_START = new Uint8Array(32)

/**
 * The record's canonical JSON: keys in the order of their characters, without spaces, so that the same record always has the same bytes.
 * The keys of a body stand here in that order, those of its fields in every event (`event` sorts them): writing is then one pass.
 */
export const canonical = ({ boot, category, fields, gateway, id, monotonicMs, seq, severity, text, utcUs }: Body): string =>
  JSON.stringify({ boot, category, fields, gateway, id, monotonicMs, seq, severity, text, utcUs })

/** SHA-256 over the previous record's hash and this record's canonical JSON: one changed byte breaks every record behind it. */
export function chainHash(previous: Uint8Array, body: string): Uint8Array {
  // From Node's pool where it fits: the hash is taken at once, nothing keeps it.
  const hashed = Buffer.allocUnsafe(previous.length + 3 * body.length)
  hashed.set(previous)
  const end = previous.length + hashed.write(body, previous.length, 'utf8')
  return hash('sha256', hashed.subarray(0, end), 'buffer')
}

export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
