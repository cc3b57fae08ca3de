import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

export type TlsFiles = { readonly certificateFile: string; readonly keyFile: string; readonly clientsFile: string }
export type TlsTexts = { readonly certificate: string; readonly key: string; readonly clients: string }

/** Reads a listener's files and sees that they fit each other; says which one does not. */
export function readTlsFiles(files: TlsFiles): TlsTexts | { readonly kind: 'unusable'; readonly why: string } {
  const unusable = (file: string, error: unknown) =>
    ({ kind: 'unusable', why: `${file}: ${error instanceof Error ? error.message : String(error)}` }) as const
  let at = files.certificateFile
  try {
    const certificate = readFileSync(at, 'utf8')
    const leaf = new X509Certificate(certificate)
    at = files.keyFile
    const key = readFileSync(at, 'utf8')
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return unusable(at, `this key does not belong to ${files.certificateFile}`)
    at = files.clientsFile
    const clients = readFileSync(at, 'utf8')
    if (!new X509Certificate(clients).ca) return unusable(at, 'this is not the certificate of an authority')
    return { certificate, key, clients }
  } catch (error) {
    return unusable(at, error)
  }
}
