import { X509Certificate } from 'node:crypto'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
/**
 * What OpenSSL calls trust settings (openssl-x509(1), TRUST SETTINGS; X509_CERT_AUX of crypto/x509/x_x509a.c): a SEQUENCE with the
 * purposes for which a certificate is trusted by itself, here id-kp-clientAuth only.
 */
const TRUSTED_FOR_CLIENTS = Buffer.from('300c300a06082b06010505070302', 'hex')

/**
 * The authorities of clients as OpenSSL is to trust them, PEM. One whose issuer is not among them is a trust anchor also when it did not
 * sign itself: `clients` may hold the issuing authority alone. (`allowPartialTrustChain` does the same for all of them, but a TLS server
 * of Node does not pass it on, and an authority whose root is listed must not be trusted without it.)
 */
export function trustAnchors(clients: string): string[] {
  const all = (clients.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem))
  return all.map((one) => (all.some((other) => one.checkIssued(other)) ? one.toString() : trustedPem(one)))
}

function trustedPem({ raw }: X509Certificate): string {
  const base64 = Buffer.concat([raw, TRUSTED_FOR_CLIENTS])
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')
  return `-----BEGIN TRUSTED CERTIFICATE-----\n${base64}-----END TRUSTED CERTIFICATE-----\n`
}
