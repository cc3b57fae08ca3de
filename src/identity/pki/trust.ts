import type { X509Certificate } from 'node:crypto'
import type { Clock } from '../../platform/index.ts'
import type { LevelLimit, Role } from '../../policy/index.ts'
import { factsOf, faultOfPath } from './certificate-facts.ts'
import { type Path, createPathFinder } from './paths.ts'
import { commonName } from './pem.ts'
import type { Revocation } from './revocation.ts'
import { type RoleFound, roleOf } from './role.ts'

/** A client's certificate and those that may stand between it and a trust anchor, in any order, with any others. */
export type ClientCertificate = { readonly certificate: X509Certificate; readonly chain: readonly X509Certificate[] }
export type ClientStanding =
  | {
      readonly kind: 'known'
      readonly name: string
      readonly role: Role | 'NULL'
      readonly limit: LevelLimit
      /** An authority of the path of which no list is kept at all, although lists are. */
      readonly unlisted: X509Certificate | 'none'
      /** The authorities between the certificate and its trust anchor: a resumed session does not bring them again. */
      readonly between: readonly X509Certificate[]
    }
  | { readonly kind: 'refused'; readonly event: 'tls-handshake-failed' | 'role-invalid'; readonly name: string; readonly reason: string }

export type TrustSettings = {
  readonly authorities: readonly X509Certificate[]
  /** Whether revocation lists are kept at all; without them nobody is asked for one. */
  readonly lists: 'none' | (() => Revocation)
  readonly stale: 'refuse' | 'read' | 'admit'
  readonly clock: Pick<Clock, 'utcUs'>
}

type Known = { readonly name: string; readonly role: RoleFound }
/** Certificates whose name and role are remembered, at most: both are read from bytes that do not change. */
const MAX_KNOWN = 1024

/**
 * Judges client certificates by authority, dates, revocation and role (MB-TCP-Security-v36, table 5; ), as often as it is asked:
 * at each handshake, a resumed one too, and while a connection lasts. Of several paths one that is in order is enough (RFC 5280, 6.1).
 */
export function createClientTrust({ authorities, lists, stale, clock }: TrustSettings): (client: ClientCertificate) => ClientStanding {
  const known = new Map<string, Known>()
  const pathsOf = createPathFinder(authorities)

  function know(certificate: X509Certificate): Known {
    const key = certificate.fingerprint256
    const there = known.get(key)
    if (there !== undefined) return there
    const made: Known = { name: commonName(certificate), role: roleOf(certificate.raw) }
    known.set(key, made)
    const [oldest] = known.keys()
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
    return made
  }

  return ({ certificate, chain }) => {
    const { name, role } = know(certificate)
    const refused = (reason: string): ClientStanding => ({ kind: 'refused', event: 'tls-handshake-failed', name, reason })
    const verdict = bestOf(pathsOf(certificate, chain).map((path) => judgePath(path, lists, clock.utcUs() / 1000)))
    if (verdict.kind === 'refused') return refused(verdict.reason)
    const { revocation } = verdict
    const authority = revocation.kind === 'unknown' ? commonName(revocation.authority) : ''
    if (revocation.kind === 'unknown' && stale === 'refuse') return refused(`there is no current revocation list of ${authority}`)
    if (role.kind === 'invalid') return { kind: 'refused', event: 'role-invalid', name, reason: role.why }
    return {
      kind: 'known',
      name,
      role: role.kind === 'none' ? 'NULL' : role.role,
      between: verdict.path.slice(1, -1),
      limit: revocation.kind === 'unknown' && stale === 'read' ? { kind: 'revocation-unknown', authority } : { kind: 'none' },
      unlisted: revocation.kind === 'unknown' && revocation.list === 'none' ? revocation.authority : 'none',
    }
  }
}

/** `unknown`: the list of one authority of the path is past its time, or there is none. */
type PathRevocation =
  { readonly kind: 'current' } | { readonly kind: 'unknown'; readonly authority: X509Certificate; readonly list: 'none' | 'past its time' }
type PathVerdict =
  | { readonly kind: 'in-order'; readonly path: Path; readonly revocation: PathRevocation }
  | { readonly kind: 'refused'; readonly reason: string }

/** A path whose lists are current before one whose are not; if there is none, what is wrong with the first that was found. */
function bestOf(verdicts: readonly PathVerdict[]): PathVerdict {
  const inOrder = verdicts.filter((verdict) => verdict.kind === 'in-order')
  return (
    inOrder.find(({ revocation }) => revocation.kind === 'current') ??
    inOrder[0] ??
    verdicts[0] ?? { kind: 'refused', reason: 'unknown authority' }
  )
}

function judgePath(path: Path, lists: TrustSettings['lists'], nowMs: number): PathVerdict {
  const refused = (reason: string): PathVerdict => ({ kind: 'refused', reason })
  const fault = faultOfPath(path)
  if (fault !== 'none') return refused(fault)
  for (const [i, certificate] of path.entries()) {
    const whose = i === 0 ? 'the certificate' : 'an authority of the certificate'
    if (nowMs > certificate.validToDate.getTime()) return refused(`${whose} has expired`)
    if (nowMs < certificate.validFromDate.getTime()) return refused(`${whose} is not valid yet`)
  }
  const revocation = lists === 'none' ? ({ kind: 'current' } as const) : revocationOf(path, lists(), nowMs)
  return revocation.kind === 'revoked' ? refused('the certificate is revoked') : { kind: 'in-order', path, revocation }
}

function revocationOf(path: Path, lists: Revocation, nowMs: number): PathRevocation | { readonly kind: 'revoked' } {
  let found: PathRevocation = { kind: 'current' }
  for (const [i, certificate] of path.entries()) {
    const issuer = path[i + 1]
    if (issuer === undefined) break // of a trust anchor there is no list whose signature could be verified
    const list = lists.get(issuer.fingerprint256)
    const facts = factsOf(certificate)
    if (facts.kind === 'refused' || list?.serials.has(facts.serial) === true) return { kind: 'revoked' }
    // Of two such authorities the one without a list is named: that of the other is an event by itself.
    if (list === undefined) found = { kind: 'unknown', authority: issuer, list: 'none' }
    else if (nowMs > list.nextMs && found.kind === 'current') found = { kind: 'unknown', authority: issuer, list: 'past its time' }
  }
  return found
}
