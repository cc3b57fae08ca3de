import { type AccessEntry, type AccessLevel, everyAddress, reachOf, widthOf } from '../../../policy/index.ts'
import type { ReportFacts } from './facts.ts'
import { judged, listed } from './verdict.ts'

/** A prefix that is shorter lets in more than one site has: IPv4 65 536 addresses, IPv6 one allocation of 48 bits. */
const WIDE = { 4: 16, 6: 48 } as const
/** So many addresses that may control are a network and no list of applications, whatever the entries are made of. */
const MANY = { ipv4: 2n ** 20n, ipv6: 2n ** 84n } as const

const controls = (level: AccessLevel): boolean => level === 'control'
const reads = (level: AccessLevel): boolean => level !== 'none'

/** Whether the list names applications (S-34), or lets whole networks in. In the clear nobody controls. */
export function accessListRow({ listeners }: Pick<ReportFacts, 'listeners'>): ReturnType<typeof judged> {
  const open = listeners.flatMap(({ name, kind, access }) => [
    ...everybody(access, reads, `may reach ${name}`),
    ...(kind === 'tls' ? control(access, name) : []),
  ])
  const entries = new Set(listeners.flatMap(({ access }) => access.map(({ line }) => line))).size
  return judged(listed([...new Set(open)]), `${entries} entries, none of them wide`)
}

function everybody(access: readonly AccessEntry[], holds: (level: AccessLevel) => boolean, what: string): readonly string[] {
  const reach = reachOf(access, holds)
  return [
    ...(reach.ipv4 === everyAddress.ipv4 ? [`every IPv4 address ${what}`] : []),
    ...(reach.ipv6 === everyAddress.ipv6 ? [`every IPv6 address ${what}`] : []),
  ]
}

function control(access: readonly AccessEntry[], listener: string): readonly string[] {
  const all = everybody(access, controls, `may control by ${listener}`)
  const wide = access
    .filter((entry) => entry.level === 'control' && widthOf(entry).prefix < WIDE[widthOf(entry).version])
    .map(({ from, line }) => `${from} (line ${line}) may control`)
  const { ipv4, ipv6 } = reachOf(access, controls)
  const many = all.length + wide.length === 0 && (ipv4 > MANY.ipv4 || ipv6 > MANY.ipv6)
  return [...all, ...wide, ...(many ? [`${ipv4} IPv4 and ${ipv6} IPv6 addresses may control by ${listener}`] : [])]
}
