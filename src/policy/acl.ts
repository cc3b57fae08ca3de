import { BlockList, isIP } from 'node:net'

/** The most that a source can ever get: nothing, looking, or operating. */
export const accessLevels = ['none', 'read', 'control'] as const
export type AccessLevel = (typeof accessLevels)[number]

/** One entry of the access control list: a CIDR range and its level, for all breakers or for some. */
export type AccessEntry = {
  readonly from: string
  readonly level: AccessLevel
  readonly breakers: readonly string[] | 'all'
  /** Where it stands in the configuration. */
  readonly line: number
}

/** What the list says of one address: the entry that wins for most, and for the breakers that entries name. */
export type Access = {
  readonly usual: AccessEntry | 'none'
  readonly of: ReadonlyMap<string, AccessEntry>
}
type Levels = { readonly usual: AccessLevel; readonly of: ReadonlyMap<string, AccessLevel> }
/** Why a client only reads although the access control list gives its address more. `authority`: the common name of one without a list. */
export type ReadOnlyCause = { readonly kind: 'clear-text' } | { readonly kind: 'revocation-unknown'; readonly authority: string }
/** The level that a client can get at most, whatever its address. */
export type LevelLimit = { readonly kind: 'none' } | ReadOnlyCause
/** What a client gets, by breaker. `listed`: what the access control list alone would give, where `limit` lowered it. */
export type AccessLevels = Levels & {
  readonly limit: { readonly kind: 'none' } | { readonly cause: ReadOnlyCause; readonly kind: 'lowered'; readonly listed: Levels }
}

/** Checks an address range: IPv4 or IPv6, with a prefix or a single address, no host bits. Returns `fine` or what is wrong. */
export function checkRange(text: string): string {
  const { address, prefix } = split(text)
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  if (version === 0) return 'is not an address range'
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > most) return `has a prefix that is not 0 to ${most}`
  return bits(address).slice(prefix).includes('1') ? 'has address bits behind its prefix' : 'fine'
}

function split(text: string): { address: string; prefix: number } {
  const [address = '', prefix, ...rest] = text.split('/')
  const whole = isIP(address) === 6 ? 128 : 32
  if (rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return { address, prefix: NaN }
  return { address, prefix: prefix === undefined ? whole : Number(prefix) }
}

function bits(address: string): string {
  if (isIP(address) === 4)
    return address
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('')
  const hex = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = hex.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all = [...left, ...Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0'), ...right]
  return all.map((group) => parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}

/** The leading bits that every address of a checked range shares, as IPv6 has them: IPv4 stands behind ::ffff:0:0/96. */
export function rangeBits(range: string): string {
  const { address, prefix } = split(range)
  if (isIP(address) === 6) return bits(address).slice(0, prefix)
  return '0'.repeat(80) + '1'.repeat(16) + bits(address).slice(0, prefix)
}

export type Acl = (address: string) => Access | 'not-listed'

/**
 * Compiles entries that passed `checkRange`. The most exact entry wins, for each breaker by itself; of two equally exact ones the one that
 * names the breaker. What no entry covers is not listed.
 */
export function compileAcl(entries: readonly AccessEntry[]): Acl {
  const rules = entries.map((entry) => {
    const { address, prefix } = split(entry.from)
    const list = new BlockList()
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    // An IPv4 range is compared by its length within IPv6, where ::ffff:0:0/96 holds it.
    return { entry, list, exactness: isIP(address) === 6 ? prefix : prefix + 96 }
  })
  rules.sort((a, b) => b.exactness - a.exactness || Number(a.entry.breakers === 'all') - Number(b.entry.breakers === 'all'))
  const named = new Set(entries.flatMap(({ breakers }) => (breakers === 'all' ? [] : breakers)))
  return (address) => {
    const version = isIP(address)
    if (version === 0) return 'not-listed'
    const covering = rules.filter((rule) => rule.list.check(address, version === 6 ? 'ipv6' : 'ipv4')).map(({ entry }) => entry)
    if (covering.length === 0) return 'not-listed'
    const of = new Map<string, AccessEntry>()
    for (const breaker of named) {
      const wins = covering.find(({ breakers }) => breakers === 'all' || breakers.includes(breaker))
      if (wins !== undefined && wins.breakers !== 'all') of.set(breaker, wins)
    }
    return { usual: covering.find(({ breakers }) => breakers === 'all') ?? 'none', of }
  }
}

const rank = (level: AccessLevel): number => accessLevels.indexOf(level)
/** The lesser of two levels. */
const lesser = (a: AccessLevel, b: AccessLevel): AccessLevel => (rank(a) <= rank(b) ? a : b)

/** The levels that a client at an address gets: those of the list, none of them above reading where `limit` says so. */
export function levelsOf(access: Access, limit: LevelLimit): AccessLevels {
  const usual = access.usual === 'none' ? 'none' : access.usual.level
  const listed = { usual, of: new Map([...access.of].map(([breaker, { level }]) => [breaker, level])) }
  const isLowered = [usual, ...listed.of.values()].includes('control')
  if (limit.kind === 'none' || !isLowered) return { ...listed, limit: { kind: 'none' } }
  return {
    usual: lesser(usual, 'read'),
    of: new Map([...listed.of].map(([breaker, level]) => [breaker, lesser(level, 'read')])),
    limit: { kind: 'lowered', cause: limit, listed },
  }
}

/** What keeps a client from more than it gets on a breaker: the list itself, or what lowered its level. */
export function causeOfLevel(levels: AccessLevels, breaker: string): { readonly kind: 'acl-level' } | ReadOnlyCause {
  const { limit } = levels
  return limit.kind === 'lowered' && levelAt(limit.listed, breaker) === 'control' ? limit.cause : { kind: 'acl-level' }
}

/** The level for one breaker; for the gateway's own unit, where `breaker` is empty, the most that it gets anywhere. */
export function levelAt(levels: Levels, breaker: string): AccessLevel {
  if (breaker !== '') return levels.of.get(breaker) ?? levels.usual
  return [...levels.of.values()].reduce((most, level) => (rank(level) > rank(most) ? level : most), levels.usual)
}

/** Two equal texts are equal levels. */
export const describeLevels = ({ usual, of, limit }: AccessLevels): string =>
  JSON.stringify([usual, [...of].sort(), limit.kind === 'none' ? 'none' : limit.cause])
