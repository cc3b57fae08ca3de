/** Calls to the gateway: what one address may ask in a second, and all of them together. A page that is looked at asks two or three. */
const PER_ADDRESS = { each: 20, burst: 60 }
const IN_ALL = { each: 80, burst: 160 }
/** Calls that wait for the gateway at a time. */
const IN_FLIGHT = 16
/** Streams of the state at a time, for one address: the gateway has room for more pages than one place may take. */
const LIVE_PER_ADDRESS = 8
/** Connections of one address: the others are for those who want to unlock from elsewhere. */
export const CONNECTIONS_PER_ADDRESS = 50
/** Addresses that are remembered. */
const MOST_ADDRESSES = 10_000

type Bucket = { left: number; at: number }

export interface Throttle {
  /** The way to say that it is done, or `too-many`: the gateway is not asked. */
  begin(address: string): (() => void) | 'too-many'
  /** The same for a page that goes on looking. */
  look(address: string): (() => void) | 'too-many'
}

/** Keeps a flood of the pages from becoming one of the gateway. `now`: seconds, monotonic. */
export function createThrottle(now: () => number): Throttle {
  const addresses = new Map<string, Bucket>()
  const all: Bucket = { left: IN_ALL.burst, at: now() }
  const looking = new Map<string, number>()
  let inFlight = 0
  const take = (bucket: Bucket, { each, burst }: typeof IN_ALL): boolean => {
    const at = now()
    bucket.left = Math.min(burst, bucket.left + (at - bucket.at) * each)
    bucket.at = at
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }
  return {
    look(address) {
      const count = looking.get(address) ?? 0
      if (count >= LIVE_PER_ADDRESS) return 'too-many'
      looking.set(address, count + 1)
      return () => {
        const left = (looking.get(address) ?? 1) - 1
        if (left <= 0) looking.delete(address)
        else looking.set(address, left)
      }
    },
    begin(address) {
      if (addresses.size >= MOST_ADDRESSES) addresses.clear()
      const bucket = addresses.get(address) ?? { left: PER_ADDRESS.burst, at: now() }
      addresses.set(address, bucket)
      // The address first: who floods takes nothing of what all share.
      if (!take(bucket, PER_ADDRESS) || inFlight >= IN_FLIGHT || !take(all, IN_ALL)) return 'too-many'
      inFlight += 1
      return () => void (inFlight -= 1)
    },
  }
}

/** Counts connections by address. False: one more would be more than its share, and it must be closed. */
export function createConnectionShare() {
  const open = new Map<string, number>()
  return {
    enter(address: string): boolean {
      const count = open.get(address) ?? 0
      if (count >= CONNECTIONS_PER_ADDRESS) return false
      open.set(address, count + 1)
      return true
    },
    leave(address: string): void {
      const left = (open.get(address) ?? 1) - 1
      if (left <= 0) open.delete(address)
      else open.set(address, left)
    },
  }
}
