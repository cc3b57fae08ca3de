import type { Monotonic } from '../../platform/index.ts'
import type { RefusalReason } from '../../policy/index.ts'

/** The last refusal of one client, as it may read it from the gateway's own unit. */
export type Refusal = {
  readonly reason: RefusalReason
  readonly unit: number
  readonly functionCode: number
  readonly words: string
  readonly at: Monotonic
}

/** Clients whose last refusal is kept; beyond it the one that was refused longest ago is forgotten. */
export const MAX_REFUSED_CLIENTS = 256

/** The last refusal of each client, by the name in its certificate. */
export interface LastRefusals {
  note(client: string, refusal: Refusal): void
  of(client: string): Refusal | 'none'
}

export function createLastRefusals(): LastRefusals {
  const last = new Map<string, Refusal>()
  return {
    note(client, refusal) {
      last.delete(client)
      last.set(client, refusal)
      const [oldest] = last.keys()
      if (last.size > MAX_REFUSED_CLIENTS && oldest !== undefined) last.delete(oldest)
    },
    of: (client) => last.get(client) ?? 'none',
  }
}
