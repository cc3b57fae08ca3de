import type { X509Certificate } from 'node:crypto'

/** From a client's certificate to a trust anchor, each signed by the next. */
export type Path = readonly [X509Certificate, ...X509Certificate[]]
/** Every path that is found, the shortest way through the configured authorities first. */
export type PathFinder = (leaf: X509Certificate, sent: readonly X509Certificate[]) => readonly Path[]

/** Certificates between a client and its trust anchor, both included, at most. */
export const MAX_PATH = 8
/** Issuers that one search tries, at most: a pile of authorities with one name must not cost more (x509-limbo, pathological). */
export const MAX_TRIED = 64
/** Pairs of certificates whose signature has been verified and is remembered: it does not change, and connections are judged each second. */
export const MAX_PAIRS = 2048

/**
 * Finds paths (RFC 5280, 6.1: by names, and each signature verified). A trust anchor is an authority of the site that signed itself, or
 * one whose issuer the site does not list; an authority whose issuer is listed is only a step, so that the issuer can revoke it.
 */
export function createPathFinder(authorities: readonly X509Certificate[]): PathFinder {
  const pairs = new Map<string, boolean>()
  const anchors = new Set(
    authorities
      .filter((one) => signed(one, one) || !authorities.some((other) => signed(one, other)))
      .map(({ fingerprint256 }) => fingerprint256),
  )

  function issued(certificate: X509Certificate, issuer: X509Certificate): boolean {
    if (!issuer.ca) return false
    const key = `${certificate.fingerprint256} ${issuer.fingerprint256}`
    const there = pairs.get(key)
    if (there !== undefined) return there
    const made = signed(certificate, issuer)
    pairs.set(key, made)
    const [oldest] = pairs.keys()
    if (pairs.size > MAX_PAIRS && oldest !== undefined) pairs.delete(oldest)
    return made
  }

  return (leaf, sent) => {
    const found: Path[] = []
    let tried = 0
    const candidates = [...authorities, ...sent.filter((one) => !authorities.some((other) => sameAs(one, other)))]
    const extend = (path: Path): void => {
      const last = path.at(-1) ?? leaf
      if (anchors.has(last.fingerprint256)) {
        found.push(path)
        return
      }
      if (path.length >= MAX_PATH) return
      for (const issuer of candidates) {
        if (tried >= MAX_TRIED) return
        if (path.some((one) => sameAs(one, issuer)) || !last.checkIssued(issuer)) continue
        tried += 1
        if (issued(last, issuer)) extend([...path, issuer])
      }
    }
    extend([leaf])
    return found
  }
}

const sameAs = (one: X509Certificate, other: X509Certificate): boolean => one === other || one.raw.equals(other.raw)

function signed(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false // a key of a kind that OpenSSL cannot use verifies nothing
  }
}
