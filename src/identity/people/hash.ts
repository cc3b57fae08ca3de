import * as crypto from 'node:crypto'
import type { Random } from '../../platform/index.ts'

/**
 * Hashes of passwords and PINs: argon2id (RFC 9106) where this Node has it, scrypt (RFC 7914) where not. The text says which and with what,
 * so that later ones can be stronger. Each takes about a tenth of a second of another thread: `verify` and `make` work one at a time.
 */
const ARGON2 = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const
const SCRYPT = { N: 1 << 15, r: 8, p: 3 } as const
const MAX_SCRYPT_BYTES = 128 * 1024 * 1024
/** Hashes that wait for their turn, at most: a flood of log-ins takes one thread and no more. */
export const MAX_WAITING_HASHES = 16

/** A hash with all that is needed to compare with it. */
export type Hash = { readonly text: string }

export interface Hasher {
  /** `busy` when too many wait: the log-in is refused as any other that fails. */
  make(secret: string): Promise<Hash | 'busy'>
  verify(secret: string, hash: string): Promise<boolean | 'busy'>
}

export function createHasher(random: Random): Hasher {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> | 'busy' => {
    if (waiting >= MAX_WAITING_HASHES) return 'busy'
    waiting += 1
    const mine = last.then(work).finally(() => (waiting -= 1))
    last = mine.catch(() => undefined)
    return mine
  }
  return {
    make: async (secret) => inTurn(async () => ({ text: await hash(secret, random.bytes(16)) })),
    verify: async (secret, stored) => inTurn(() => check(secret, stored)),
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
/** One text for the same characters, however they were typed (NFKC). */
const normal = (secret: string): Buffer => Buffer.from(secret.normalize('NFKC'), 'utf8')

const hasArgon2 = typeof (crypto as { argon2?: unknown }).argon2 === 'function'

async function hash(secret: string, salt: Uint8Array): Promise<string> {
  if (hasArgon2) {
    const { memory, passes, parallelism } = ARGON2
    return `argon2id$${memory},${passes},${parallelism}$${base64(salt)}$${base64(await argon2(secret, salt, ARGON2))}`
  }
  const { N, r, p } = SCRYPT
  return `scrypt$${N},${r},${p}$${base64(salt)}$${base64(await scrypt(secret, salt, SCRYPT))}`
}

async function check(secret: string, stored: string): Promise<boolean> {
  const [kind = '', parameters = '', salt = '', tag = ''] = stored.split('$')
  const [a = 0, b = 0, c = 0] = parameters.split(',').map(Number)
  const expected = Buffer.from(tag, 'base64')
  const bytes = Buffer.from(salt, 'base64')
  const found =
    kind === 'argon2id'
      ? await argon2(secret, bytes, { memory: a, passes: b, parallelism: c, tagLength: expected.length })
      : await scrypt(secret, bytes, { N: a, r: b, p: c })
  return expected.length > 0 && found.length === expected.length && crypto.timingSafeEqual(found, expected)
}

function argon2(
  secret: string,
  nonce: Uint8Array,
  parameters: { memory: number; passes: number; parallelism: number; tagLength: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    crypto.argon2('argon2id', { message: normal(secret), nonce, ...parameters }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  )
}

function scrypt(secret: string, salt: Uint8Array, { N, r, p }: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    crypto.scrypt(normal(secret), salt, 32, { N, r, p, maxmem: MAX_SCRYPT_BYTES }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  )
}
