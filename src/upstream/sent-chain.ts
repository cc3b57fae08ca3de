import type { X509Certificate } from 'node:crypto'
import type { Server, TLSSocket } from 'node:tls'
import { MAX_SENT } from './limits.ts'

/**
 * Notes the certificates that each client sends beside its own, and gives them back once the handshake is done; none when a session is
 * resumed. After `secureConnection` it is too late: Node 24.21 and 26.8 take the chain out of OpenSSL when they look whether there is a
 * certificate (nodejs/node issue 65579), and neither `getPeerCertificate(true)` nor `issuerCertificate` has it then. The `keylog` event
 * comes with the socket, before that and after the client's certificate (decision 0038). Its secrets are neither read nor kept: only
 * which of them it is.
 */
export function readSentChains(server: Server): (socket: TLSSocket) => readonly X509Certificate[] {
  const sent = new WeakMap<TLSSocket, readonly X509Certificate[]>()
  server.on('keylog', (line: Buffer, socket: TLSSocket) => {
    if (comesAfterCertificate(line)) sent.set(socket, chainOf(socket))
  })
  return (socket) => sent.get(socket) ?? []
}

/** The names of the NSS key log format: the master secret of TLS 1.2, and what the client's Finished of TLS 1.3 brings into use. */
const AFTER_CERTIFICATE = ['CLIENT_RANDOM ', 'CLIENT_TRAFFIC_SECRET_0 '].map((name) => Buffer.from(name, 'latin1'))
const comesAfterCertificate = (line: Buffer): boolean => AFTER_CERTIFICATE.some((name) => line.subarray(0, name.length).equals(name))

/** What was sent, in any order; nothing of it is verified here. */
function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let at = socket.getPeerX509Certificate()?.issuerCertificate
  while (at !== undefined && chain.length < MAX_SENT) {
    const { fingerprint256 } = at
    if (!chain.some((one) => one.fingerprint256 === fingerprint256)) chain.push(at)
    at = at.issuerCertificate
  }
  return chain
}
