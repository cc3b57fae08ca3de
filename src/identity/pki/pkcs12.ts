import { createHash, createHmac } from 'node:crypto'
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
/** Rounds that Java and Windows take too. */
const ROUNDS = 10_000
const MAC_ID = 3

type Node = ReturnType<typeof sequence>
const content = (bytes: Uint8Array): Node => sequence(oid(DATA), explicit0(octets(bytes)))

/**
 * A PKCS#12 bundle (RFC 7292) of one key, its certificate and those above it, under a passphrase: AES-256 and HMAC-SHA-256, as Windows (from
 * 10 1709), Java (from 8u301) and OpenSSL open it. node-forge's own writer knows RSA keys only; its parts know no difference.
 */
export function pkcs12(
  { name, pkcs8, chain }: { readonly name: string; readonly pkcs8: Uint8Array; readonly chain: readonly Uint8Array[] },
  passphrase: string,
  random: Random,
): Uint8Array {
  const id = createHash('sha1')
    .update(chain[0] ?? '')
    .digest()
  const keyId = sequence(oid(LOCAL_KEY_ID), setOf(octets(id)))
  const attributes = setOf(sequence(oid(FRIENDLY_NAME), setOf(bmpString(name))), keyId)
  const certificateBags = chain.map((der, i) =>
    sequence(...[oid(CERT_BAG), explicit0(sequence(oid(X509_CERTIFICATE), explicit0(octets(der))))], ...(i === 0 ? [attributes] : [])),
  )
  const keyBag = sequence(oid(SHROUDED_KEY_BAG), explicit0(parsed(sealKey(pkcs8, passphrase, ROUNDS, random))), attributes)
  const safe = toBytes(sequence(content(toBytes(sequence(...certificateBags))), content(toBytes(sequence(keyBag)))))
  const salt = random.bytes(16)
  const macKey = forge.pkcs12.generateKey(
    passphrase,
    forge.util.createBuffer(Buffer.from(salt).toString('binary')),
    MAC_ID,
    ROUNDS,
    32,
    forge.md.sha256.create(),
  )
  const mac = createHmac('sha256', Buffer.from(macKey.getBytes(), 'binary')).update(safe).digest()
  const macData = sequence(sequence(sequence(oid(SHA256), nothing()), octets(mac)), octets(salt), integer(ROUNDS))
  return toBytes(sequence(integer(3), content(safe), macData))
}
