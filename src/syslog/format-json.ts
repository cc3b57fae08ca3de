import type { EventRecord } from '../events/index.ts'
import { cutBytes, printable } from './format-text.ts'

/** Categories of the Elastic Common Schema that come nearest (ECS 8.11, event.category). */
const category: Readonly<Record<EventRecord['category'], string>> = {
  'access-control': 'authentication',
  'request-error': 'network',
  'control-system': 'host',
  'backup-restore': 'configuration',
  'configuration-change': 'configuration',
  'audit-log': 'process',
  operation: 'api',
}

/** The text of a message as JSON with the field names of ECS; what only this product has is under `breakwall`. Only `message` is ever cut. */
export function ecsOf(record: EventRecord, version: string, room: number): string {
  const { seq, time, boot, gateway, id, severity, fields } = record
  const source = /^(.*):(\d{1,5})$/.exec(String(fields.source ?? ''))
  // A summary of many connections has an address without a port.
  const host = (source?.[1] ?? String(fields.source ?? '')).replace(/^\[|\]$/g, '')
  const outcome = fields.outcome === undefined ? {} : { outcome: outcomeOf(String(fields.outcome)) }
  const whole = (message: string) =>
    JSON.stringify({
      '@timestamp': time,
      message,
      ecs: { version: '8.11.0' },
      event: {
        kind: severity <= 3 ? 'alert' : 'event',
        code: id,
        action: id,
        provider: 'breakwall',
        category: [category[record.category]],
        severity,
        sequence: seq,
        ...outcome,
        ...reasonOf(fields),
      },
      observer: { hostname: printable(gateway), vendor: 'Breakwall', product: 'Breakwall', version, type: 'firewall' },
      ...(fields.subject === undefined
        ? {}
        : { user: { name: fields.subject, ...(fields.role === undefined ? {} : { roles: [fields.role] }) } }),
      ...(/^[0-9a-fA-F.:]+$/.test(host) ? { source: { ip: host, ...(source === null ? {} : { port: Number(source[2]) }) } } : {}),
      breakwall: { seq, boot, category: record.category, ...fields },
    })
  const text = whole(record.text)
  if (Buffer.byteLength(text) <= room) return text
  // What JSON escapes takes more room than it has letters.
  let spare = room - Buffer.byteLength(whole(''))
  for (;;) {
    const cut = whole(cutBytes(record.text, spare))
    const over = Buffer.byteLength(cut) - room
    if (over <= 0 || spare <= 0) return cut
    spare -= over
  }
}

const reasonOf = ({ reason }: EventRecord['fields']) => (reason === undefined || reason === '' ? {} : { reason })

/** ECS knows success, failure and unknown. */
function outcomeOf(outcome: string): string {
  if (outcome === 'done' || outcome === 'allowed') return 'success'
  return outcome === 'unknown' ? 'unknown' : 'failure'
}
