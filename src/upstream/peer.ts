import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { AccessLevel, Role } from '../policy/index.ts'

/** A client's certificate and, after a full handshake, what it sent with it. A resumed session has the certificate only. */
export type Peer = { readonly certificate: X509Certificate; readonly chain: () => readonly X509Certificate[] }

/** Who a certificate stands for at this moment. */
export type Judged =
  | {
      readonly kind: 'known'
      readonly name: string
      readonly role: Role | 'NULL'
      /** The most that it can get, whatever its address. */
      readonly most: AccessLevel
    }
  | { readonly kind: 'refused'; readonly event: 'tls-handshake-failed' | 'role-invalid'; readonly name: string; readonly reason: string }

export function peerOf(socket: TLSSocket): Peer | undefined {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? undefined : { certificate, chain: () => chainOf(certificate) }
}

function chainOf(certificate: X509Certificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let at = certificate.issuerCertificate; at !== undefined && chain.length < MAX_CHAIN; at = at.issuerCertificate) {
    const fingerprint = at.fingerprint256
    if (chain.some((one) => one.fingerprint256 === fingerprint)) break
    chain.push(at)
  }
  return chain
}
/** Certificates of one chain that are looked at; OpenSSL has verified it before. */
const MAX_CHAIN = 10
