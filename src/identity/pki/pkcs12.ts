import { createCipheriv, createHash, createHmac } from 'node:crypto'
import forge from 'node-forge'
import type { Random } from '../../platform/index.ts'
import { bmpString, explicit0, integer, nothing, octets, oid, parsed, sequence, setOf, toBytes } from './der.ts'
import { sealKey } from './sealed-key.ts'

const DATA = '1.2.840.113549.1.7.1'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERT_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA1 = '1.3.14.3.2.26'
/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C). */
const SHA1_3DES = '1.2.840.113549.1.12.1.3'
/** Rounds that Java and Windows take too. */
const ROUNDS = 10_000
/** What a derived value is for (RFC 7292, B.3). */
const KEY_ID = 1
const IV_ID = 2
const MAC_ID = 3

/**
 * How a bundle is protected. `aes-256`: AES-256 and HMAC-SHA-256; Windows from 10 1709 and Server 2019, Java from 8u301, OpenSSL from 1.0.
 * `3des-sha1`: 3DES and HMAC-SHA-1, which Windows Server 2016, 2012 R2 and everything older open too; its passphrase is guessed faster.
 */
export type BundleForm = 'aes-256' | '3des-sha1'

type Node = ReturnType<typeof sequence>
const content = (bytes: Uint8Array): Node => sequence(oid(DATA), explicit0(octets(bytes)))

/**
 * A PKCS#12 bundle (RFC 7292) of one key, its certificate and those above it, under a passphrase. node-forge's own writer knows RSA keys
 * only; its parts know no difference.
 */
export function pkcs12(
  { name, pkcs8, chain }: { readonly name: string; readonly pkcs8: Uint8Array; readonly chain: readonly Uint8Array[] },
  passphrase: string,
  random: Random,
  form: BundleForm = 'aes-256',
): Uint8Array {
  const id = createHash('sha1')
    .update(chain[0] ?? '')
    .digest()
  const keyId = sequence(oid(LOCAL_KEY_ID), setOf(octets(id)))
  const attributes = setOf(sequence(oid(FRIENDLY_NAME), setOf(bmpString(name))), keyId)
  const certificateBags = chain.map((der, i) =>
    sequence(...[oid(CERT_BAG), explicit0(sequence(oid(X509_CERTIFICATE), explicit0(octets(der))))], ...(i === 0 ? [attributes] : [])),
  )
  const keyBag = sequence(oid(SHROUDED_KEY_BAG), explicit0(parsed(sealed(form, pkcs8, passphrase, random))), attributes)
  const safe = toBytes(sequence(content(toBytes(sequence(...certificateBags))), content(toBytes(sequence(keyBag)))))
  return toBytes(sequence(integer(3), content(safe), macOf(form, safe, passphrase, random)))
}

function sealed(form: BundleForm, pkcs8: Uint8Array, passphrase: string, random: Random): Uint8Array {
  switch (form) {
    case 'aes-256':
      return sealKey(pkcs8, passphrase, ROUNDS, random)
    case '3des-sha1': {
      const salt = random.bytes(8)
      const [key, iv] = [derived('sha1', passphrase, salt, KEY_ID, 24), derived('sha1', passphrase, salt, IV_ID, 8)]
      const cipher = createCipheriv('des-ede3-cbc', key, iv)
      const bytes = Buffer.concat([cipher.update(pkcs8), cipher.final()])
      return toBytes(sequence(sequence(oid(SHA1_3DES), sequence(octets(salt), integer(ROUNDS))), octets(bytes)))
    }
  }
}

function macOf(form: BundleForm, safe: Uint8Array, passphrase: string, random: Random): Node {
  const [hash, hashOid, length] = form === 'aes-256' ? (['sha256', SHA256, 32] as const) : (['sha1', SHA1, 20] as const)
  const salt = random.bytes(16)
  const mac = createHmac(hash, derived(hash, passphrase, salt, MAC_ID, length))
    .update(safe)
    .digest()
  return sequence(sequence(sequence(oid(hashOid), nothing()), octets(mac)), octets(salt), integer(ROUNDS))
}

/** The derivation of PKCS#12 (RFC 7292, B.2). */
function derived(hash: 'sha1' | 'sha256', passphrase: string, salt: Uint8Array, id: number, length: number): Uint8Array {
  const bytes = forge.util.createBuffer(Buffer.from(salt).toString('binary'))
  return Buffer.from(forge.pkcs12.generateKey(passphrase, bytes, id, ROUNDS, length, forge.md[hash].create()).getBytes(), 'binary')
}
