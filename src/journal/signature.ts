import { type KeyObject, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, sign, verify } from 'node:crypto'

/** Signs what the journal says of itself. Ed25519 (RFC 8032). */
export type Signer = {
  /** The first 16 digits of the SHA-256 of the public key (SubjectPublicKeyInfo, DER). */
  readonly fingerprint: string
  readonly publicPem: string
  sign(text: string): string
  /** A secret of 32 bytes for one purpose, from the private key (HKDF-SHA-256, RFC 5869). */
  derive(purpose: string): Uint8Array
}

const fingerprintOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)

export const newKeyPem = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Throws when the text is no Ed25519 key. */
export function signerOf(pem: string): Signer {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`)
  const open = createPublicKey(key)
  return {
    fingerprint: fingerprintOf(open),
    publicPem: open.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64'),
    derive: (purpose) => new Uint8Array(hkdfSync('sha256', key.export({ type: 'pkcs8', format: 'der' }), '', `breakwall ${purpose}`, 32)),
  }
}

export type Judge = { readonly fingerprint: string; holds(text: string, signature: string): boolean }

/** Judges signatures by a public key in PEM. Throws when the text is none. */
export function judgeOf(pem: string): Judge {
  const key = createPublicKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`)
  return {
    fingerprint: fingerprintOf(key),
    holds: (text, signature) => verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64')),
  }
}

/** The text under a checkpoint's signature: which gateway's chain ends in which hash at which event. */
export const checkpointText = (gateway: string, upTo: number, head: string): string => `breakwall checkpoint\n${gateway}\n${upTo}\n${head}`

/** The text under the signature of where a chain begins. */
export const baseText = (gateway: string, seq: number, head: string, why: string, utcUs: number): string =>
  `breakwall base\n${gateway}\n${seq}\n${head}\n${why}\n${utcUs}`
