import type { Category } from '../events/index.ts'

export const formats = ['rfc5424', 'rfc3164', 'cef', 'json'] as const
export type Format = (typeof formats)[number]
export type Receiver = { readonly host: string; readonly port: number }

/** What a receiver in TLS is held to, in PEM, and what the gateway shows it. */
export type SinkTls = {
  readonly trust: { readonly kind: 'authority' | 'pinned'; readonly pem: string }
  readonly pair: { readonly certificate: string; readonly key: string } | 'none'
  /** The name in the receiver's certificate; empty: the host of its address. */
  readonly serverName: string
  readonly ciphers: string
}
export type Framing = 'octet-counting' | 'newline'
export type SinkTransport<Tls = SinkTls> =
  | { readonly kind: 'udp' }
  | { readonly kind: 'tcp'; readonly framing: Framing }
  | { readonly kind: 'tls'; readonly tls: Tls }
  | { readonly kind: 'relp'; readonly tls: Tls | 'none' }

export type SinkSettings<Tls = SinkTls> = {
  readonly name: string
  /** The second one takes events while the first is away. */
  readonly receivers: readonly [Receiver, ...Receiver[]]
  readonly transport: SinkTransport<Tls>
  readonly format: Format
  readonly facility: number
  /** Severities above this number are not sent. */
  readonly mildest: number
  readonly categories: ReadonlySet<Category> | 'all'
  /** In place of the gateway's own; empty: that one. */
  readonly hostName: string
  /** The site's private enterprise number (RFC 5424, 7.2.2). */
  readonly enterprise: number
  /** The time in the header of rfc3164 and cef; other formats carry their zone. */
  readonly headerTime: 'local' | 'utc'
  /** A byte order mark before the text (RFC 5424, 6.4): some collectors show it. */
  readonly byteOrderMark: boolean
  /** Beyond either the sink counts as behind. */
  readonly behind: { readonly events: number; readonly ms: number }
  /** Events of a backlog that are sent each second, beside the new ones. */
  readonly catchUpPerSecond: number
}

/** The zone of the old header, where the machine is in `machineZone`. */
export const zoneOf = ({ headerTime }: Pick<SinkSettings, 'headerTime'>, machineZone: string): string =>
  headerTime === 'utc' ? 'UTC' : machineZone

/** Where and how, in a few words for events and people. */
export function describeReceivers({ kind, ...rest }: SinkTransport<unknown>, { host, port }: Receiver): string {
  const tls = kind === 'relp' && 'tls' in rest && rest.tls !== 'none' ? '+tls' : ''
  return `${kind}${tls} ${host.includes(':') ? `[${host}]` : host}:${port}`
}
