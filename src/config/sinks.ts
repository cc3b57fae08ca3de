import type { SinkSettings, SinkTransport } from '../syslog/index.ts'
import { toBytes } from './bytes.ts'
import { toMilliseconds } from './duration.ts'
import { type Endpoint, toEndpoint } from './endpoint.ts'
import { must } from './must.ts'
import type { SiteFile } from './schema.ts'
import { severities } from './sink-schema.ts'

/** Where the PEM files of a sink in TLS are; they are read at start and at a reload. */
export type SinkTlsFiles = {
  readonly trust: { readonly kind: 'authority' | 'pinned'; readonly file: string }
  readonly pair: { readonly certificateFile: string; readonly keyFile: string } | 'none'
  readonly serverName: string
}

export type JournalSettings = {
  /** Events are kept so long, milliseconds. */
  readonly keepMs: number
  /** Beyond this the oldest go that every sink has had, bytes. */
  readonly bytes: number
  /** Beyond this also what a sink has not had goes, bytes. */
  readonly mostBytes: number
  /** Free space below which an event warns, bytes. */
  readonly lowBytes: number
}

export const toJournal = (journal: SiteFile['journal']): JournalSettings => ({
  keepMs: must(toMilliseconds(journal.keep)),
  bytes: must(toBytes(journal.size)),
  mostBytes: must(toBytes(journal['disk-limit'])),
  lowBytes: must(toBytes(journal['low-disk'])),
})

type Sink = SiteFile['sink'][number]
type InTls = Extract<Sink, { kind: 'tls' | 'relp-tls' }>

export function toSink(sink: Sink, path: (name: string) => string): SinkSettings<SinkTlsFiles> {
  const endpoint = (text: string): Endpoint => must(toEndpoint(text))
  return {
    name: sink.name,
    receivers: [endpoint(sink.address), ...(sink.fallback === undefined ? [] : [endpoint(sink.fallback)])],
    transport: transportOf(sink, path),
    format: sink.format,
    facility: sink.facility,
    mildest: severities[sink['from-severity']],
    categories: sink.categories === undefined ? 'all' : new Set(sink.categories),
    hostName: sink['host-name'] ?? '',
    enterprise: sink.enterprise,
    headerTime: sink['header-time'] ?? 'local',
    byteOrderMark: sink['byte-order-mark'],
    behind: { events: sink['behind-events'], ms: must(toMilliseconds(sink['behind-after'])) },
    catchUpPerSecond: sink['catch-up'],
  }
}

function transportOf(sink: Sink, path: (name: string) => string): SinkTransport<SinkTlsFiles> {
  switch (sink.kind) {
    case 'udp':
      return { kind: 'udp' }
    case 'tcp':
      return { kind: 'tcp', framing: sink.framing }
    case 'relp':
      return { kind: 'relp', tls: 'none' }
    case 'tls':
      return { kind: 'tls', tls: tlsOf(sink, path) }
    case 'relp-tls':
      return { kind: 'relp', tls: tlsOf(sink, path) }
  }
}

function tlsOf(
  { authority, pinned, certificate, key, 'server-name': serverName = '' }: InTls,
  path: (name: string) => string,
): SinkTlsFiles {
  const pair = certificate === undefined || key === undefined ? 'none' : { certificateFile: path(certificate), keyFile: path(key) }
  return { trust: { kind: authority === undefined ? 'pinned' : 'authority', file: path(must(authority ?? pinned)) }, pair, serverName }
}
