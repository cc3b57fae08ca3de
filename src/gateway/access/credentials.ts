import type { X509Certificate } from 'node:crypto'
import type { CheckedSite, SiteListener, SinkTlsFiles } from '../../config/index.ts'
import { cipherSuites } from '../../platform/index.ts'
import type { SinkSettings, SinkTls, SinkTransport } from '../../syslog/index.ts'
import { type ReadLists, listFileFault, readAuthorities, readCertificate, readPair, readRevocation } from '../../identity/index.ts'
import type { Credentials } from '../../upstream/index.ts'

export type ListenerCredentials = {
  readonly settings: SiteListener
  readonly credentials: Credentials | 'none'
  readonly authorities: readonly X509Certificate[]
  readonly revocation: Pick<ReadLists, 'lists' | 'untaken'>
}
export type BusTls = {
  readonly certificate: string
  readonly key: string
  readonly trust: { readonly kind: 'authority' | 'pinned'; readonly pem: string }
  readonly serverName: string
}
export type SiteCredentials = {
  readonly doors: readonly ListenerCredentials[]
  readonly buses: ReadonlyMap<string, BusTls>
  readonly sinks: readonly SinkSettings[]
}
export type NoCredentials = { readonly kind: 'no-credentials'; readonly why: string; readonly mend: string }
type Why = Pick<NoCredentials, 'why' | 'mend'>

const none = (where: string, { why, mend }: Why): NoCredentials => ({ kind: 'no-credentials', why: `${where}: ${why}`, mend })

/** Reads every PEM file of a site, before anything is opened or changed: one that cannot be used, and nothing is. */
export function readCredentials(site: CheckedSite, nowMs: number): SiteCredentials | NoCredentials {
  const doors: ListenerCredentials[] = []
  for (const settings of site.listeners) {
    const door = readDoor(settings, nowMs)
    if ('kind' in door) return door
    doors.push(door)
  }
  const buses = new Map<string, BusTls>()
  for (const bus of site.buses) {
    if (bus.kind !== 'tcp' || bus.tls === 'none') continue
    const where = `bus "${bus.name}"`
    const pair = readPair(bus.tls)
    if ('kind' in pair) return none(where, pair)
    const { kind, file } = bus.tls.trust
    const trusted = kind === 'authority' ? readAuthorities(file) : readCertificate(file)
    if ('kind' in trusted && trusted.kind === 'unusable') return none(where, trusted)
    const pem = 'pem' in trusted ? trusted.pem : trusted.toString()
    buses.set(bus.name, { ...pair, trust: { kind, pem }, serverName: bus.tls.serverName })
  }
  const sinks: SinkSettings[] = []
  for (const sink of site.sinks) {
    const transport = readSinkTransport(sink.transport)
    if ('why' in transport) return none(`sink "${sink.name}"`, transport)
    sinks.push({ ...sink, transport })
  }
  return { doors, buses, sinks }
}

function readSinkTransport(transport: SinkTransport<SinkTlsFiles>): SinkTransport | Why {
  switch (transport.kind) {
    case 'udp':
    case 'tcp':
      return transport
    case 'tls': {
      const tls = readSinkTls(transport.tls)
      return 'why' in tls ? tls : { kind: 'tls', tls }
    }
    case 'relp': {
      if (transport.tls === 'none') return { kind: 'relp', tls: 'none' }
      const tls = readSinkTls(transport.tls)
      return 'why' in tls ? tls : { kind: 'relp', tls }
    }
  }
}

function readSinkTls({ trust: { kind, file }, pair, serverName }: SinkTlsFiles): SinkTls | Why {
  const trusted = kind === 'authority' ? readAuthorities(file) : readCertificate(file)
  if ('kind' in trusted && trusted.kind === 'unusable') return trusted
  const shown = pair === 'none' ? 'none' : readPair(pair)
  if (shown !== 'none' && 'kind' in shown) return shown
  const pem = 'pem' in trusted ? trusted.pem : trusted.toString()
  return { trust: { kind, pem }, pair: shown, serverName, ciphers: cipherSuites }
}

function readDoor(settings: SiteListener, nowMs: number): ListenerCredentials | NoCredentials {
  const { security, name } = settings
  if (security.kind === 'clear-text')
    return { settings, credentials: 'none', authorities: [], revocation: { lists: new Map(), untaken: [] } }
  const where = `listener "${name}"`
  const pairs: { certificate: string; key: string }[] = []
  for (const files of security.pairs) {
    const pair = readPair(files)
    if ('kind' in pair) return none(where, pair)
    pairs.push(pair)
  }
  const authorities = readAuthorities(security.clientsFile)
  if (authorities.kind === 'unusable') return none(where, authorities)
  for (const file of security.revocationFiles) {
    const fault = listFileFault(file)
    if (fault !== 'fine') return none(where, fault)
  }
  const revocation = readRevocation(security.revocationFiles, authorities.list, nowMs)
  if (revocation.kind === 'unusable')
    return none(where, {
      why: revocation.why,
      mend: 'breakwall crl publish writes a list; openssl crl -noout -text -in FILE shows what one is',
    })
  return { settings, credentials: { pairs, clients: authorities.pem }, authorities: authorities.list, revocation }
}
