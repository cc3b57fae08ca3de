import { join, resolve } from 'node:path'
import type { Profile } from '../breakers/index.ts'
import type { BusSettings as Scheduling, LineSettings, Refresh } from '../bus/index.ts'
import { type LineAddress, type UnitId, toLineAddress, toUnitId } from '../modbus/index.ts'
import type { Guard, ManagementAction, Rights } from '../policy/index.ts'
import type { PeopleSettings } from '../identity/index.ts'
import type { SinkSettings } from '../syslog/index.ts'
import { type SiteListener, toListener } from './listeners.ts'
import { toMilliseconds } from './duration.ts'
import { must } from './must.ts'
import { toRights } from './roles.ts'

import { type Endpoint, toEndpoint } from './endpoint.ts'
import { namesOf, toGuards } from './guards.ts'
import { type KeySwitchSettings, toKeySwitch } from './key-switches.ts'
import { type WorkingHours, toHours } from './hours.ts'
import type { SiteFile } from './schema.ts'
import { type JournalSettings, type SinkTlsFiles, toJournal, toSink } from './sinks.ts'

/** Where the PEM files of a bus in TLS are; they are read at start. */
export type BusTlsFiles = {
  readonly certificateFile: string
  readonly keyFile: string
  /** The authority of devices, or the one certificate that the interface has. */
  readonly trust: { readonly kind: 'authority' | 'pinned'; readonly file: string }
  readonly serverName: string
}

type Lines = LineSettings extends infer L
  ? L extends { readonly tls: unknown }
    ? Omit<L, 'tls'> & { readonly tls: BusTlsFiles | 'none' }
    : L
  : never
export type BusSettings = {
  readonly name: string
  /** TCP ports that an Ethernet interface should not have open. */
  readonly unwantedServices: readonly number[]
} & Scheduling &
  Lines

export type ConsoleSettings = {
  readonly host: string
  readonly port: number
  /** What passkeys belong to. */
  readonly name: string
  /** The user of this machine that the pages run as: only it may say where a browser is. */
  readonly user: string
  readonly certificateFile: string
  readonly keyFile: string
}

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
  /** The user name of a device that has one account; undefined: the one that it leaves the factory with. */
  readonly account: string | undefined
}

/** A configuration without a mistake in it: all that `startGateway` needs. */
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
  readonly listeners: readonly SiteListener[]
  readonly buses: readonly BusSettings[]
  readonly breakers: readonly BreakerSettings[]
  readonly rights: Rights
  readonly people: PeopleSettings
  readonly console: ConsoleSettings | 'none'
  /** The folder of the site's own authority; empty where it is not kept on this machine. */
  readonly authorityDirectory: string
  readonly journal: JournalSettings
  readonly sinks: readonly SinkSettings<SinkTlsFiles>[]
  /** When somebody is expected to be at work; empty: not set. */
  readonly workingHours: WorkingHours
  /** Breakers whose policy is only observed. */
  readonly observed: ReadonlySet<string>
  readonly guards: readonly Guard[]
  readonly keySwitches: readonly KeySwitchSettings[]
  readonly emergencyOpen: boolean
  readonly longestUnlockMs: number
  /** Minutes of the day at which shifts end; empty: none are known. */
  readonly shiftEnds: readonly number[]
}

/** What a site needs beside the values of its file. `accessLines`: where each entry of the access control list stands. */
export type Around = {
  readonly folder: string
  readonly profiles: ReadonlyMap<string, Profile>
  readonly hash: string
  readonly accessLines: readonly number[]
}

/** Values of a file that passed every check; a value that is still wrong here is a bug of the checks and throws. */
export function toSite(file: SiteFile, { folder, profiles, hash, accessLines }: Around): CheckedSite {
  const path = (name: string): string => resolve(folder, name)
  return {
    name: file.site.name,
    hash,
    stateDirectory: path(file.state.directory),
    apiSocket: path(file.api.socket),
    ownUnit: file.site['own-unit'],
    vaultFile: path(file.vault.file ?? join(file.state.directory, 'vault')),
    vaultKeyFile: path(file.vault.key),
    listeners: file.listener.map((listener) => toListener(listener, file.access, accessLines, path)),
    buses: file.bus.map((bus) => ('port' in bus ? serialBus(bus) : tcpBus(bus, path))),
    breakers: file.breaker.map((breaker) => ({
      name: breaker.name,
      label: breaker.label,
      unit: must(toUnitId(breaker.unit)),
      bus: breaker.bus,
      address: must(toLineAddress(breaker.address ?? breaker.unit)),
      replyTimeoutMs: must(toMilliseconds(must(file.bus.find((bus) => bus.name === breaker.bus))['reply-timeout'])),
      profile: must(profiles.get(breaker.profile)),
      account: breaker.account,
      refresh: breaker.freshness === 'off' ? [] : must(profiles.get(breaker.profile)).refresh,
    })),
    rights: new Map(Object.entries(file.roles).map(([role, told]) => [role, toRights(role, told, file.breaker)])),
    people: toPeople(file.people),
    console:
      file.console === undefined
        ? 'none'
        : {
            ...endpoint(file.console.address),
            name: file.console.name,
            user: file.console.user,
            certificateFile: path(file.console.certificate),
            keyFile: path(file.console.key),
          },
    authorityDirectory: file.authority === undefined ? '' : path(file.authority.directory),
    journal: toJournal(file.journal),
    sinks: file.sink.map((sink) => toSink(sink, path)),
    observed: new Set(file.breaker.filter(({ mode }) => (mode ?? file.site.mode) === 'observe').map(({ name }) => name)),
    guards: toGuards(file.guard, file.breaker),
    keySwitches: file['key-switch'].map((one) => toKeySwitch(one, (told) => namesOf(told, file.breaker))),
    emergencyOpen: file.site['emergency-open'],
    longestUnlockMs: must(toMilliseconds(file.locks['longest-unlock'])),
    shiftEnds: file.locks['shift-ends'].map((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))).sort((a, b) => a - b),
    workingHours: file.site['working-hours'].map((text) => must(toHours(text))),
  }
}

function toPeople(people: SiteFile['people']): PeopleSettings {
  const ageMs = (age: string): number | 'off' => (age === 'off' ? 'off' : must(toMilliseconds(age)))
  return {
    inactivityMs: must(toMilliseconds(people['minimum-inactivity-period'])),
    maximumAttempts: people['maximum-login-attempts'],
    lockingMs: must(toMilliseconds(people['locking-period'])),
    passwordLength: people['password-length'],
    passwordHistory: people['password-history'],
    passwordMaximumAgeMs: ageMs(people['password-maximum-age']),
    pinMaximumAgeMs: ageMs(people['pin-maximum-age']),
    sessionLifeMs: must(toMilliseconds(people['session-life'])),
    sessionsPerUser: people['sessions-per-user'],
    sessions: people.sessions,
    secondFactor: new Set(people['second-factor']),
    withoutLogin: new Set<ManagementAction>(people['without-login']),
    panelUser: people.panel ?? 'none',
    banner: people.banner,
  }
}

type SerialBus = Extract<SiteFile['bus'][number], { port: string }>

function serialBus(bus: SerialBus): BusSettings {
  const parity = ({ E: 'even', O: 'odd', N: 'none' } as const)[must(bus.format[1]) as 'E' | 'O' | 'N']
  const echo = bus.echo === 'auto' ? 'unknown' : bus.echo
  const { baud, direction, port } = bus
  return {
    ...scheduling(bus),
    unwantedServices: [],
    kind: 'serial',
    path: port,
    baud,
    parity,
    stopBits: bus.format.endsWith('2') ? 2 : 1,
    echo,
    direction,
  }
}

type TcpBus = Extract<SiteFile['bus'][number], { address: string }>

function tcpBus(bus: TcpBus, path: (name: string) => string): BusSettings {
  const { certificate, key, devices, pinned, connections } = bus
  const trusted = devices ?? pinned
  const tls =
    certificate === undefined || key === undefined || trusted === undefined
      ? 'none'
      : {
          certificateFile: path(certificate),
          keyFile: path(key),
          trust: { kind: devices === undefined ? ('pinned' as const) : ('authority' as const), file: path(trusted) },
          serverName: bus['server-name'] ?? '',
        }
  return {
    ...scheduling(bus),
    unwantedServices: bus['unwanted-services'],
    kind: 'tcp',
    ...endpoint(bus.address),
    connections,
    pipelined: bus['in-flight'],
    tls,
  }
}

const scheduling = (bus: SerialBus | TcpBus) => ({
  name: bus.name,
  readRetries: bus['read-retries'],
  longestWaitMs: must(toMilliseconds(bus['longest-wait'])),
})

const endpoint = (text: string): Endpoint => must(toEndpoint(text))
