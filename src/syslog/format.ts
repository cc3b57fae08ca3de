import type { EventRecord } from '../events/index.ts'

/** The enterprise number for documentation (RFC 5612): a site sets its own when it has one. */
const PRIVATE_ENTERPRISE_NUMBER = 32473
/** What every receiver should take in one datagram, bytes (RFC 5424, 6.1; RFC 5426, 3.2). */
const MAX_BYTES = 2048

/** One event as an RFC 5424 message with structured data. The text is cut when it is too long, the structured data never. */
export function formatRfc5424(record: EventRecord, facility: number, pid: number): string {
  const head = `<${facility * 8 + record.severity}>1 ${record.time} ${printable(record.gateway)} breakwall ${pid} ${record.id}`
  const sequence = ((record.seq - 1) % 2147483647) + 1
  const own = { seq: record.seq, boot: record.boot, category: record.category, ...record.fields }
  const parameters = Object.entries(own).map(([name, value]) => `${name}="${escape(String(value))}"`)
  const data = `[meta sequenceId="${sequence}"][breakwall@${PRIVATE_ENTERPRISE_NUMBER} ${parameters.join(' ')}]`
  const message = `${head} ${data} ${record.text}`
  if (Buffer.byteLength(message) <= MAX_BYTES) return message
  const room = Math.max(0, MAX_BYTES - Buffer.byteLength(`${head} ${data}  (cut)`))
  return `${head} ${data} ${Buffer.from(record.text)
    .subarray(0, room)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')} (cut)`
}

/** RFC 5424, 6.3.3: these three and nothing else are escaped in a parameter's value. */
const escape = (value: string): string => value.replace(/["\\\]]/g, (c) => `\\${c}`)

/** A header field: printable ASCII without spaces, at most 255 characters (RFC 5424, 6.2.4). */
const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, '-').slice(0, 255) || '-'
