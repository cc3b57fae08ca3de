import type { CheckedSite } from '../../config/index.ts'
import { certificatesOf, readCertificate } from '../../identity/index.ts'
import type { CertificateInventory } from './certificate-inventory.ts'
import type { SiteCredentials } from './credentials.ts'

type Own = Parameters<CertificateInventory['own']>[0][number]

/** Every certificate that stands in a file of the site, with where it is used. */
export function ownCertificates(site: CheckedSite, { doors, buses, sinks }: SiteCredentials): readonly Own[] {
  const own: Own[] = []
  const add = (pem: string, kind: 'own' | 'authority', where: string, first = Infinity): void => {
    for (const certificate of certificatesOf(pem).slice(0, first)) own.push({ certificate, use: { kind, role: '', where } })
  }
  for (const { settings, credentials } of doors) {
    if (credentials === 'none') continue
    for (const { certificate } of credentials.pairs) add(certificate, 'own', `listener ${settings.name}`, 1)
    add(credentials.clients, 'authority', `clients of listener ${settings.name}`)
  }
  for (const [name, { certificate, trust }] of buses) {
    add(certificate, 'own', `bus ${name}`, 1)
    add(trust.pem, 'authority', trust.kind === 'pinned' ? `pinned on bus ${name}` : `devices of bus ${name}`)
  }
  for (const { name, transport } of sinks) {
    if (!('tls' in transport) || transport.tls === 'none') continue
    const { pair, trust } = transport.tls
    if (pair !== 'none') add(pair.certificate, 'own', `sink ${name}`, 1)
    add(trust.pem, 'authority', trust.kind === 'pinned' ? `pinned for sink ${name}` : `receivers of sink ${name}`)
  }
  if (site.console !== 'none') {
    const certificate = readCertificate(site.console.certificateFile)
    if (!('kind' in certificate)) own.push({ certificate, use: { kind: 'own', role: '', where: 'console' } })
  }
  return own
}
