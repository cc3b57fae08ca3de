import type { Request } from '../modbus/index.ts'
import type { Subject } from '../policy/index.ts'
import { sourceOf } from './connection-limits.ts'
import { CONTROL_IN_FLIGHT, READS_IN_FLIGHT } from './limits.ts'

/** Places for requests of one kind: `inAll` of them, `shared` by clients that use more than their `own`. */
export type Places = { readonly inAll: number; readonly own: number; readonly shared: number }
export type InFlight = { readonly read: Places; readonly control: Places }
export type RequestKind = keyof InFlight

/** Counts what is being worked on, over all connections. Reads never take a place of control, and no client takes those of all others. */
export interface Admission {
  /** One more of this client, or false when it has its share, or all have: then `leave` must not be called for it. */
  enter(client: string, kind: RequestKind): boolean
  leave(client: string, kind: RequestKind): void
  inside(): number
}

export function createAdmission(places: InFlight = { read: READS_IN_FLIGHT, control: CONTROL_IN_FLIGHT }): Admission {
  const kinds = { read: createPool(places.read), control: createPool(places.control) }
  return {
    enter: (client, kind) => kinds[kind].enter(client),
    leave: (client, kind) => kinds[kind].leave(client),
    inside: () => kinds.read.inside() + kinds.control.inside(),
  }
}

/**
 * Each client has a few places of its own; of the shared ones it gets at most those of a fair part, counted with one client more than
 * there are: the next one always finds some.
 */
function createPool({ inAll, own, shared }: Places) {
  const held = new Map<string, number>()
  let inside = 0
  let inShared = 0
  /** Clients that hold shared places. */
  let sharers = 0
  return {
    inside: () => inside,
    enter(client: string): boolean {
      const has = held.get(client) ?? 0
      if (inside >= inAll) return false
      if (has >= own) {
        const others = sharers - (has > own ? 1 : 0)
        if (inShared >= shared || has - own >= Math.max(1, Math.floor(shared / (others + 2)))) return false
        inShared += 1
        if (has === own) sharers += 1
      }
      held.set(client, has + 1)
      inside += 1
      return true
    },
    leave(client: string): void {
      const has = held.get(client) ?? 0
      if (has > own) inShared -= 1
      if (has === own + 1) sharers -= 1
      if (has <= 1) held.delete(client)
      else held.set(client, has - 1)
      inside -= 1
    },
  }
}

/** One client: a certificate at one address, or an address in the clear. However many connections it opens, it has one share. */
export function clientKeyOf({ name, source }: Extract<Subject, { kind: 'client' }>): string {
  const address = source.replace(/:\d+$/, '')
  const network = sourceOf(address)
  return name === address ? network : `${name} ${network}`
}

/** Functions that only read, whatever the device: all others may operate, what they do is known only with the profile of the breaker. */
export function onlyReads({ kind }: Request): boolean {
  switch (kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-scattered-registers':
    case 'read-device-identification':
    case 'read-date-time':
    case 'read-exception-status':
    case 'read-fifo-queue':
    case 'read-file-record':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'report-server-id':
      return true
    case 'diagnostics':
    case 'write-single-coil':
    case 'write-multiple-coils':
    case 'write-single-register':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'read-write-multiple-registers':
    case 'write-file-record':
    case 'write-date-time':
      return false
  }
}

/** A bucket of leave that fills up again with time: how many bad requests a connection has left to be answered at once. */
export type Allowance = { readonly left: number; readonly at: number }

/** Takes one out at `nowMs`; `waitMs` is how long the taker must wait for it to be there. */
export function spend(
  allowance: Allowance,
  nowMs: number,
  { atOnce, perSecond }: { readonly atOnce: number; readonly perSecond: number },
): readonly [Allowance, { readonly waitMs: number }] {
  const filled = Math.min(atOnce, allowance.left + ((nowMs - allowance.at) / 1000) * perSecond)
  const left = filled - 1
  return [{ left, at: nowMs }, { waitMs: left >= 0 ? 0 : (-left / perSecond) * 1000 }]
}
