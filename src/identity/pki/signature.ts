import { type KeyObject, constants, verify } from 'node:crypto'
import { type Element, TAG, insideOf, integerOf, oidOf } from './der-reader.ts'

type Algorithm = { readonly key: 'ec' | 'rsa' | 'rsa-pss' | 'ed25519' | 'ed448'; readonly hash: 'sha256' | 'sha384' | 'sha512' | 'none' }
/** Signature algorithms that are taken (RFC 5758, 8017, 8410); nothing with SHA-1 or older. RSASSA-PSS has its hash in parameters. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519', hash: 'none' },
  '1.3.101.113': { key: 'ed448', hash: 'none' },
}
const PSS = '1.2.840.113549.1.1.10'
const hashes: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512'>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** Whether an AlgorithmIdentifier is one that is taken for signatures. */
export function isKnownAlgorithm(identifier: Element | undefined): boolean {
  const [id, parameters] = insideOf(identifier, TAG.sequence)
  const name = oidOf(id)
  return name === PSS ? pssOf(parameters) !== undefined : algorithms[name] !== undefined
}

/** Whether `signature` over `bytes` is that of the key; false for keys and algorithms that do not belong together. */
export function isSignedBy(key: KeyObject, identifier: Element | undefined, bytes: Buffer, signature: Buffer): boolean {
  const [id, parameters] = insideOf(identifier, TAG.sequence)
  const name = oidOf(id)
  const type = key.asymmetricKeyType
  try {
    if (name === PSS) {
      const pss = pssOf(parameters)
      if (pss === undefined || (type !== 'rsa' && type !== 'rsa-pss')) return false
      return verify(pss.hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pss.salt }, signature)
    }
    const algorithm = algorithms[name]
    if (algorithm === undefined || algorithm.key !== type) return false
    return verify(algorithm.hash === 'none' ? null : algorithm.hash, bytes, key, signature)
  } catch {
    return false // OpenSSL throws for a signature that cannot be one
  }
}

/** RSASSA-PSS-params (RFC 8017, A.2.3): one hash for both, as RFC 4055 asks, and the length of the salt. */
function pssOf(parameters: Element | undefined): { readonly hash: 'sha256' | 'sha384' | 'sha512'; readonly salt: number } | undefined {
  if (parameters === undefined) return undefined
  const parts = insideOf(parameters, TAG.sequence)
  const [hash, mask, salt] = [0xa0, 0xa1, 0xa2].map((tag) => parts.find((part) => part.tag === tag))
  if (hash === undefined || mask === undefined || salt === undefined) return undefined
  const name = oidOf(insideOf(insideOf(hash, 0xa0)[0], TAG.sequence)[0])
  const maskHash = insideOf(insideOf(mask, 0xa1)[0], TAG.sequence)[1]
  const found = hashes[name]
  if (found === undefined || oidOf(insideOf(maskHash, TAG.sequence)[0]) !== name) return undefined
  return { hash: found, salt: Number.parseInt(integerOf(insideOf(salt, 0xa2)[0]), 16) }
}
