/** Which check of a reply failed: what a discarded reply is counted under. */
export const mismatchReasons = [
  'unit',
  'transaction',
  'function-code',
  'sub-function',
  'length',
  'byte-count',
  'echo',
  'exception-form',
  'mei-fields',
  'crc',
  'babble',
  'framing',
  'late',
  'ambiguous',
] as const
export type MismatchReason = (typeof mismatchReasons)[number]

/** A reply that is not the one that was asked for: it never reaches a client. `why` says it to a person. */
export type Mismatch = { readonly kind: 'mismatch'; readonly reason: MismatchReason; readonly why: string }
export const mismatch = (reason: MismatchReason, why: string): Mismatch => ({ kind: 'mismatch', reason, why })

/** The one answer of every function whose reply has a fixed length. */
export const wrongLength = (pdu: Uint8Array, expected: number): Mismatch | undefined =>
  pdu.length === expected ? undefined : mismatch('length', `${pdu.length} bytes where ${expected} belong`)

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])
