import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import forge from 'node-forge'
import type { Clock, Random } from '../../platform/index.ts'
import { ROLE_OID } from './role.ts'

/** RSA key size, bits: node-forge signs with RSA only (docs/decisions/0003). */
const KEY_BITS = 3072
const DAY_MS = 24 * 60 * 60 * 1000
const CA_DAYS = 3650

export type Purpose =
  | { readonly kind: 'client'; readonly role: string }
  | { readonly kind: 'client-without-role' }
  /** Names and addresses under which clients reach the server. */
  | { readonly kind: 'server'; readonly hosts: readonly string[] }

export type Issued = { readonly certificateFile: string; readonly keyFile: string; readonly expires: string }
export type PkiFailure = { readonly kind: 'failed'; readonly why: string; readonly hint: string }

const caCertificate = (folder: string): string => join(folder, 'site-ca.crt')
const caKey = (folder: string): string => join(folder, 'site-ca.key')

/** Makes the site's certificate authority in a folder (mode 0700, key 0600). Never replaces one that is there. */
export function initAuthority(folder: string, siteName: string, clock: Clock, random: Random): Issued | PkiFailure {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(caKey(folder)) || existsSync(caCertificate(folder))) {
    return {
      kind: 'failed',
      why: `${folder} already holds an authority`,
      hint: 'name another folder with --dir: every certificate of this site depends on the one that is there',
    }
  }
  const { publicPem, privatePem } = newKeys()
  const name = [{ name: 'commonName', value: `${siteName} CA` }]
  const certificate = blank(publicPem, CA_DAYS, clock, random)
  certificate.setSubject(name)
  certificate.setIssuer(name)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  certificate.sign(forge.pki.privateKeyFromPem(privatePem), forge.md.sha256.create())
  return keep(folder, 'site-ca', forge.pki.certificateToPem(certificate), privatePem)
}

/** Issues one certificate with its key; a server's file holds the whole chain down to the root. */
export function issueCertificate(
  folder: string,
  name: string,
  purpose: Purpose,
  days: number,
  clock: Clock,
  random: Random,
): Issued | PkiFailure {
  if (!existsSync(caKey(folder)))
    return { kind: 'failed', why: `there is no authority in ${folder}`, hint: `breakwall ca init --dir ${folder}` }
  if (existsSync(join(folder, `${name}.key`)))
    return {
      kind: 'failed',
      why: `${join(folder, `${name}.key`)} is there already`,
      hint: 'choose another name, or move the old pair away',
    }
  const caPem = readFileSync(caCertificate(folder), 'utf8')
  const ca = forge.pki.certificateFromPem(caPem)
  const { publicPem, privatePem } = newKeys()
  const certificate = blank(publicPem, days, clock, random)
  certificate.setSubject([{ name: 'commonName', value: name }])
  certificate.setIssuer(ca.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'subjectKeyIdentifier' },
    ...extensionsFor(purpose),
  ])
  certificate.sign(forge.pki.privateKeyFromPem(readFileSync(caKey(folder), 'utf8')), forge.md.sha256.create())
  const pem = forge.pki.certificateToPem(certificate)
  return keep(folder, name, purpose.kind === 'server' ? pem + caPem : pem, privatePem)
}

function extensionsFor(purpose: Purpose): object[] {
  if (purpose.kind === 'server') {
    const altNames = purpose.hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host }))
    return [
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ]
  }
  const clientAuth = { name: 'extKeyUsage', clientAuth: true }
  if (purpose.kind === 'client-without-role') return [clientAuth]
  const { asn1 } = forge
  const value = asn1.toDer(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.UTF8, false, forge.util.encodeUtf8(purpose.role))).getBytes()
  // Not critical: Node refuses a certificate with a critical extension that it does not know.
  return [clientAuth, { id: ROLE_OID, critical: false, value }]
}

function newKeys(): { publicPem: string; privatePem: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { publicPem: publicKey, privatePem: privateKey }
}

function blank(publicPem: string, days: number, clock: Clock, random: Random): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(publicPem)
  // A serial number is positive: its first byte stays below 80.
  certificate.serialNumber = `4${Buffer.from(random.bytes(16)).toString('hex').slice(1)}`
  const nowMs = Math.floor(clock.utcUs() / 1000)
  certificate.validity.notBefore = new Date(nowMs - DAY_MS)
  certificate.validity.notAfter = new Date(nowMs + days * DAY_MS)
  return certificate
}

function keep(folder: string, name: string, certificatePem: string, privatePem: string): Issued {
  const certificateFile = join(folder, `${name}.crt`)
  const keyFile = join(folder, `${name}.key`)
  writeFileSync(keyFile, privatePem, { mode: 0o600, flag: 'wx' })
  writeFileSync(certificateFile, certificatePem, { mode: 0o600 })
  return { certificateFile, keyFile, expires: new X509Certificate(certificatePem).validTo }
}
