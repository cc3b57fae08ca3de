import type { X509Certificate } from 'node:crypto'
import type { Clock } from '../../platform/index.ts'
import type { AccessLevel, Role } from '../../policy/index.ts'
import { commonName, plainSerial } from './pem.ts'
import type { Revocation } from './revocation.ts'
import { type RoleFound, roleOf } from './role.ts'

export type ClientCertificate = { readonly certificate: X509Certificate; readonly chain: () => readonly X509Certificate[] }
export type Standing =
  | { readonly kind: 'known'; readonly name: string; readonly role: Role | 'NULL'; readonly most: AccessLevel }
  | { readonly kind: 'refused'; readonly event: 'tls-handshake-failed' | 'role-invalid'; readonly name: string; readonly reason: string }

export type TrustSettings = {
  readonly authorities: readonly X509Certificate[]
  /** Whether revocation lists are kept at all; without them nobody is asked for one. */
  readonly lists: 'none' | (() => Revocation)
  readonly stale: 'refuse' | 'read' | 'admit'
  readonly clock: Pick<Clock, 'utcUs'>
}

type Known = { readonly name: string; readonly role: RoleFound; readonly path: readonly X509Certificate[] | 'unknown' }
/** Certificates whose path is remembered: a resumed session brings its own certificate only, not those between it and the root. */
const MAX_KNOWN = 1024

/**
 * Judges client certificates by authority, dates, revocation and role (MB-TCP-Security-v36, table 5; ), as often as it is asked:
 * at each handshake, a resumed one too, and while a connection lasts.
 */
export function createTrust({ authorities, lists, stale, clock }: TrustSettings): (client: ClientCertificate) => Standing {
  const known = new Map<string, Known>()

  function know({ certificate, chain }: ClientCertificate): Known {
    const key = certificate.fingerprint256
    const there = known.get(key)
    if (there !== undefined && there.path !== 'unknown') return there
    const made: Known = { name: commonName(certificate), role: roleOf(certificate.raw), path: pathOf(certificate, chain(), authorities) }
    known.set(key, made)
    const [oldest] = known.keys()
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
    return made
  }

  return (client) => {
    const { name, role, path } = know(client)
    const refused = (reason: string): Standing => ({ kind: 'refused', event: 'tls-handshake-failed', name, reason })
    if (path === 'unknown') return refused('unknown authority')
    const nowMs = clock.utcUs() / 1000
    for (const certificate of path) {
      if (nowMs > certificate.validToDate.getTime())
        return refused(certificate === path[0] ? 'the certificate has expired' : 'an authority of the certificate has expired')
      if (nowMs < certificate.validFromDate.getTime()) return refused('the certificate is not valid yet')
    }
    const revocation = lists === 'none' ? 'current' : revocationOf(path, lists(), nowMs)
    if (revocation === 'revoked') return refused('the certificate is revoked')
    if (revocation === 'unknown' && stale === 'refuse') return refused('there is no current revocation list of its authority')
    if (role.kind === 'invalid') return { kind: 'refused', event: 'role-invalid', name, reason: role.why }
    const most = revocation === 'unknown' && stale === 'read' ? 'read' : 'control'
    return { kind: 'known', name, role: role.kind === 'none' ? 'NULL' : role.role, most }
  }
}

/** From the leaf to a root that is trusted, each signed by the next. */
function pathOf(
  leaf: X509Certificate,
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): readonly X509Certificate[] | 'unknown' {
  const path = [leaf]
  for (let at = leaf; path.length <= MAX_PATH;) {
    const issued = (issuer: X509Certificate): boolean => issuer.ca && at.checkIssued(issuer) && at.verify(issuer.publicKey)
    const authority = authorities.find(issued)
    if (authority?.checkIssued(authority) === true) return authority === at ? path : [...path, authority]
    const next = authority ?? chain.find(issued)
    if (next === undefined || path.includes(next)) return 'unknown'
    path.push(next)
    at = next
  }
  return 'unknown'
}
/** Certificates between a client and its root, at most. */
const MAX_PATH = 8

function revocationOf(path: readonly X509Certificate[], lists: Revocation, nowMs: number): 'revoked' | 'unknown' | 'current' {
  let found: 'unknown' | 'current' = 'current'
  for (const [i, certificate] of path.entries()) {
    const issuer = path[i + 1]
    if (issuer === undefined) break // nobody but itself could revoke a root
    const list = lists.get(issuer.fingerprint256)
    if (list?.serials.has(plainSerial(certificate.serialNumber)) === true) return 'revoked'
    if (list === undefined || (list.nextMs !== undefined && nowMs > list.nextMs)) found = 'unknown'
  }
  return found
}
