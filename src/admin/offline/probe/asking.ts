import type { Exchanged, Line } from '../../../bus/index.ts'
import type { LineAddress, Request } from '../../../modbus/index.ts'
import type { Clock } from '../../../platform/index.ts'

/** Asks units, one question after the other, over connections that may end in between. */
export type Asking = { ask(address: LineAddress, request: Request): Promise<Exchanged> }

/** How long a line that worked before may take to come back, how often it is asked meanwhile, milliseconds, and how often it may open in vain. */
const BACK = { mostMs: 15_000, everyMs: 100, mostOpens: 5 } as const

export type AskingPorts = {
  readonly clock: Clock
  readonly replyTimeoutMs: number
  /** How often the wire below the line was opened. A line that never was is not waited for: the address is wrong, or nobody is there. */
  readonly opens: () => number
}

/**
 * Many interfaces end the connection after each answer, or when nothing was asked for a while: a question that was lost with it is asked once
 * more, on the next one. All questions of a probe are reads, so asking twice does no harm.
 */
export function createAsking(line: Line, { clock, replyTimeoutMs, opens }: AskingPorts): Asking {
  const exchange = (address: LineAddress, request: Request): Promise<Exchanged> =>
    new Promise((end) => line.exchange({ address, replyTimeoutMs }, request, () => true, end))
  const pause = (): Promise<void> => new Promise((resume) => void clock.after(BACK.everyMs, resume))

  async function once(address: LineAddress, request: Request): Promise<Exchanged> {
    const since = { now: clock.now(), opens: opens() }
    for (;;) {
      const exchanged = await exchange(address, request)
      const isHopeless = opens() === 0 || opens() - since.opens > BACK.mostOpens || clock.now() - since.now > BACK.mostMs
      if (exchanged.kind !== 'unreachable' || isHopeless) return exchanged
      await pause()
    }
  }

  return {
    async ask(address, request) {
      const first = await once(address, request)
      return first.kind === 'no-reply' && first.cause !== 'silence' ? once(address, request) : first
    },
  }
}
