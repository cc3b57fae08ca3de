import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { certificatesOf } from './pem.ts'

export type PairFiles = { readonly certificateFile: string; readonly keyFile: string }
export type Pair = { readonly certificate: string; readonly key: string }
export type Unusable = { readonly kind: 'unusable'; readonly why: string }

const unusable = (file: string, error: unknown): Unusable => ({
  kind: 'unusable',
  why: `${file}: ${error instanceof Error ? error.message : String(error)}`,
})

/** Reads a certificate and its key and sees that they fit each other; says which one does not. */
export function readPair({ certificateFile, keyFile }: PairFiles): Pair | Unusable {
  let at = certificateFile
  try {
    const certificate = readFileSync(at, 'utf8')
    const leaf = new X509Certificate(certificate)
    at = keyFile
    const mode = statSync(at).mode & 0o777
    if ((mode & 0o007) !== 0) return unusable(at, `everybody may read this key (mode 0${mode.toString(8)}): chmod 600 ${at}`)
    const key = readFileSync(at, 'utf8')
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return unusable(at, `this key does not belong to ${certificateFile}`)
    return { certificate, key }
  } catch (error) {
    return unusable(at, error)
  }
}

/** Reads the authorities that a side trusts, at least one. */
export function readAuthorities(
  file: string,
): { readonly kind: 'authorities'; readonly pem: string; readonly list: readonly X509Certificate[] } | Unusable {
  try {
    const pem = readFileSync(file, 'utf8')
    const list = certificatesOf(pem)
    if (list.length === 0) return unusable(file, 'this file holds no certificate')
    const other = list.findIndex((certificate) => !certificate.ca)
    if (other >= 0)
      return unusable(file, `${list.length === 1 ? 'this' : `number ${other + 1} in it`} is not the certificate of an authority`)
    return { kind: 'authorities', pem, list }
  } catch (error) {
    return unusable(file, error)
  }
}

/** Reads one certificate, of whatever kind. */
export function readCertificate(file: string): X509Certificate | Unusable {
  try {
    return new X509Certificate(readFileSync(file, 'utf8'))
  } catch (error) {
    return unusable(file, error)
  }
}
