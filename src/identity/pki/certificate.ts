import { type KeyObject, X509Certificate, createPublicKey } from 'node:crypto'
import { isIP } from 'node:net'
import type { Clock, Random } from '../../platform/index.ts'
import { toBytes, utf8 } from './der.ts'
import { algorithmOf, signingKey } from './keys.ts'
import { ROLE_OID } from './role.ts'
import { type X509Library, x509Library } from './x509-library.ts'

export type Purpose =
  | { readonly kind: 'client'; readonly role: string }
  | { readonly kind: 'client-without-role' }
  /** Names and addresses under which clients reach the server. */
  | { readonly kind: 'server'; readonly hosts: readonly string[] }

export type Signer = { readonly certificate: X509Certificate; readonly key: KeyObject }
export type CertificateSettings = {
  readonly name: string
  readonly purpose: Purpose
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly days: number
}

const DAY_MS = 24 * 60 * 60_000
/** Clocks of clients may be a day behind. */
const BEFORE_MS = DAY_MS

const publicDer = (key: KeyObject): Uint8Array => createPublicKey(key).export({ type: 'spki', format: 'der' })

/** A serial number is positive and like no other: 16 bytes by chance, the first below 80. */
export const newSerial = (random: Random): string => `4${Buffer.from(random.bytes(16)).toString('hex').slice(1)}`

const distinguished = (library: X509Library, name: string) => new library.Name([{ CN: [{ utf8String: name }] }])

function validity(days: number, clock: Clock): { readonly notBefore: Date; readonly notAfter: Date } {
  const nowMs = Math.floor(clock.utcUs() / 1000)
  return { notBefore: new Date(nowMs - BEFORE_MS), notAfter: new Date(nowMs + days * DAY_MS) }
}

/** A root of its own: signs certificates and revocation lists, and no other authority (path length 0). */
export async function makeRoot(name: string, key: KeyObject, days: number, clock: Clock, random: Random): Promise<X509Certificate> {
  const library = await x509Library()
  const own = new library.PublicKey(new Uint8Array(publicDer(key)))
  const made = await library.X509CertificateGenerator.create({
    serialNumber: newSerial(random),
    subject: distinguished(library, name),
    issuer: distinguished(library, name),
    ...validity(days, clock),
    publicKey: own,
    signingKey: signingKey(key),
    signingAlgorithm: algorithmOf(key),
    extensions: [
      new library.BasicConstraintsExtension(true, 0, true),
      new library.KeyUsagesExtension(library.KeyUsageFlags.keyCertSign | library.KeyUsageFlags.cRLSign, true),
      await library.SubjectKeyIdentifierExtension.create(own),
    ],
  })
  return new X509Certificate(Buffer.from(made.rawData))
}

/** A certificate of a client, with its one role, or of a server, with its names (MB-TCP-Security-v36, R-21, R-22, R-65). */
export async function makeCertificate(
  { name, purpose, publicKey, days }: CertificateSettings,
  signer: Signer,
  clock: Clock,
  random: Random,
): Promise<X509Certificate> {
  const library = await x509Library()
  const root = new library.X509Certificate(new Uint8Array(signer.certificate.raw))
  const subject = new library.PublicKey(new Uint8Array(publicKey))
  const made = await library.X509CertificateGenerator.create({
    serialNumber: newSerial(random),
    subject: distinguished(library, name),
    issuer: root.subjectName,
    ...validity(days, clock),
    publicKey: subject,
    signingKey: signingKey(signer.key),
    signingAlgorithm: algorithmOf(signer.key),
    extensions: [
      new library.BasicConstraintsExtension(false, undefined, true),
      usageOf(library, publicKey),
      await library.SubjectKeyIdentifierExtension.create(subject),
      await library.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ...extensionsFor(library, purpose),
    ],
  })
  return new X509Certificate(Buffer.from(made.rawData))
}

/** An RSA key may also be asked to open a premaster secret, by a client of TLS 1.2 that we do not serve but others may. */
function usageOf({ KeyUsageFlags: flags, KeyUsagesExtension }: X509Library, publicKey: Uint8Array) {
  const { asymmetricKeyType } = createPublicKey({ key: Buffer.from(publicKey), type: 'spki', format: 'der' })
  return asymmetricKeyType === 'rsa'
    ? new KeyUsagesExtension(flags.digitalSignature | flags.keyEncipherment, true)
    : new KeyUsagesExtension(flags.digitalSignature, true)
}

function extensionsFor(library: X509Library, purpose: Purpose): InstanceType<X509Library['Extension']>[] {
  const { ExtendedKeyUsage, ExtendedKeyUsageExtension } = library
  if (purpose.kind === 'server') {
    const names = purpose.hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }))
    return [new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]), new library.SubjectAlternativeNameExtension(names)]
  }
  const clientAuth = new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])
  if (purpose.kind === 'client-without-role') return [clientAuth]
  // Not critical: Node refuses a certificate with a critical extension that it does not know.
  return [clientAuth, new library.Extension(ROLE_OID, false, new Uint8Array(toBytes(utf8(purpose.role))))]
}
