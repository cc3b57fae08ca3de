import { join, resolve } from 'node:path'
import type { Profile } from '../breakers/index.ts'
import type { SerialSettings, TcpSettings } from '../bus/index.ts'
import { type LineAddress, type UnitId, toLineAddress, toUnitId } from '../modbus/index.ts'
import type { AccessEntry, Rights } from '../policy/index.ts'
import type { SinkSettings } from '../syslog/index.ts'
import type { ListenerSettings } from '../upstream/index.ts'
import { type Endpoint, type SiteFile, severities, toEndpoint, toMs } from './schema.ts'

export type BusSettings = { readonly name: string } & (
  ({ readonly kind: 'serial' } & SerialSettings) | ({ readonly kind: 'tcp' } & TcpSettings)
)

export type BreakerSettings = {
  readonly name: string
  readonly label: string
  readonly unit: UnitId
  readonly bus: string
  readonly address: LineAddress
  readonly replyTimeoutMs: number
  readonly profile: Profile
}

/** A configuration without a mistake in it: all that `gateway/site.ts` needs to wire a gateway. */
export type CheckedSite = {
  readonly name: string
  /** Names this exact file: the first 12 digits of its SHA-256. */
  readonly hash: string
  readonly stateDirectory: string
  readonly apiSocket: string
  /** The unit id of the gateway itself. */
  readonly ownUnit: number | 'none'
  readonly vaultFile: string
  readonly vaultKeyFile: string
  readonly listeners: readonly (ListenerSettings & { readonly access: readonly AccessEntry[] })[]
  readonly buses: readonly BusSettings[]
  readonly breakers: readonly BreakerSettings[]
  readonly rights: Rights
  readonly sinks: readonly SinkSettings[]
}

/** Values of a file that passed every check; a value that is still wrong here is a bug of the checks and throws. */
export function toSite(file: SiteFile, folder: string, profiles: ReadonlyMap<string, Profile>, hash: string): CheckedSite {
  const path = (name: string): string => resolve(folder, name)
  return {
    name: file.site.name,
    hash,
    stateDirectory: path(file.state.directory),
    apiSocket: path(file.api.socket),
    ownUnit: file.site['own-unit'],
    vaultFile: path(file.vault.file ?? join(file.state.directory, 'vault')),
    vaultKeyFile: path(file.vault.key),
    listeners: file.listener.map((listener) => ({
      name: listener.name,
      ...endpoint(listener.address),
      certificateFile: path(listener.certificate),
      keyFile: path(listener.key),
      clientsFile: path(listener.clients),
      inFlight: listener['in-flight'],
      access: file.access
        .filter((entry) => entry.listener === undefined || entry.listener === listener.name)
        .map(({ from, level }) => ({ from, level })),
    })),
    buses: file.bus.map((bus) => ('port' in bus ? serialBus(bus) : { kind: 'tcp', name: bus.name, ...endpoint(bus.address) })),
    breakers: file.breaker.map((breaker) => ({
      name: breaker.name,
      label: breaker.label,
      unit: must(toUnitId(breaker.unit)),
      bus: breaker.bus,
      address: must(toLineAddress(breaker.address ?? breaker.unit)),
      replyTimeoutMs: must(toMs(must(file.bus.find((bus) => bus.name === breaker.bus))['reply-timeout'])),
      profile: must(profiles.get(breaker.profile)),
    })),
    rights: new Map(Object.entries(file.roles).map(([role, { may }]) => [role, new Set(may)])),
    sinks: file.sink.map((sink) => ({
      name: sink.name,
      ...endpoint(sink.address),
      facility: sink.facility,
      mildest: severities[sink['from-severity']],
    })),
  }
}

type SerialBus = Extract<SiteFile['bus'][number], { port: string }>

function serialBus(bus: SerialBus): BusSettings {
  const parity = ({ E: 'even', O: 'odd', N: 'none' } as const)[must(bus.format[1]) as 'E' | 'O' | 'N']
  const echo = bus.echo === 'auto' ? 'unknown' : bus.echo
  return { kind: 'serial', name: bus.name, path: bus.port, baud: bus.baud, parity, stopBits: bus.format.endsWith('2') ? 2 : 1, echo }
}

const endpoint = (text: string): Endpoint => must(toEndpoint(text))

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a checked configuration holds a value that its checks should have refused')
  return value
}
