import { isIPv6 } from 'node:net'
import type { Monotonic } from '../platform/index.ts'
import { MAX_CLIENT_ADDRESSES, OWN_CONNECTIONS } from './limits.ts'
import type { ListenerLimits } from './settings.ts'

/** Who has how many connections, and how fast each source opens new ones. */
export interface ConnectionLimits {
  /**
   * `welcome`, and counted until `leave`; or why not. `level`: the most that the address may do. The last quarter of the places is for
   * addresses with fewer than OWN_CONNECTIONS, and half of that quarter only for those that may control.
   */
  enter(address: string, level: 'read' | 'control', now: Monotonic): string
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

const keptFor = ({ open }: Source, level: 'read' | 'control'): string =>
  open >= OWN_CONNECTIONS || level === 'control' ? `addresses with fewer than ${OWN_CONNECTIONS}` : 'addresses that may control'

export function createConnectionLimits(limits: () => ListenerLimits): ConnectionLimits {
  const sources = new Map<string, Source>()
  let inside = 0

  /** As many at once as an address may have, or open in a second. */
  const burst = (): number => Math.max(limits().connectionsPerAddress, limits().handshakesPerSecond)
  function refill(source: Source, now: Monotonic): void {
    const { handshakesPerSecond } = limits()
    source.left = Math.min(burst(), source.left + ((now - source.at) / 1000) * handshakesPerSecond)
    source.at = now
  }
  /** Makes room by forgetting who has nothing open and came longest ago. There always is one: more are kept than may be connected. */
  function forget(): void {
    for (const [key, { open }] of sources) {
      if (open === 0) return void sources.delete(key)
    }
  }
  /** Connections that there may be for one more of this address to be let in. */
  function room({ open }: Source, level: 'read' | 'control'): number {
    const { connections } = limits()
    if (open >= OWN_CONNECTIONS) return connections - Math.floor(connections / 4)
    return level === 'control' ? connections : connections - Math.floor(connections / 8)
  }

  return {
    enter(address, level, now) {
      const { connections, connectionsPerAddress, handshakesPerSecond } = limits()
      const key = sourceOf(address)
      if (sources.size >= MAX_CLIENT_ADDRESSES && !sources.has(key)) forget()
      const source = sources.get(key) ?? { open: 0, left: burst(), at: now }
      sources.delete(key)
      sources.set(key, source)
      refill(source, now)
      if (source.left < 1) return `more than ${handshakesPerSecond} connections a second from this address`
      source.left -= 1
      if (inside >= connections) return `${connections} connections are open`
      if (source.open >= connectionsPerAddress) return `${connectionsPerAddress} connections from this address`
      const most = room(source, level)
      if (inside >= most) return `${most} of ${connections} connections are open, the rest is kept for ${keptFor(source, level)}`
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
