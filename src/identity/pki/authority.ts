import { type KeyObject, X509Certificate, createPublicKey } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { readRegularFile } from '../../platform/index.ts'
import { type Purpose, type Signer, makeCertificate, makeRoot } from './certificate.ts'
import { type Desk, openSigners, rootsFile } from './desk.ts'
import { type KeyKind, keyPem, newKey, openKey, pkcs8Of } from './keys.ts'
import { commonName } from './pem.ts'
import { type BundleForm, pkcs12 } from './pkcs12.ts'
import {
  FOR_ALL,
  type IssuedCertificate,
  type PkiFailure,
  type Register,
  type Root,
  failed,
  hasAuthority,
  makeFolder,
  readRegister,
  updateRegister,
  writeRegister,
  writeWhole,
} from './register.ts'
import { readRequest } from './request.ts'
import { publishLists } from './lists.ts'

/** Files that were written; empty where there is none. */
export type Issued = {
  readonly certificateFile: string
  readonly keyFile: string
  readonly bundleFile: string
  readonly serial: string
  readonly expires: string
}

const ROOT_DAYS = 3650
const nameIsFine = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)

/** Makes the site's authority in a folder (mode 0700, files 0600) with an empty revocation list. Never replaces one that is there. */
export async function initAuthority(desk: Desk, siteName: string, kind: KeyKind): Promise<Issued | PkiFailure> {
  const { folder } = desk
  makeFolder(folder)
  if (hasAuthority(folder) || existsSync(rootsFile(folder)))
    return failed(
      `${folder} already holds an authority`,
      'name another folder with --dir: every certificate of this site depends on the one that is there',
    )
  const root = await addRoot(desk, `${siteName} CA`, kind, 1)
  const register: Register = { roots: [root.kept], listNumber: 0, issued: [] }
  writeRegister(folder, register)
  writeBundle(folder, register)
  const published = await publishLists(desk, [root.signer])
  if ('kind' in published) return published
  return {
    ...describe(root.signer.certificate),
    certificateFile: rootsFile(folder),
    keyFile: join(folder, root.kept.keyFile),
    bundleFile: '',
  }
}

const describe = (certificate: X509Certificate) => ({ serial: certificate.serialNumber, expires: certificate.validToDate.toISOString() })

async function addRoot(desk: Desk, name: string, kind: KeyKind, number: number): Promise<{ readonly kept: Root; readonly signer: Signer }> {
  const key = newKey(kind)
  const certificate = await makeRoot(name, key, ROOT_DAYS, desk.clock, desk.random)
  const base = number === 1 ? 'site-ca' : `site-ca-${number}`
  const kept = { fingerprint: certificate.fingerprint256, certificateFile: `${base}-root.crt`, keyFile: `${base}.key` }
  writeWhole(join(desk.folder, kept.keyFile), keyPem(key, desk.passphrase, desk.random))
  writeWhole(join(desk.folder, kept.certificateFile), certificate.toString(), FOR_ALL)
  return { kept, signer: { certificate, key } }
}

function writeBundle(folder: string, { roots }: Register): void {
  writeWhole(
    rootsFile(folder),
    roots.map(({ certificateFile }) => readRegularFile(join(folder, certificateFile)).toString('utf8')).join(''),
    FOR_ALL,
  )
}

export type Order = {
  /** Of the files, and in the certificate where `subject` does not say another. */
  readonly name: string
  readonly subject?: string
  readonly purpose: Purpose
  readonly days: number
  /** A key made here, or a request whose key stays where it was made. */
  readonly source: { readonly kind: 'new-key'; readonly key: KeyKind } | { readonly kind: 'request'; readonly bytes: Uint8Array }
  /** Of a PKCS#12 bundle; empty for none. */
  readonly bundlePassphrase: string
  /** `aes-256` when left out. */
  readonly bundleForm?: BundleForm
}

/** Issues one certificate; the file of a server holds the whole chain down to the root (R-46). Nothing that is there is replaced. */
export async function issueCertificate(desk: Desk, order: Order): Promise<Issued | PkiFailure> {
  const { folder } = desk
  const { name, source } = order
  if (!nameIsFine(name)) return failed(`"${name}" cannot be the name of a file`, 'take letters, digits, dot, - and _, at most 63')
  const register = readRegister(folder)
  if ('kind' in register) return register
  for (const ending of source.kind === 'new-key' ? ['key', 'crt'] : ['crt'])
    if (existsSync(join(folder, `${name}.${ending}`)))
      return failed(`${join(folder, `${name}.${ending}`)} is there already`, `breakwall cert renew ${name}, or choose another name`)
  const signers = openSigners(desk, register)
  if ('kind' in signers) return signers
  if (source.kind === 'request') {
    const asked = await readRequest(source.bytes)
    if (asked.kind === 'no-request') return failed(`this is no certificate request: ${asked.why}`, 'expected PKCS#10, PEM or DER')
    return issue(desk, signers, order, asked.publicKey, 'none')
  }
  const key = newKey(source.key)
  return issue(desk, signers, order, createPublicKey(key).export({ type: 'spki', format: 'der' }), key)
}

async function issue(
  desk: Desk,
  signers: readonly Signer[],
  order: Order,
  publicKey: Uint8Array,
  key: KeyObject | 'none',
): Promise<Issued | PkiFailure> {
  const { folder, clock, random } = desk
  const { name, purpose, days, bundlePassphrase, bundleForm = 'aes-256' } = order
  const [signer] = signers
  if (signer === undefined) throw new Error('an authority without a root')
  const untilMs = clock.utcUs() / 1000 + days * 24 * 60 * 60_000
  if (untilMs > signer.certificate.validToDate.getTime())
    return failed(
      `the authority itself ends on ${signer.certificate.validTo}, before ${days} days are over`,
      'fewer --days, or breakwall ca rotate',
    )
  const certificate = await makeCertificate({ name: order.subject ?? name, purpose, publicKey, days }, signer, clock, random)
  const entry: IssuedCertificate = {
    serial: certificate.serialNumber,
    name: order.subject ?? name,
    role: purpose.kind === 'client' ? purpose.role : '',
    hosts: purpose.kind === 'server' ? purpose.hosts : [],
    kind: purpose.kind === 'server' ? 'server' : 'client',
    root: signer.certificate.fingerprint256,
    fromMs: certificate.validFromDate.getTime(),
    untilMs: certificate.validToDate.getTime(),
    fingerprint: certificate.fingerprint256,
    revoked: 'no',
  }
  // The register first: a certificate that it does not know could never be revoked.
  const kept = updateRegister(folder, (now) => ({ ...now, issued: [...now.issued, entry] }))
  if (kept !== 'written') return kept
  const file = (ending: string): string => join(folder, `${name}.${ending}`)
  if (key !== 'none') writeWhole(file('key'), keyPem(key, '', random))
  writeWhole(
    file('crt'),
    purpose.kind === 'server' ? certificate.toString() + signer.certificate.toString() : certificate.toString(),
    FOR_ALL,
  )
  const bundled = key !== 'none' && bundlePassphrase !== ''
  if (bundled)
    writeWhole(
      file('p12'),
      pkcs12({ name, pkcs8: pkcs8Of(key), chain: [certificate.raw, signer.certificate.raw] }, bundlePassphrase, random, bundleForm),
    )
  return {
    certificateFile: file('crt'),
    keyFile: key === 'none' ? '' : file('key'),
    bundleFile: bundled ? file('p12') : '',
    ...describe(certificate),
  }
}

/** A new key and certificate for the same name and role. The pair before it is kept beside it and stays valid until its own end. */
export async function renewCertificate(
  desk: Desk,
  name: string,
  days: number,
  bundlePassphrase: string,
  bundleForm: BundleForm = 'aes-256',
): Promise<Issued | PkiFailure> {
  const register = readRegister(desk.folder)
  if ('kind' in register) return register
  const last = register.issued.findLast((entry) => entry.name === name)
  if (last === undefined) return failed(`nothing was issued for "${name}"`, 'breakwall cert list')
  if (last.revoked !== 'no') return failed(`the certificate of "${name}" is revoked`, 'breakwall cert issue, under another name')
  const file = (ending: string): string => join(desk.folder, `${name}.${ending}`)
  const kept = ['key', 'crt', 'p12'].filter((ending) => existsSync(file(ending)))
  if (!kept.includes('key'))
    return failed(`the key of "${name}" is not here, it was made elsewhere`, 'breakwall cert issue with --csr FILE, under another name')
  const isRsa = openKey(readRegularFile(file('key')).toString('utf8'), '')
  const keyKind: KeyKind = isRsa !== 'wrong-passphrase' && isRsa.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'
  for (const ending of kept) renameSync(file(ending), file(`previous.${ending}`))
  const purpose: Purpose =
    last.kind === 'server'
      ? { kind: 'server', hosts: last.hosts }
      : last.role === ''
        ? { kind: 'client-without-role' }
        : { kind: 'client', role: last.role }
  const source = { kind: 'new-key', key: keyKind } as const
  const renewed = await issueCertificate(desk, { name, purpose, days, source, bundlePassphrase, bundleForm })
  if ('kind' in renewed) for (const ending of kept) renameSync(file(`previous.${ending}`), file(ending))
  return renewed
}

/** A second root beside the first: what is issued from now on is signed by it, and both are trusted until the first is retired. */
export async function rotateAuthority(desk: Desk, kind: KeyKind): Promise<Issued | PkiFailure> {
  const register = readRegister(desk.folder)
  if ('kind' in register) return register
  const signers = openSigners(desk, register)
  if ('kind' in signers) return signers
  const [first] = register.roots
  if (register.roots.length > 1 || first === undefined)
    return failed('two roots are in force already', 'breakwall ca retire, once nothing that the older one signed is in use')
  const number = Number(/-(\d+)\.key$/.exec(first.keyFile)?.[1] ?? '1') + 1
  const before = commonName(new X509Certificate(readRegularFile(join(desk.folder, first.certificateFile))))
  const root = await addRoot(desk, `${before.replace(/ \d+$/, '')} ${number}`, kind, number)
  const next = { ...register, roots: [root.kept, ...register.roots] }
  writeRegister(desk.folder, next)
  writeBundle(desk.folder, next)
  const published = await publishLists(desk, [root.signer, ...signers])
  if ('kind' in published) return published
  return {
    ...describe(root.signer.certificate),
    certificateFile: rootsFile(desk.folder),
    keyFile: join(desk.folder, root.kept.keyFile),
    bundleFile: '',
  }
}

/** Ends the overlap: only the newest root stays. Refused while certificates of the older one are still valid, unless it is forced. */
export async function retireAuthority(
  desk: Desk,
  force: boolean,
): Promise<{ readonly kind: 'retired'; readonly roots: number } | PkiFailure> {
  const register = readRegister(desk.folder)
  if ('kind' in register) return register
  const [newest, ...older] = register.roots
  if (newest === undefined || older.length === 0) return failed('there is one root only', 'breakwall ca rotate makes the next one')
  const nowMs = desk.clock.utcUs() / 1000
  const inUse = register.issued.filter(({ root, untilMs, revoked }) => root !== newest.fingerprint && untilMs > nowMs && revoked === 'no')
  const replaced = (entry: IssuedCertificate): boolean =>
    register.issued.some((other) => other.name === entry.name && other.root === newest.fingerprint)
  const left = inUse.filter((entry) => !replaced(entry))
  if (left.length > 0 && !force)
    return failed(
      `the older root still stands behind ${left.map(({ name }) => name).join(', ')}`,
      'breakwall cert renew each of them and bring it to its place, or --force',
    )
  const next = { ...register, roots: [newest] }
  const signers = openSigners(desk, next)
  if ('kind' in signers) return signers
  writeRegister(desk.folder, next)
  writeBundle(desk.folder, next)
  const published = await publishLists(desk, signers)
  return 'kind' in published ? published : { kind: 'retired', roots: older.length }
}
