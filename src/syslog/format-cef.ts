import { type EventRecord, type FieldName, catalogue } from '../events/index.ts'
import { printable } from './format-text.ts'

/** Severities of syslog on the scale of CEF, 0 to 10. */
const scale: Readonly<Record<number, number>> = { 1: 10, 2: 9, 3: 7, 4: 5, 5: 3, 6: 1, 7: 0 }

/** Fields that CEF has a key for (ArcSight Common Event Format, extension dictionary); the custom strings carry their label. */
const keys: Readonly<Partial<Record<FieldName, string>>> = {
  subject: 'suser',
  user: 'duser',
  outcome: 'outcome',
  reason: 'reason',
  count: 'cnt',
}
const labelled: Readonly<Partial<Record<FieldName, string>>> = {
  breaker: 'cs1',
  operation: 'cs2',
  role: 'cs3',
  correlation: 'cs4',
  bus: 'cs5',
  unit: 'cn1',
}

/** The CEF part of a message: `CEF:0|vendor|product|version|class id|name|severity|extension`. `words` gives the text that still fits. */
export function cefOf(record: EventRecord, version: string, words: (rest: string) => string): string {
  const head = [
    'CEF:0',
    'Breakwall',
    'Breakwall',
    version,
    String(catalogue[record.id].classId),
    record.id,
    String(scale[record.severity] ?? 5),
  ]
  const pairs = [
    `rt=${Date.parse(record.time)}`,
    `externalId=${record.seq}`,
    `cat=${record.category}`,
    `dvchost=${extension(printable(record.gateway))}`,
    `bwTime=${record.time}`,
    `bwBoot=${extension(record.boot)}`,
    ...Object.entries(record.fields).flatMap(([name, value]) => pairsOf(name as FieldName, String(value))),
  ]
  const whole = `${head.map(header).join('|')}|${pairs.join(' ')}`
  return `${whole} msg=${extension(words(`${whole} msg=`))}`
}

function pairsOf(name: FieldName, value: string): string[] {
  if (value === '') return []
  if (name === 'source') {
    const found = /^(.*):(\d{1,5})$/.exec(value)
    const host = (found?.[1] ?? value).replace(/^\[|\]$/g, '')
    // "bus line-1" is neither an address nor the name of a machine.
    if (/ /.test(host)) return [`bwSource=${extension(value)}`]
    return [
      /^[0-9a-fA-F.:]+$/.test(host) ? `src=${host}` : `shost=${extension(host)}`,
      ...(found?.[2] === undefined ? [] : [`spt=${found[2]}`]),
    ]
  }
  const own = labelled[name]
  if (own !== undefined) return [`${own}=${extension(value)}`, `${own}Label=${name}`]
  return [`${keys[name] ?? `bw${name.charAt(0).toUpperCase()}${name.slice(1)}`}=${extension(value)}`]
}

/** In the header `|` and `\` are escaped, in the extension `=` and `\`; line feeds are not there any more. */
const header = (text: string): string => text.replace(/[\\|]/g, (c) => `\\${c}`)
const extension = (text: string): string => text.replace(/[\\=]/g, (c) => `\\${c}`)
