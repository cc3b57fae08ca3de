import { createCipheriv, pbkdf2Sync } from 'node:crypto'
import type { Random } from '../../platform/index.ts'
import { integer, nothing, octets, oid, sequence, toBytes } from './der.ts'

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const HMAC_SHA256 = '1.2.840.113549.2.9'
const AES_256_CBC = '2.16.840.1.101.3.4.1.42'
const KEY_BYTES = 32

/**
 * A PKCS#8 key under a passphrase: PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018), which OpenSSL, Java and Windows open. Node and
 * OpenSSL write it with 2048 rounds; this writes as many as it is told.
 */
export function sealKey(pkcs8: Uint8Array, passphrase: string, rounds: number, random: Random): Uint8Array {
  const salt = random.bytes(16)
  const iv = random.bytes(16)
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(passphrase, salt, rounds, KEY_BYTES, 'sha256'), iv)
  const sealed = Buffer.concat([cipher.update(pkcs8), cipher.final()])
  const derivation = sequence(oid(PBKDF2), sequence(octets(salt), integer(rounds), sequence(oid(HMAC_SHA256), nothing())))
  return toBytes(sequence(sequence(oid(PBES2), sequence(derivation, sequence(oid(AES_256_CBC), octets(iv)))), octets(sealed)))
}

/** DER as PEM. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
