import type { EventRecord } from '../events/index.ts'
import { cefOf } from './format-cef.ts'
import { ecsOf } from './format-json.ts'
import { cutBytes, printable } from './format-text.ts'
import { oldStamp } from './old-stamp.ts'
import type { Format } from './settings.ts'

/** What the messages of one sink have in common. */
export type Look = {
  readonly format: Format
  readonly facility: number
  /** In place of the gateway's name; empty: that one. */
  readonly hostName: string
  readonly enterprise: number
  readonly byteOrderMark: boolean
  readonly pid: number
  readonly version: string
  readonly maxBytes: number
  /** IANA name of the time zone of the old header of rfc3164 and cef, such as `Europe/Berlin`; `UTC`. */
  readonly zone: string
}

/** One event as one message, without a line feed in it. What is too long is cut in its text, never in its data, and says so. */
export function format(record: EventRecord, look: Look): string {
  switch (look.format) {
    case 'rfc5424':
      return rfc5424(record, look, record.text, ownData(record, look))
    case 'json':
      return rfc5424(record, look, (room) => ecsOf(record, look.version, room), '')
    case 'rfc3164': {
      const head = `${oldHead(record, look)} breakwall[${look.pid}]: `
      const data = Object.entries(allFields(record)).map(([name, value]) => `${name}="${escape(String(value))}"`)
      return `${head}${fit(record.text, `${head} ${data.join(' ')}`, look.maxBytes)} ${data.join(' ')}`
    }
    case 'cef': {
      const head = `${oldHead(record, look)} `
      return `${head}${cefOf(record, look.version, (rest) => fit(record.text, `${head}${rest}`, look.maxBytes))}`
    }
  }
}

/** The fields that only this product has, and what names the record. */
export const allFields = (record: EventRecord): Readonly<Record<string, string | number>> => ({
  seq: record.seq,
  boot: record.boot,
  category: record.category,
  ...record.fields,
})

/** RFC 5424, 6. `sequenceId` goes from 1 to 2147483647 and begins anew (7.3.1); `seq` is the gapless number. */
function rfc5424(record: EventRecord, look: Look, text: string | ((room: number) => string), data: string): string {
  const host = printable(look.hostName === '' ? record.gateway : look.hostName)
  const sequence = ((record.seq - 1) % 2147483647) + 1
  const head = `<${look.facility * 8 + record.severity}>1 ${record.time} ${host} breakwall ${look.pid} ${record.id} [meta sequenceId="${sequence}"]${data} `
  const mark = look.byteOrderMark ? '\uFEFF' : ''
  const room = look.maxBytes - Buffer.byteLength(head) - Buffer.byteLength(mark)
  return `${head}${mark}${typeof text === 'string' ? cutBytes(text, room) : text(room)}`
}

function ownData(record: EventRecord, { enterprise }: Look): string {
  const parameters = Object.entries(allFields(record)).map(([name, value]) => `${name}="${escape(String(value))}"`)
  return `[breakwall@${enterprise} ${parameters.join(' ')}]`
}

/**
 * The old header has no year and no zone: RFC 3164, 4.1.2, means the local time of the sender. In the hour that comes twice in autumn it
 * cannot say which one it is; the data of CEF have the whole time in UTC, and `seq` the order.
 */
function oldHead({ time, gateway, severity }: EventRecord, { facility, hostName, zone }: Look): string {
  return `<${facility * 8 + severity}>${oldStamp(time, zone)} ${printable(hostName === '' ? gateway : hostName)}`
}

const fit = (text: string, rest: string, maxBytes: number): string => cutBytes(text, maxBytes - Buffer.byteLength(rest))

/** RFC 5424, 6.3.3: these three and nothing else are escaped in a parameter's value. */
const escape = (value: string): string => value.replace(/["\\\]]/g, (c) => `\\${c}`)
