import { dirname, resolve } from 'node:path'
import { isThere } from './is-there.ts'
import { toBytes } from './bytes.ts'
import type { SiteFile } from './schema.ts'
import { sinkExpectations } from './sink-schema.ts'
import type { Path } from './toml.ts'

type Report = (path: Path, text: string) => void
const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])

/** What belongs together in [journal] and [[sink]]. */
export function checkSinks(file: string, site: Partial<SiteFile>, report: Report, warn: Report): void {
  const [size, most] = [toBytes(site.journal?.size ?? '1GB'), toBytes(site.journal?.['disk-limit'] ?? '4GB')]
  if (size !== undefined && most !== undefined && most < size)
    report(
      ['journal', 'disk-limit'],
      'disk-limit is smaller than size: beyond size events go that every sink has, beyond disk-limit all others too',
    )
  list(site.sink).forEach((sink, i) => {
    if (sink.fallback !== undefined && sink.fallback === sink.address)
      report(['sink', i, 'fallback'], `sink "${sink.name}" has the same receiver twice: fallback is for a second one`)
    if (sink['header-time'] !== undefined && sink.format !== 'rfc3164' && sink.format !== 'cef')
      report(
        ['sink', i, 'header-time'],
        `sink "${sink.name}": header-time is for the formats rfc3164 and cef; ${sink.format} carries its zone`,
      )
    if (sink.kind === 'udp')
      warn(
        ['sink', i, 'kind'],
        `sink "${sink.name}" is UDP: nobody learns of what is lost on the way; relp-tls tells, and hides it from others`,
      )
    if (sink.kind !== 'tls' && sink.kind !== 'relp-tls') return
    for (const key of ['authority', 'pinned', 'certificate', 'key'] as const) {
      const name: unknown = sink[key]
      if (typeof name !== 'string') continue
      const whole = resolve(dirname(resolve(file)), name)
      if (!isThere(whole)) report(['sink', i, key], `file ${whole} does not exist: expected ${sinkExpectations[`sink.${key}`] ?? ''}`)
    }
    if (sink.authority === undefined && sink.pinned === undefined)
      report(
        ['sink', i],
        `sink "${sink.name}" trusts nobody: it needs authority, who signs certificates of receivers, or pinned, the one certificate`,
      )
    if (sink.authority !== undefined && sink.pinned !== undefined)
      report(['sink', i, 'pinned'], `sink "${sink.name}" has authority and pinned: expected one of them`)
    if ((sink.certificate === undefined) !== (sink.key === undefined))
      report(['sink', i], `sink "${sink.name}" has only one of certificate and key: expected both, or none`)
  })
}
