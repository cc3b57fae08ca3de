import { type KeyObject, X509Certificate, createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { bits, context, generalizedTime, integer, no, octets, oid, seq, set, small, tlv, toPem, utcTime, utf8, yes } from './der.ts'

/** Certificates and revocation lists from raw DER: everything in them can be wrong. Times are fixed; `NOW_MS` is when they are judged. */
export const NOW_MS = Date.UTC(2026, 6, 1)
const FROM = utcTime('260101000000Z')
const UNTIL = utcTime('361231000000Z')

export type Key = { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
const keys = new Map<string, Key>()
/** One P-256 key for each name, made once in a run. */
export function keyOf(name: string): Key {
  const there = keys.get(name)
  if (there !== undefined) return there
  const made = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  keys.set(name, made)
  return made
}

export const ECDSA_SHA256 = seq(oid('1.2.840.10045.4.3.2'))
export const ECDSA_SHA1 = seq(oid('1.2.840.10045.4.1'))
export const nameOf = (common: string, string = utf8): Buffer => (common === '' ? seq() : seq(set(seq(oid('2.5.4.3'), string(common)))))

/** Extension builders: DER of one `Extension`. */
export const extension = (id: string, value: Uint8Array, critical = false): Buffer =>
  seq(oid(id), ...(critical ? [yes] : []), octets(value))
export const basic = (ca: boolean, pathLength?: number, critical = true): Buffer =>
  extension('2.5.29.19', seq(...(ca ? [yes] : []), ...(pathLength === undefined ? [] : [small(pathLength)])), critical)
export const USAGE = { sign: 0x80, agree: 0x08, certSign: 0x04, crlSign: 0x02 } as const
export const usage = (flags: number, critical = true): Buffer => extension('2.5.29.15', bits(Buffer.from([flags]), 1), critical)
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
export const purposes = (...of: readonly string[]): Buffer => extension('2.5.29.37', seq(...of.map(oid)))
export const role = (text: string, critical = false): Buffer => extension('1.3.6.1.4.1.50316.802.1', utf8(text), critical)
const spki = (key: Key): Buffer => key.publicKey.export({ type: 'spki', format: 'der' })
const keyId = (key: Key): Buffer => createHash('sha1').update(spki(key)).digest()
export const subjectKey = (key: Key, critical = false): Buffer => extension('2.5.29.14', octets(keyId(key)), critical)
export const authorityKey = (key: Key, critical = false): Buffer => extension('2.5.29.35', seq(tlv(0x80, keyId(key))), critical)
export const CA = [basic(true), usage(USAGE.certSign | USAGE.crlSign)]
export const LEAF = [basic(false), usage(USAGE.sign), purposes(CLIENT_AUTH), role('Operator')]

export type Made = { readonly subject: Buffer; readonly key: Key; readonly der: Buffer; readonly pem: string; readonly keyPem: string }
export type Certificate = {
  readonly name: string
  /** Left out: it signs itself. */
  readonly by?: Pick<Made, 'subject' | 'key'>
  readonly key?: Key
  readonly serial?: string
  /** 2 is version 3; left out of the bytes when 0. */
  readonly version?: number
  readonly from?: Buffer
  readonly until?: Buffer
  readonly extensions?: readonly Buffer[]
  readonly subject?: Buffer
  readonly issuer?: Buffer
  readonly publicKey?: Buffer
  /** Inside and outside. */
  readonly algorithms?: readonly [Buffer, Buffer]
  readonly hash?: string
  readonly signature?: (good: Buffer) => Buffer
}

let serial = 0x1000
export function certify(given: Certificate): Made {
  const { name, key = keyOf(name), version = 2, from = FROM, until = UNTIL, extensions = [], hash = 'sha256' } = given
  const subject = given.subject ?? nameOf(name)
  const by = given.by ?? { subject, key }
  const [inner, outer] = given.algorithms ?? [ECDSA_SHA256, ECDSA_SHA256]
  serial += 1
  const number = integer(given.serial ?? `00${serial.toString(16).padStart(4, '0')}`.replace(/^00(?=[0-7])/, ''))
  const tbs = seq(
    ...(version === 0 ? [] : [context(0, small(version))]),
    ...[number, inner, given.issuer ?? by.subject, seq(from, until), subject, given.publicKey ?? spki(key)],
    ...(extensions.length === 0 ? [] : [context(3, seq(...extensions))]),
  )
  const good = sign(hash, tbs, by.key.privateKey)
  const der = seq(tbs, outer, bits(given.signature?.(good) ?? good))
  return { subject, key, der, pem: toPem('CERTIFICATE', der), keyPem: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

export const read = ({ der }: Pick<Made, 'der'>): X509Certificate => new X509Certificate(der)
export const publicOf = (certificate: X509Certificate): Buffer =>
  createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'der' })

/** The serial number of a certificate, as it stands in it. */
export function serialOf({ der }: Pick<Made, 'der'>): string {
  const hex = new X509Certificate(der).serialNumber.toLowerCase()
  return /^[89a-f]/.test(hex) ? `00${hex}` : hex
}

export type List = {
  readonly by: Pick<Made, 'subject' | 'key'>
  readonly revoked?: readonly (string | Buffer)[]
  readonly number?: string
  readonly version?: 'v1' | 'v2'
  readonly from?: Buffer
  readonly until?: Buffer | 'none'
  readonly extensions?: readonly Buffer[]
  readonly algorithms?: readonly [Buffer, Buffer]
  readonly hash?: string
  readonly signature?: (good: Buffer) => Buffer
}
export const revokedEntry = (serialHex: string, extensions: readonly Buffer[] = []): Buffer =>
  seq(integer(serialHex), utcTime('260601000000Z'), ...(extensions.length === 0 ? [] : [seq(...extensions)]))
export const listNumber = (hex: string): Buffer => extension('2.5.29.20', integer(hex))

export function revoke(given: List): { readonly der: Buffer; readonly pem: string } {
  const { by, revoked = [], version = 'v2', from = utcTime('260601000000Z'), until = utcTime('260801000000Z'), hash = 'sha256' } = given
  const [inner, outer] = given.algorithms ?? [ECDSA_SHA256, ECDSA_SHA256]
  const entries = revoked.map((one) => (typeof one === 'string' ? revokedEntry(one) : one))
  const extensions = [...(version === 'v1' ? [] : [listNumber(given.number ?? '01')]), ...(given.extensions ?? [])]
  const tbs = seq(
    ...(version === 'v1' ? [] : [small(1)]),
    ...[inner, by.subject, from],
    ...(until === 'none' ? [] : [until]),
    ...(entries.length === 0 ? [] : [seq(...entries)]),
    ...(extensions.length === 0 ? [] : [context(0, seq(...extensions))]),
  )
  const good = sign(hash, tbs, by.key.privateKey)
  const der = seq(tbs, outer, bits(given.signature?.(good) ?? good))
  return { der, pem: toPem('X509 CRL', der) }
}

export { context, generalizedTime, no }
