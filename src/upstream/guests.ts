import { isIPv6 } from 'node:net'
import type { Monotonic } from '../platform/index.ts'
import { MAX_SOURCES } from './limits.ts'
import type { DoorLimits } from './settings.ts'

/** Who has how many connections, and how fast each source opens new ones. */
export interface Guests {
  /** `welcome`, and counted until `leave`; or why not. */
  enter(address: string, now: Monotonic): string
  leave(address: string): void
  inside(): number
}

/** An IPv4 address however it is written; of an IPv6 address its network of 64 bits, since each machine may have all of them. */
export function sourceOf(address: string): string {
  const bare = address.replace(/^::ffff:/, '')
  if (!isIPv6(bare)) return bare
  const [head = '', tail] = (bare.split('%')[0] ?? '').split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`
}

type Source = { open: number; left: number; at: Monotonic }

export function createGuests(limits: () => DoorLimits): Guests {
  const sources = new Map<string, Source>()
  let inside = 0

  /** As many at once as an address may have, or open in a second. */
  const burst = (): number => Math.max(limits().connectionsPerAddress, limits().handshakesPerSecond)
  function refill(source: Source, now: Monotonic): void {
    const { handshakesPerSecond } = limits()
    source.left = Math.min(burst(), source.left + ((now - source.at) / 1000) * handshakesPerSecond)
    source.at = now
  }
  /** Makes room by forgetting those that have nothing open and would have all their leave back. */
  function forget(now: Monotonic): void {
    for (const [key, source] of sources) {
      refill(source, now)
      if (source.open === 0 && source.left >= burst()) sources.delete(key)
    }
  }

  return {
    enter(address, now) {
      const { connections, connectionsPerAddress, handshakesPerSecond } = limits()
      const key = sourceOf(address)
      if (sources.size >= MAX_SOURCES && !sources.has(key)) forget(now)
      if (sources.size >= MAX_SOURCES && !sources.has(key)) return `${MAX_SOURCES} addresses connect at a time`
      const source = sources.get(key) ?? { open: 0, left: burst(), at: now }
      sources.set(key, source)
      refill(source, now)
      if (source.left < 1) return `more than ${handshakesPerSecond} connections a second from this address`
      source.left -= 1
      if (inside >= connections) return `${connections} connections are open`
      if (source.open >= connectionsPerAddress) return `${connectionsPerAddress} connections from this address`
      source.open += 1
      inside += 1
      return 'welcome'
    },
    leave(address) {
      const source = sources.get(sourceOf(address))
      if (source !== undefined) source.open -= 1
      inside -= 1
    },
    inside: () => inside,
  }
}
