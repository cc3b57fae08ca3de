import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/** What a chain is shown for: to clients under some hosts, or to a server. */
export type ShownAs = { readonly kind: 'server'; readonly hosts: readonly string[] } | { readonly kind: 'client' }

/** What of a chain works and surprises later, or keeps others from trusting it. `at`: its place in the file, from 1. */
export type CertificateWarning =
  | { readonly kind: 'expired'; readonly at: number; readonly until: string }
  | { readonly kind: 'not-yet-valid'; readonly at: number; readonly from: string }
  | { readonly kind: 'without-host'; readonly host: string; readonly has: string }
  | { readonly kind: 'without-purpose'; readonly purpose: 'serverAuth' | 'clientAuth' }
  | { readonly kind: 'wrong-order'; readonly at: number }
  | { readonly kind: 'incomplete'; readonly issuer: string }

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/** Looks at the own certificate and its chain as the side that is shown them will. */
export function chainWarnings(chain: readonly X509Certificate[], shownAs: ShownAs, nowMs: number): readonly CertificateWarning[] {
  const [own] = chain
  if (own === undefined) return []
  return [...dateWarnings(chain, nowMs), ...hostWarnings(own, shownAs), ...purposeWarnings(own, shownAs), ...orderWarnings(chain)]
}

/** Certificates of the list whose time is over or has not come. */
export function dateWarnings(list: readonly X509Certificate[], nowMs: number): readonly CertificateWarning[] {
  return list.flatMap((certificate, i): CertificateWarning[] => {
    const at = i + 1
    if (nowMs > certificate.validToDate.getTime()) return [{ kind: 'expired', at, until: certificate.validToDate.toISOString() }]
    if (nowMs < certificate.validFromDate.getTime()) return [{ kind: 'not-yet-valid', at, from: certificate.validFromDate.toISOString() }]
    return []
  })
}

function hostWarnings(own: X509Certificate, shownAs: ShownAs): readonly CertificateWarning[] {
  if (shownAs.kind === 'client') return []
  const lacks = (host: string): boolean => (isIP(host) === 0 ? own.checkHost(host) : own.checkIP(host)) === undefined
  return shownAs.hosts
    .filter((host) => !ANY_ADDRESS.has(host) && lacks(host))
    .map((host) => ({ kind: 'without-host', host, has: own.subjectAltName ?? 'no names' }))
}

/** A certificate without extended key usage is for every purpose (RFC 5280, 4.2.1.12). */
function purposeWarnings(own: X509Certificate, shownAs: ShownAs): readonly CertificateWarning[] {
  const purposes = own.keyUsage as readonly string[] | undefined // Node has no list where the extension is not there
  const [oid, purpose] = shownAs.kind === 'server' ? ([SERVER_AUTH, 'serverAuth'] as const) : ([CLIENT_AUTH, 'clientAuth'] as const)
  return purposes === undefined || purposes.includes(oid) ? [] : [{ kind: 'without-purpose', purpose }]
}

/** Each certificate is signed by the next, down to a root (MB-TCP-Security-v36, R-46; RFC 5246, 7.4.2). */
function orderWarnings(chain: readonly X509Certificate[]): readonly CertificateWarning[] {
  for (const [i, certificate] of chain.entries()) {
    const next = chain[i + 1]
    if (next !== undefined && !certificate.checkIssued(next)) return [{ kind: 'wrong-order', at: i + 2 }]
  }
  const last = chain.at(-1)
  if (last === undefined || last.checkIssued(last)) return []
  return [{ kind: 'incomplete', issuer: last.issuer.replaceAll('\n', ', ') }]
}

const place = (at: number): string => (at === 1 ? 'the certificate' : `certificate number ${at} in it`)

/** Whose certificates a file holds: the own chain, authorities that are trusted, or the one certificate that is pinned. */
export type Whose = 'own' | 'authority' | 'pinned'

function renewal(whose: Whose, at: number): string {
  switch (whose) {
    case 'own':
      return at === 1
        ? 'breakwall cert renew NAME, or a new one from its authority'
        : 'put the new certificate of that authority in its place'
    case 'authority':
      return 'clients and servers of this authority are refused; add the new certificate of that authority (of the own: breakwall ca rotate)'
    case 'pinned':
      return 'name the new certificate of the other side'
  }
}

/** In words, with the command that mends it. */
export function describeCertificateWarning(warning: CertificateWarning, file: string, whose: Whose = 'own'): string {
  switch (warning.kind) {
    case 'expired':
      return `${file}: ${place(warning.at)} expired on ${warning.until}: ${renewal(whose, warning.at)}`
    case 'not-yet-valid':
      return `${file}: ${place(warning.at)} is not valid before ${warning.from}: is the clock of this machine right? timedatectl`
    case 'without-host':
      return (
        `${file}: the certificate is not for ${warning.host} (it has ${warning.has}): clients that check the host refuse it; ` +
        `breakwall cert issue NAME --host ${warning.host}`
      )
    case 'without-purpose':
      return (
        `${file}: the certificate is not for ${warning.purpose} (extended key usage): the other side may refuse it; ` +
        `openssl x509 -in ${file} -noout -ext extendedKeyUsage shows what it is for`
      )
    case 'wrong-order':
      return (
        `${file}: certificate number ${warning.at} did not sign the one before it: some clients refuse such a chain; ` +
        'put the own certificate first and each issuer after what it signed'
      )
    case 'incomplete':
      return (
        `${file}: the chain ends before its root, "${warning.issuer}" is missing: clients that do not have it refuse the gateway; ` +
        `cat issuer.crt >> ${file}`
      )
  }
}
