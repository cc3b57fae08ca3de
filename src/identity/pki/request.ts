import { type KeyObject, createPublicKey } from 'node:crypto'
import { signingKey, algorithmOf } from './keys.ts'
import { toPem } from './sealed-key.ts'
import { x509Library } from './x509-library.ts'

export type AskedFor = { readonly kind: 'asked'; readonly name: string; readonly publicKey: Uint8Array }

/** The oldest that is taken: P-256, P-384, P-521, and RSA of 2048 bits (MB-TCP-Security-v36 names P-256 and RSA). */
const LEAST_RSA_BITS = 2048

/** Reads a PKCS#10 request (PEM or DER) and sees that whoever made it has the key. What else it asks for is the authority's to say. */
export async function readRequest(bytes: Uint8Array): Promise<AskedFor | { readonly kind: 'no-request'; readonly why: string }> {
  const no = (why: string) => ({ kind: 'no-request', why }) as const
  try {
    const library = await x509Library()
    const text = Buffer.from(bytes).toString('latin1')
    const der = text.includes('-----BEGIN') ? Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64') : Buffer.from(bytes)
    const request = new library.Pkcs10CertificateRequest(new Uint8Array(der))
    if (!(await request.verify())) return no('its signature is not that of its key')
    const publicKey = Buffer.from(request.publicKey.rawData)
    const key = createPublicKey({ key: publicKey, type: 'spki', format: 'der' })
    const kind = key.asymmetricKeyType
    if (kind !== 'ec' && kind !== 'rsa') return no(`its key is of a kind that Modbus/TCP Security does not know (${String(kind)})`)
    if (kind === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS) return no('its RSA key has less than 2048 bits')
    return { kind: 'asked', name: request.subjectName.getField('CN')[0] ?? '', publicKey }
  } catch (error) {
    return no(error instanceof Error ? error.message : String(error))
  }
}

/** Asks an authority elsewhere for a certificate; the key stays here. */
export async function makeRequest(name: string, key: KeyObject): Promise<string> {
  const library = await x509Library()
  const publicKey = createPublicKey(key).toCryptoKey(
    key.asymmetricKeyType === 'rsa' ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['verify'],
  )
  const made = await library.Pkcs10CertificateRequestGenerator.create({
    name: new library.Name([{ CN: [{ utf8String: name }] }]).toString(),
    keys: { privateKey: signingKey(key), publicKey },
    signingAlgorithm: algorithmOf(key),
  })
  return toPem('CERTIFICATE REQUEST', new Uint8Array(made.rawData))
}
