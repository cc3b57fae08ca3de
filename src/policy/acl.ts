import { BlockList, isIP } from 'node:net'

/** The most that a source can ever get: nothing, looking, or operating. */
export const accessLevels = ['none', 'read', 'control'] as const
export type AccessLevel = (typeof accessLevels)[number]

/** One entry of the access control list: a CIDR range and its level. */
export type AccessEntry = { readonly from: string; readonly level: AccessLevel }

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

export type Acl = (address: string) => AccessEntry | 'not-listed'

/** Compiles entries that passed `checkRange`. The most exact entry wins; what no entry covers is not listed. */
export function compileAcl(entries: readonly AccessEntry[]): Acl {
  const rules = entries.map((entry) => {
    const { address, prefix } = split(entry.from)
    const list = new BlockList()
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    // An IPv4 range is compared by its length within IPv6, where ::ffff:0:0/96 holds it.
    return { entry, list, exactness: isIP(address) === 6 ? prefix : prefix + 96 }
  })
  rules.sort((a, b) => b.exactness - a.exactness)
  return (address) => {
    const version = isIP(address)
    if (version === 0) return 'not-listed'
    return rules.find((rule) => rule.list.check(address, version === 6 ? 'ipv6' : 'ipv4'))?.entry ?? 'not-listed'
  }
}
