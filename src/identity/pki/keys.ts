import { type KeyObject, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { Random } from '../../platform/index.ts'
import { sealKey, toPem } from './sealed-key.ts'

/** P-256 by default (MB-TCP-Security-v36, R-61); RSA for SCADA systems that know nothing else. */
export type KeyKind = 'ec' | 'rsa'
const RSA_BITS = 3072
/** Rounds of PBKDF2 for the key of an authority: it is opened seldom, and everything hangs on it. */
const AUTHORITY_ROUNDS = 600_000

export function newKey(kind: KeyKind): KeyObject {
  return kind === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey
}

export const pkcs8Of = (key: KeyObject): Uint8Array => key.export({ type: 'pkcs8', format: 'der' })

/** A key as PEM: under a passphrase, or in the clear for a file that only its owner can read. */
export function keyPem(key: KeyObject, passphrase: string, random: Random): string {
  const pkcs8 = pkcs8Of(key)
  return passphrase === ''
    ? toPem('PRIVATE KEY', pkcs8)
    : toPem('ENCRYPTED PRIVATE KEY', sealKey(pkcs8, passphrase, AUTHORITY_ROUNDS, random))
}

export const isSealed = (pem: string): boolean => pem.includes('BEGIN ENCRYPTED PRIVATE KEY')

/** Opens a key; `wrong-passphrase` when it does not open. */
export function openKey(pem: string, passphrase: string): KeyObject | 'wrong-passphrase' {
  try {
    return createPrivateKey(isSealed(pem) ? { key: pem, passphrase } : pem)
  } catch {
    return 'wrong-passphrase'
  }
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const
const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** How WebCrypto names a key and the signatures that it makes. */
export const algorithmOf = (key: KeyObject): typeof RSA | (typeof EC & { readonly hash: 'SHA-256' }) =>
  key.asymmetricKeyType === 'rsa' ? RSA : { ...EC, hash: 'SHA-256' }

export const signingKey = (key: KeyObject) => key.toCryptoKey(key.asymmetricKeyType === 'rsa' ? RSA : EC, false, ['sign'])
