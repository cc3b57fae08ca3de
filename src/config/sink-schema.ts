import { z } from 'zod'
import { categories } from '../events/index.ts'
import { bytes } from './bytes.ts'
import { DAY, MINUTE, duration } from './duration.ts'
import { endpoint } from './endpoint.ts'

/** What each key of [journal] and [[sink]] expects, with an example. */
export const sinkExpectations: Readonly<Record<string, string>> = {
  journal: 'a table [journal]',
  'journal.keep': 'how long events are kept, from 1d to 3650d, such as "400d"',
  'journal.size': 'how large the journal may grow, from 10MB to 500GB, such as "1GB"; older events go when every sink has them',
  'journal.disk-limit': 'the size beyond which events go that a sink has not had, from 10MB to 500GB, such as "4GB"',
  'journal.low-disk': 'the free space below which an event warns, from 10MB to 500GB, such as "500MB"',
  sink: 'a [[sink]]',
  'sink.name': 'a name of letters, digits, - and _, such as "soc"',
  'sink.kind': '"relp-tls", "tls", "relp", "tcp" or "udp"',
  'sink.address': 'the address and port of the receiver, such as "10.40.0.9:6514"',
  'sink.fallback': 'the address and port of a second receiver that takes events while the first is away, such as "10.40.0.10:6514"',
  'sink.format': '"rfc5424", "rfc3164", "cef" or "json"',
  'sink.framing': '"octet-counting" or "newline", for tcp only',
  'sink.facility': 'a syslog facility from 0 to 23, such as 13 (log audit)',
  'sink.from-severity': 'the mildest severity to send: "alert", "critical", "error", "warning", "notice", "informational" or "debug"',
  'sink.categories': `a list of categories to send, out of ${categories.join(', ')}`,
  'sink.host-name': 'the name that messages carry in place of that of this machine, such as "bw-plant7"',
  'sink.enterprise': 'the private enterprise number of the site, such as 32473 (the one for documentation)',
  'sink.header-time': '"local" or "utc": the time in the header of rfc3164 and cef, which names no zone',
  'sink.byte-order-mark': 'true or false: a mark before the text, for collectors that ask for it',
  'sink.authority': 'a PEM file with the authorities that sign certificates of receivers, such as "pki/soc-ca.crt"',
  'sink.pinned': 'a PEM file with the one certificate that the receiver has, such as "pki/soc.crt", in place of authority',
  'sink.certificate': 'a PEM file with the certificate that the gateway shows, such as "pki/gateway-syslog.crt"',
  'sink.key': 'a PEM file with the private key for it, such as "pki/gateway-syslog.key"',
  'sink.server-name': 'the name in the certificate of the receiver, such as "syslog.plant7.example"',
  'sink.behind-after': 'how old the oldest event may be that was not delivered, from 1m to 7d, such as "5m"',
  'sink.behind-events': 'how many events may wait, from 100 to 1000000, such as 10000',
  'sink.catch-up': 'how many events of a backlog are sent each second beside the new ones, from 10 to 50000, such as 2000',
}

export const severities = { alert: 1, critical: 2, error: 3, warning: 4, notice: 5, informational: 6, debug: 7 } as const
const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)
const file = z.string().min(1)
const size = () => bytes(10e6, 500e9)

export const journalSchema = z
  .strictObject({
    keep: duration(DAY, 3650 * DAY).default('400d'),
    size: size().default('1GB'),
    'disk-limit': size().default('4GB'),
    'low-disk': size().default('500MB'),
  })
  .default({ keep: '400d', size: '1GB', 'disk-limit': '4GB', 'low-disk': '500MB' })

const ofEach = {
  name,
  address: endpoint,
  fallback: endpoint.optional(),
  format: z.enum(['rfc5424', 'rfc3164', 'cef', 'json']).default('rfc5424'),
  facility: z.int().min(0).max(23).default(13),
  'from-severity': z.enum(Object.keys(severities) as (keyof typeof severities)[]).default('informational'),
  categories: z.array(z.enum(categories)).min(1).optional(),
  'host-name': z
    .string()
    .regex(/^[!-~]{1,255}$/)
    .optional(),
  enterprise: z.int().min(1).max(4_294_967_295).default(32473),
  'header-time': z.enum(['local', 'utc']).optional(),
  'byte-order-mark': z.boolean().default(false),
  'behind-after': duration(MINUTE, 7 * DAY).default('5m'),
  'behind-events': z.int().min(100).max(1_000_000).default(10_000),
  'catch-up': z.int().min(10).max(50_000).default(2000),
}
const inTls = {
  authority: file.optional(),
  pinned: file.optional(),
  certificate: file.optional(),
  key: file.optional(),
  'server-name': z.string().min(1).max(253).optional(),
}

export const sinkSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('udp'), ...ofEach }),
  z.strictObject({ kind: z.literal('tcp'), ...ofEach, framing: z.enum(['octet-counting', 'newline']).default('octet-counting') }),
  z.strictObject({ kind: z.literal('relp'), ...ofEach }),
  z.strictObject({ kind: z.literal('tls'), ...ofEach, ...inTls }),
  z.strictObject({ kind: z.literal('relp-tls'), ...ofEach, ...inTls }),
])
