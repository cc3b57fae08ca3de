import type { X509Certificate } from 'node:crypto'
import {
  type Extension,
  TAG,
  bodyOf,
  extensionsOf,
  insideOf,
  integerOf,
  isNegative,
  oidOf,
  onlyElement,
  readDer,
  timeOf,
} from './der-reader.ts'
import { isKnownAlgorithm } from './signature.ts'

/** What the rules for paths (RFC 5280, 6.1) need of one certificate. */
export type CertificateFacts = {
  readonly kind: 'facts'
  /** Its bytes in hexadecimal, as revocation lists have it. */
  readonly serial: string
  readonly subject: Buffer
  readonly selfIssued: boolean
  readonly isAuthority: boolean
  /** Authorities that may follow below it, without those that issued themselves. */
  readonly pathLength: number
  /** The bits of the key usage extension, the first one highest; `any` without the extension. */
  readonly usage: number | 'any'
  readonly purposes: ReadonlySet<string> | 'any'
}
export type RefusedCertificate = { readonly kind: 'refused'; readonly why: string }
const refused = (why: string): RefusedCertificate => ({ kind: 'refused', why })

export const USAGE = { digitalSignature: 0x80, keyCertSign: 0x04, cRLSign: 0x02 } as const
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERIAL_OCTETS = 20
const BASIC = '2.5.29.19'
/**
 * Extensions that may be critical: what is honoured here or by OpenSSL in the handshake (key usage, alternative names, basic constraints,
 * extended key usage), and policies, which refuse nobody as long as no certificate demands one.
 */
const known = new Set(['2.5.29.15', '2.5.29.17', BASIC, '2.5.29.32', '2.5.29.37'])
/** Refused in an authority, critical or not: it would limit what is below, and the gateway does not work that out. */
const limiting: Readonly<Record<string, string>> = { '2.5.29.30': 'name constraints', '2.5.29.36': 'policy constraints' }

const read = new WeakMap<X509Certificate, CertificateFacts | RefusedCertificate>()
/** The facts of a certificate, or what makes it one that is not taken; read once. */
export function factsOf(certificate: X509Certificate): CertificateFacts | RefusedCertificate {
  const there = read.get(certificate)
  if (there !== undefined) return there
  const made = readDer(() => readFacts(certificate.raw))
  read.set(certificate, made)
  return made
}

function readFacts(der: Buffer): CertificateFacts | RefusedCertificate {
  const [tbs, outer] = insideOf(onlyElement(der), TAG.sequence)
  const fields = insideOf(tbs, TAG.sequence)
  const version = fields[0]?.tag === 0xa0 ? integerOf(insideOf(fields.shift(), 0xa0)[0]) : '00'
  const [serialField, inner, issuer, validity, subject, , ...more] = fields
  const wrapped = more.find(({ tag }) => tag === 0xa3)
  const serial = integerOf(serialField)
  if (isNegative(serial) || serial === '00' || serial.length > SERIAL_OCTETS * 2)
    return refused('its serial number is zero, negative or longer than 20 octets')
  if (!['00', '01', '02'].includes(version)) return refused('its version is not known')
  if (wrapped !== undefined && version !== '02') return refused('it has extensions, and is not of version 3')
  if (inner === undefined || outer?.whole.equals(inner.whole) !== true) return refused('it names two signature algorithms')
  if (!isKnownAlgorithm(outer)) return refused('its signature algorithm is not taken (too old, or not known)')
  for (const time of insideOf(validity, TAG.sequence)) timeOf(time)
  const extensions = wrapped === undefined ? [] : extensionsOf(insideOf(wrapped, 0xa3)[0])
  const unknown = extensions.find(({ id, critical }) => critical && !known.has(id) && limiting[id] === undefined)
  if (unknown !== undefined) return refused(`it has a critical extension that is not known (${unknown.id})`)
  for (const { id } of extensions) if (limiting[id] !== undefined) return refused(`it has ${limiting[id]}, which are not worked out`)
  const empty = (name: Buffer): boolean => insideOf(onlyElement(name), TAG.sequence).length === 0
  const [issuerName, subjectName] = [issuer?.whole ?? Buffer.of(), subject?.whole ?? Buffer.of()]
  const names = extensions.find(({ id }) => id === '2.5.29.17')
  if (empty(issuerName)) return refused('it does not name its issuer')
  const basic = basicOf(extensions.find(({ id }) => id === BASIC))
  if (empty(subjectName) && (basic.isAuthority || names?.critical !== true)) return refused('it has no subject')
  return {
    kind: 'facts',
    serial,
    subject: subjectName,
    selfIssued: issuerName.equals(subjectName),
    ...basic,
    usage: usageOf(extensions.find(({ id }) => id === '2.5.29.15')),
    purposes: purposesOf(extensions.find(({ id }) => id === '2.5.29.37')),
  }
}

function basicOf(extension: Extension | undefined): { readonly isAuthority: boolean; readonly pathLength: number } {
  if (extension === undefined) return { isAuthority: false, pathLength: 0 }
  const parts = insideOf(onlyElement(extension.value), TAG.sequence)
  const isAuthority = parts[0]?.tag === TAG.boolean && bodyOf(parts.shift(), TAG.boolean)[0] === 0xff
  const length = parts[0] === undefined ? undefined : integerOf(parts[0])
  const negative = length !== undefined && isNegative(length)
  return { isAuthority, pathLength: length === undefined ? Number.POSITIVE_INFINITY : negative ? -1 : Number.parseInt(length, 16) }
}

function usageOf(extension: Extension | undefined): number | 'any' {
  return extension === undefined ? 'any' : (bodyOf(onlyElement(extension.value), TAG.bits)[1] ?? 0)
}

function purposesOf(extension: Extension | undefined): ReadonlySet<string> | 'any' {
  return extension === undefined ? 'any' : new Set(insideOf(onlyElement(extension.value), TAG.sequence).map(oidOf))
}

const MIN_RSA_BITS = 2048
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

/** Whether a key is of a kind and size that is taken: RSA of 2048 bits or more, P-256, P-384, P-521, Ed25519, Ed448. */
function isStrong({ publicKey: { asymmetricKeyType: type, asymmetricKeyDetails: details } }: X509Certificate): boolean {
  // Which kinds there are is the runtime's to extend: one that is not named here is not taken.
  if (type === 'rsa' || type === 'rsa-pss') return (details?.modulusLength ?? 0) >= MIN_RSA_BITS
  if (type === 'ec') return CURVES.has(details?.namedCurve ?? '')
  return type === 'ed25519' || type === 'ed448'
}

/** What is wrong with a path by the rules that do not change with time; `none` when nothing is. From the client to the trust anchor. */
export function faultOfPath(path: readonly X509Certificate[]): string {
  let below = 0
  for (const [i, certificate] of path.entries()) {
    const whose = i === 0 ? 'the certificate' : 'an authority of the certificate'
    const facts = factsOf(certificate)
    if (facts.kind === 'refused') return `${whose} is not taken: ${facts.why}`
    const { usage, purposes, isAuthority, pathLength } = facts
    if (!isStrong(certificate)) return `${whose} has a key that is too weak or of a kind that is not taken`
    if (purposes !== 'any' && !purposes.has(CLIENT_AUTH)) return `${whose} is not for clients`
    if (i === 0) {
      if (usage !== 'any' && (usage & USAGE.digitalSignature) === 0) return `${whose} is not for signatures`
      continue
    }
    if (!isAuthority) return `${whose} is not that of an authority`
    if (usage !== 'any' && (usage & USAGE.keyCertSign) === 0) return `${whose} may not sign certificates`
    if (below > pathLength) return `${whose} may not have so many authorities below it`
    if (!facts.selfIssued) below += 1
  }
  return 'none'
}
