import type { Clock, Random } from '../platform/index.ts'
import { thisSystem } from './adapter.ts'
import type { Echo } from './echo.ts'
import type { ClaimEndpoint } from './endpoints.ts'
import type { Line, Notice, Tap } from './line.ts'
import { pooled } from './pool.ts'
import { type SerialSettings, serialWire } from './port-serial.ts'
import { type Lookup, type TcpSettings, tcpWire } from './port-tcp.ts'
import { createSerialLine } from './serial-line.ts'
import { createTcpLine } from './tcp-line.ts'

/** What a bus is made of. `connections` to one interface, each with `pipelined` requests on their way. */
export type LineSettings =
  | ({ readonly kind: 'serial'; readonly echo: Echo } & SerialSettings)
  | ({ readonly kind: 'tcp'; readonly connections: number; readonly pipelined: number } & TcpSettings)

export type LinePorts = {
  readonly clock: Clock
  readonly random: Random
  readonly tap: Tap
  readonly claimEndpoint: ClaimEndpoint
  readonly lookup?: Lookup | undefined
}

/** Opens the line of a bus on this machine's ports. */
export function openLine(settings: LineSettings, ports: LinePorts, notice: (notice: Notice) => void): Line {
  const { clock, random, tap, claimEndpoint, lookup } = ports
  switch (settings.kind) {
    case 'serial': {
      const wire = serialWire(settings, thisSystem, claimEndpoint)
      return createSerialLine(settings, wire, { clock, random, notice }, tap)
    }
    case 'tcp':
      return pooled(settings.connections, notice, (told) =>
        createTcpLine(settings, tcpWire(settings, { clock, claimEndpoint, lookup }), { clock, random, notice: told }, tap),
      )
  }
}
