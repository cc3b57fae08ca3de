import { X509Certificate, createPrivateKey } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { readRegularFile } from '../../platform/index.ts'
import { certificatesOf } from './pem.ts'
import { type Wanted, cutOff, describePemFault, holdsKey, pemFault } from './pem-faults.ts'

export type PairFiles = { readonly certificateFile: string; readonly keyFile: string }
export type Pair = { readonly certificate: string; readonly key: string }
/** A file that cannot be used. `why` begins with its name; `mend` is the command or the step that helps. */
export type Unusable = { readonly kind: 'unusable'; readonly file: string; readonly why: string; readonly mend: string }

/** A pair that fits comes from whoever issued the certificate: the site's own authority where its register is beside it. */
const issueAgain = (certificateFile: string): string =>
  existsSync(join(dirname(certificateFile), 'authority.json'))
    ? 'breakwall cert issue makes a pair that fits'
    : `openssl x509 -in ${certificateFile} -noout -issuer shows who issued it: get a pair that fits from there`
const unusable = (file: string, why: string, mend: string): Unusable => ({ kind: 'unusable', file, why: `${file}: ${why}`, mend })

/** The text of a PEM file of the kind that is wanted, or what else the file is. */
function readPem(file: string, wanted: Wanted): string | Unusable {
  let bytes: Buffer
  try {
    bytes = readRegularFile(file)
  } catch (error) {
    return unreadable(file, error)
  }
  const fault = pemFault(bytes, wanted)
  if (fault === 'fine') return wanted === 'key' ? bytes.toString('utf8') : withoutOpenKey(file, bytes.toString('utf8'))
  const { why, mend } = describePemFault(fault, file, wanted)
  return unusable(file, why, mend)
}

/** A certificate is for everybody; with a key in its file it is not. */
function withoutOpenKey(file: string, text: string): string | Unusable {
  const mode = statSync(file).mode & 0o777
  return (mode & 0o007) !== 0 && holdsKey(text)
    ? unusable(file, `everybody may read it (mode ${octal(mode)}), and there is a private key in it`, `chmod 600 ${file}`)
    : text
}

const octal = (mode: number): string => `0${mode.toString(8).padStart(3, '0')}`

/** Whether the file of a revocation list can be read whole. What the list in it says is not looked at. */
export function listFileFault(file: string): Unusable | 'fine' {
  try {
    const at = cutOff(readRegularFile(file).toString('latin1'), 'list')
    if (at === 'none') return 'fine'
    const { why, mend } = describePemFault({ kind: 'cut-off', at }, file, 'list')
    return unusable(file, why, mend)
  } catch (error) {
    return unreadable(file, error)
  }
}

function unreadable(file: string, error: unknown): Unusable {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  switch (code) {
    case 'ENOENT':
      return unusable(file, 'there is no such file', `ls -l ${file}`)
    case 'EACCES':
      return unusable(file, 'this user may not read it', `chown to the service's user, and mode 600 for a key: ls -l ${file}`)
    case 'EISDIR':
      return unusable(file, 'it is a folder, expected a file', `ls -l ${file}`)
    case 'ELOOP':
      return unusable(file, 'its symbolic links lead back to themselves', `ls -l ${file}`)
    case 'ENOTDIR':
      return unusable(file, 'a part of its path is a file, expected a folder', `namei -l ${file}`)
    default:
      return unusable(file, error instanceof Error ? error.message : String(error), `ls -l ${file}`)
  }
}

/** Reads a certificate and its key and sees that they fit each other and that TLS takes them; says which one does not. */
export function readPair({ certificateFile, keyFile }: PairFiles): Pair | Unusable {
  const certificate = readPem(certificateFile, 'certificate')
  if (typeof certificate !== 'string') return certificate
  const chain = readChain(certificateFile, certificate)
  if ('kind' in chain) return chain
  const key = readKeyPem(keyFile)
  if (typeof key !== 'string') return key
  const misfit = keyMisfit(key, chain, { certificateFile, keyFile })
  if (misfit !== 'fits') return misfit
  try {
    createSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' })
    return { certificate, key }
  } catch (error) {
    return tlsRefuses(certificateFile, error)
  }
}

function readChain(file: string, pem: string): readonly X509Certificate[] | Unusable {
  try {
    return certificatesOf(pem)
  } catch (error) {
    const why = `a certificate in it is damaged (${error instanceof Error ? error.message : String(error)})`
    return unusable(file, why, `copy it again; openssl x509 -in ${file} -noout -text shows the first one`)
  }
}

function readKeyPem(file: string): string | Unusable {
  const key = readPem(file, 'key')
  if (typeof key !== 'string') return key
  const mode = statSync(file).mode & 0o777
  return (mode & 0o007) === 0 ? key : unusable(file, `everybody may read this key (mode ${octal(mode)})`, `chmod 600 ${file}`)
}

function keyMisfit(key: string, chain: readonly X509Certificate[], { certificateFile, keyFile }: PairFiles): 'fits' | Unusable {
  try {
    const parsed = createPrivateKey(key)
    const at = chain.findIndex((certificate) => certificate.checkPrivateKey(parsed))
    if (at === 0) return 'fits'
    if (at > 0) {
      const why = `the chain is in the wrong order: the certificate of ${keyFile} is number ${at + 1} in it, expected first`
      return unusable(
        certificateFile,
        why,
        'put the own certificate first, each issuer after what it signed: cat own.crt issuer.crt > FILE',
      )
    }
    return unusable(keyFile, `this key does not belong to ${certificateFile}`, issueAgain(certificateFile))
  } catch (error) {
    const why = `the key is damaged (${error instanceof Error ? error.message : String(error)})`
    return unusable(keyFile, why, `openssl pkey -in ${keyFile} -check -noout`)
  }
}

/** OpenSSL's verdict on a pair that fits: keys and signatures below its security level. */
function tlsRefuses(file: string, error: unknown): Unusable {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'ERR_SSL_EE_KEY_TOO_SMALL' || code === 'ERR_SSL_CA_KEY_TOO_SMALL')
    return unusable(file, 'a key in its chain is too short for TLS: expected RSA of 2048 bits or more, or EC', issueAgain(file))
  if (code === 'ERR_SSL_CA_MD_TOO_WEAK' || code === 'ERR_SSL_EE_MD_TOO_WEAK')
    return unusable(file, 'a signature in its chain is too weak for TLS: expected SHA-256', issueAgain(file))
  return unusable(file, `TLS does not take it (${error instanceof Error ? error.message : String(error)})`, issueAgain(file))
}

/** Reads the authorities that a side trusts, at least one. */
export function readAuthorities(
  file: string,
): { readonly kind: 'authorities'; readonly pem: string; readonly list: readonly X509Certificate[] } | Unusable {
  const pem = readPem(file, 'trusted')
  if (typeof pem !== 'string') return pem
  const list = readChain(file, pem)
  if ('kind' in list) return list
  if (list.length === 0) return unusable(file, 'this file holds no certificate', `openssl x509 -in ${file} -noout -subject`)
  const other = list.findIndex((certificate) => !certificate.ca)
  if (other >= 0) {
    const which = list.length === 1 ? 'this' : `number ${other + 1} in it`
    return unusable(file, `${which} is not the certificate of an authority`, 'name the file of the authority, such as pki/site-ca.crt')
  }
  return { kind: 'authorities', pem, list }
}

/** Reads one certificate, of whatever kind. */
export function readCertificate(file: string): X509Certificate | Unusable {
  const pem = readPem(file, 'trusted')
  if (typeof pem !== 'string') return pem
  const list = readChain(file, pem)
  if ('kind' in list) return list
  return list[0] ?? unusable(file, 'this file holds no certificate', `openssl x509 -in ${file} -noout -subject`)
}

/** Whether a file holds a key that only a passphrase opens; false for one that cannot be read. */
export function isEncryptedKey(file: string): boolean {
  try {
    const fault = pemFault(readRegularFile(file), 'key')
    return fault !== 'fine' && fault.kind === 'encrypted-key'
  } catch {
    return false
  }
}
