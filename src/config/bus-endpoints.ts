import { realpathSync, statSync } from 'node:fs'
import { toEndpoint } from './endpoint.ts'
import type { SiteFile } from './schema.ts'
import type { Document, Path } from './toml.ts'

type Report = (path: Path, text: string) => void
const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])

/**
 * Two buses to one interface or port would give each breaker behind it two locks, and a serial line two masters. Known here without
 * asking anybody: the same address in any spelling, and two names of one serial port. Names are compared once they are resolved.
 */
export function checkBusEndpoints(document: Document, site: Partial<SiteFile>, report: Report): void {
  const seen = new Map<string, number>()
  list(site.bus).forEach((bus, i) => {
    const key = 'port' in bus ? 'port' : 'address'
    const written: unknown = 'port' in bus ? bus.port : bus.address
    if (typeof written !== 'string') return
    const one = key === 'port' ? serialIdentity(written) : endpointIdentity(written)
    if (one === undefined) return
    const first = seen.get(one)
    if (first === undefined) return void seen.set(one, i)
    const line = document.placeOf(['bus', first]).line
    const what = key === 'port' ? 'one serial line has one master' : 'one interface belongs to one bus, and each breaker has one lock'
    report(
      ['bus', i, key],
      `${key} ${JSON.stringify(written)} is used twice (bus "${list(site.bus)[first]?.name ?? ''}", line ${line}): ${what}`,
    )
  })
}

/**
 * A key switch has its serial port for itself: it sets DTR and RTS, which on the port of a bus would drive the line, and a port is opened
 * once only. Two switches on one pin would be one contact under two names.
 */
export function checkKeySwitchPorts(document: Document, site: Partial<SiteFile>, report: Report): void {
  const used = new Map<string, string>()
  list(site.bus).forEach((bus, i) => {
    if (!('port' in bus) || typeof bus.port !== 'string') return
    used.set(serialIdentity(bus.port), `bus "${bus.name}", line ${document.placeOf(['bus', i]).line}`)
  })
  list(site['key-switch']).forEach(({ name, port }, i) => {
    if (typeof port !== 'string') return
    const identity = serialIdentity(port)
    const by = used.get(identity)
    if (by === undefined) used.set(identity, `key switch "${name}", line ${document.placeOf(['key-switch', i]).line}`)
    else
      report(
        ['key-switch', i, 'port'],
        `port ${JSON.stringify(port)} is used twice (${by}): a key switch needs a serial port that is used for nothing else`,
      )
  })
}

/** `host port` in one spelling; undefined where it is no endpoint, which is another mistake. */
export function endpointIdentity(text: string): string | undefined {
  const endpoint = toEndpoint(text)
  return endpoint === undefined ? undefined : `${canonicalHost(endpoint.host)} ${endpoint.port}`
}

/**
 * One spelling of a host: names in small letters and without their last dot, IPv6 shortened (RFC 5952), IPv4 in IPv6 as IPv4 (RFC 4291,
 * 2.5.5.2), and `localhost` with what it stands for.
 */
export function canonicalHost(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '')
  const address = name.includes(':') && URL.canParse(`http://[${name}]`) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)
  const bytes =
    mapped === null ? [] : [mapped[1], mapped[2]].flatMap((word) => [parseInt(word ?? '', 16) >> 8, parseInt(word ?? '', 16) & 0xff])
  const short = mapped === null ? address : bytes.join('.')
  return ['localhost', '127.0.0.1', '::1'].includes(short) ? 'this machine' : short
}

/** The device behind a name, by its number where it is there; links and second nodes of one port are the same. */
function serialIdentity(path: string): string {
  try {
    const { rdev } = statSync(path)
    return rdev === 0 ? `serial ${realpathSync(path)}` : `device ${rdev}`
  } catch {
    return `serial ${path}` // not plugged in now: its name is all that is known
  }
}
