import { join, resolve } from 'node:path'
import type { Profile } from '../breakers/index.ts'
import type { BusSettings as Scheduling, LineSettings, Refresh } from '../bus/index.ts'
import { type LineAddress, type UnitId, toLineAddress, toUnitId } from '../modbus/index.ts'
import type { AccessEntry, Rights } from '../policy/index.ts'
import type { SinkSettings } from '../syslog/index.ts'
import type { ListenerSettings } from '../upstream/index.ts'
import { toMilliseconds } from './profile-schema.ts'
import { type Endpoint, type SiteFile, severities, toEndpoint } from './schema.ts'

/** Where the PEM files of a bus in TLS are; they are read at start. */
export type BusTlsFiles = {
  readonly certificateFile: string
  readonly keyFile: string
  readonly clientsFile: string
  readonly serverName: string
}

type Lines = LineSettings extends infer L
  ? L extends { readonly tls: unknown }
    ? Omit<L, 'tls'> & { readonly tls: BusTlsFiles | 'none' }
    : L
  : never
export type BusSettings = { readonly name: string } & Scheduling & Lines

export type BreakerSettings = {
  readonly name: string
  readonly label: string
  readonly unit: UnitId
  readonly bus: string
  readonly address: LineAddress
  readonly replyTimeoutMs: number
  /** What may be answered from memory, and how long; empty when nothing may. */
  readonly refresh: readonly Refresh[]
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
    buses: file.bus.map((bus) => ('port' in bus ? serialBus(bus) : tcpBus(bus, path))),
    breakers: file.breaker.map((breaker) => ({
      name: breaker.name,
      label: breaker.label,
      unit: must(toUnitId(breaker.unit)),
      bus: breaker.bus,
      address: must(toLineAddress(breaker.address ?? breaker.unit)),
      replyTimeoutMs: must(toMilliseconds(must(file.bus.find((bus) => bus.name === breaker.bus))['reply-timeout'])),
      profile: must(profiles.get(breaker.profile)),
      refresh: breaker.freshness === 'off' ? [] : must(profiles.get(breaker.profile)).refresh,
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
  const { baud, direction, port } = bus
  return { ...scheduling(bus), kind: 'serial', path: port, baud, parity, stopBits: bus.format.endsWith('2') ? 2 : 1, echo, direction }
}

type TcpBus = Extract<SiteFile['bus'][number], { address: string }>

function tcpBus(bus: TcpBus, path: (name: string) => string): BusSettings {
  const { certificate, key, devices, connections } = bus
  const tls =
    certificate === undefined || key === undefined || devices === undefined
      ? 'none'
      : {
          certificateFile: path(certificate),
          keyFile: path(key),
          clientsFile: path(devices),
          serverName: bus['server-name'] ?? '',
        }
  return { ...scheduling(bus), kind: 'tcp', ...endpoint(bus.address), connections, pipelined: bus['in-flight'], tls }
}

const scheduling = (bus: SerialBus | TcpBus) => ({
  name: bus.name,
  readRetries: bus['read-retries'],
  longestWaitMs: must(toMilliseconds(bus['longest-wait'])),
})

const endpoint = (text: string): Endpoint => must(toEndpoint(text))

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a checked configuration holds a value that its checks should have refused')
  return value
}
