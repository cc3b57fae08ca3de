import { X509Certificate } from 'node:crypto'

const block = (label: string): RegExp => new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')

/** Every certificate of a PEM text, in its order. Throws what OpenSSL says of one that cannot be decoded. */
export const certificatesOf = (pem: string): X509Certificate[] =>
  (pem.match(block('CERTIFICATE')) ?? []).map((one) => new X509Certificate(one))

/** The DER bytes of every block of a kind in a PEM text; of a file that is DER itself, its bytes. */
export function derOf(file: Buffer, label: string): Buffer[] {
  const text = file.toString('latin1')
  if (!text.includes('-----BEGIN')) return [file]
  return (text.match(block(label)) ?? []).map((one) => Buffer.from(one.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
}

/** The common name in a certificate, or its fingerprint when it has none. */
export const commonName = (certificate: X509Certificate): string =>
  /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? certificate.fingerprint256

/** Serial numbers as one spelling: hexadecimal, lower case, no zeros before it. */
export const plainSerial = (hex: string): string => hex.toLowerCase().replace(/^0+(?=.)/, '')
