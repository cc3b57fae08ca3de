import { type AccessEntry, type AccessLevel, rangeBits } from './acl.ts'

/** How many addresses an access control list covers, by version. */
export type Reach = { readonly ipv4: bigint; readonly ipv6: bigint }

/** All IPv4 addresses, within IPv6 (RFC 4291, 2.5.5.2). */
const MAPPED = rangeBits('::ffff:0.0.0.0/96')
/** Every address that there is. What stands for IPv4 is not counted twice. */
export const everyAddress: Reach = { ipv4: 2n ** 32n, ipv6: 2n ** 128n - 2n ** 32n }

/**
 * How many addresses get a level for which `holds`, whatever the entries are made of: two halves cover what a whole one does. The most
 * exact entry wins, as in `compileAcl`; where breakers have entries of their own, the breaker that most addresses reach counts.
 */
export function reachOf(entries: readonly AccessEntry[], holds: (level: AccessLevel) => boolean): Reach {
  const named = new Set(entries.flatMap(({ breakers }) => (breakers === 'all' ? [] : breakers)))
  const each = ['', ...named].map((breaker) => reachOfOne(entriesFor(entries, breaker), holds))
  const most = (of: (reach: Reach) => bigint): bigint => each.reduce((found, one) => (of(one) > found ? of(one) : found), 0n)
  return { ipv4: most(({ ipv4 }) => ipv4), ipv6: most(({ ipv6 }) => ipv6) }
}

/** How long the prefix of a range is, and of which version. */
export function widthOf({ from }: Pick<AccessEntry, 'from'>): { readonly version: 4 | 6; readonly prefix: number } {
  const { length } = rangeBits(from)
  const inIpv4 = length >= MAPPED.length && rangeBits(from).startsWith(MAPPED)
  return inIpv4 ? { version: 4, prefix: length - MAPPED.length } : { version: 6, prefix: length }
}

type Range = { readonly bits: string; readonly level: AccessLevel }

/** One entry for each range: of two equal ones that which names the breaker wins. */
function entriesFor(entries: readonly AccessEntry[], breaker: string): readonly Range[] {
  const ranges = new Map<string, Range>()
  const usual = entries.filter(({ breakers }) => breakers === 'all')
  const own = entries.filter(({ breakers }) => breakers !== 'all' && breakers.includes(breaker))
  for (const { from, level } of [...usual, ...own]) ranges.set(rangeBits(from), { bits: rangeBits(from), level })
  return [...ranges.values()]
}

function reachOfOne(ranges: readonly Range[], holds: (level: AccessLevel) => boolean): Reach {
  let [ipv4, ipv6] = [0n, 0n]
  for (const { bits, level, own } of ownAddresses(ranges)) {
    if (!holds(level)) continue
    if (bits.startsWith(MAPPED)) ipv4 += own
    else ipv6 += own
  }
  return { ipv4, ipv6 }
}

/** Each range with the addresses that no more exact one takes from it. What stands for IPv4 becomes a range of its own. */
function ownAddresses(ranges: readonly Range[]): readonly (Range & { readonly own: bigint })[] {
  const around = ranges.filter(({ bits }) => MAPPED.startsWith(bits)).sort((a, b) => b.bits.length - a.bits.length)
  const whole = around[0]?.bits === MAPPED ? ranges : [...ranges, { bits: MAPPED, level: around[0]?.level ?? 'none' }]
  // In this order a range comes right before all that lies within it.
  const sorted = [...whole]
    .sort((a, b) => (a.bits < b.bits ? -1 : 1))
    .map((range) => ({ ...range, own: 2n ** BigInt(128 - range.bits.length) }))
  const within: typeof sorted = []
  for (const range of sorted) {
    while (within.length > 0 && !range.bits.startsWith(within.at(-1)?.bits ?? '')) within.pop()
    const parent = within.at(-1)
    if (parent !== undefined) parent.own -= 2n ** BigInt(128 - range.bits.length)
    within.push(range)
  }
  return sorted
}
