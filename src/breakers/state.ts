import { type Reply, type Request, addressOf } from '../modbus/index.ts'
import type { StatusMap } from './profile.ts'

/** What a breaker's status register says. `unknown` when the device itself marks it as without meaning. */
export type BreakerState = 'open' | 'closed' | 'tripped' | 'unknown'
export type Observed = { readonly state: BreakerState; readonly currents: readonly number[] | 'not-read' }

/** Reads the state out of any reply that happens to cover the status register; `nothing` when it does not. */
export function observe(request: Request, reply: Reply, map: StatusMap | 'none'): Observed | 'nothing' {
  if (map === 'none' || request.kind !== 'read-holding-registers' || reply.kind !== 'registers') return 'nothing'
  const view = new DataView(reply.registers.buffer, reply.registers.byteOffset, reply.registers.byteLength)
  const offset = addressOf(map.register) - request.address
  if (offset < 0 || offset >= request.quantity) return 'nothing'
  const status = view.getUint16(2 * offset)
  const first = addressOf(map.currents) - request.address
  const read = first >= 0 && first + 3 <= request.quantity
  return { state: stateOf(status, map), currents: read ? [0, 1, 2].map((i) => view.getUint16(2 * (first + i))) : 'not-read' }
}

function stateOf(status: number, map: StatusMap): BreakerState {
  if ((status & map.invalid) !== 0) return 'unknown'
  if ((status & map.closed) !== 0) return 'closed'
  return (status & map.tripped) !== 0 ? 'tripped' : 'open'
}
