import type { CheckedSite, SiteListener } from '../config/index.ts'
import { canonical } from './canonical.ts'
import type { SiteCredentials } from './access/credentials.ts'

/**
 * One part of the configuration, by the name that people are told. `live`: a running gateway takes it on. `restart`: it takes a restart,
 * and every timed unlock is then over.
 */
type Part = { readonly told: string; readonly applies: 'live' | 'restart'; readonly of: (site: CheckedSite) => unknown }
const live = (told: string, of: Part['of']): Part => ({ told, applies: 'live', of })
const restart = (told: string, of: Part['of']): Part => ({ told, applies: 'restart', of })

/** Every key of the site and when a change of it applies: a key that is not here does not compile. */
const parts = {
  name: [live('site.name', ({ name }) => name)],
  // Names the file, and changes with each comment in it.
  hash: [],
  stateDirectory: [restart('state', ({ stateDirectory }) => stateDirectory)],
  apiSocket: [restart('api.socket', ({ apiSocket }) => apiSocket)],
  ownUnit: [restart('site.own-unit', ({ ownUnit }) => ownUnit)],
  vaultFile: [restart('vault.file', ({ vaultFile }) => vaultFile)],
  vaultKeyFile: [restart('vault.key', ({ vaultKeyFile }) => vaultKeyFile)],
  listeners: [
    restart('listener', ({ listeners }) => listeners.map(boundOf)),
    // Not the lines on which entries stand: a comment above them moves those.
    live('access', ({ listeners }) =>
      listeners.map(({ access }) => access.map(({ from, level, breakers }) => [from, level, asSet(breakers)])),
    ),
    live('limits of listeners', ({ listeners }) => listeners.map(({ limits }) => limits)),
    live('certificates and revocation of listeners', ({ listeners }) => listeners.map(trustOf)),
    live('role of clear-text listeners', ({ listeners }) => listeners.map(roleOf)),
  ],
  buses: [restart('bus', ({ buses }) => buses)],
  // With all that their profiles say.
  breakers: [restart('breaker', ({ breakers }) => breakers)],
  rights: [live('roles', ({ rights }) => rights)],
  people: [live('people', ({ people }) => people)],
  console: [live('console (its own service takes a restart)', (site) => site.console)],
  authorityDirectory: [live('authority', ({ authorityDirectory }) => authorityDirectory)],
  journal: [live('journal', ({ journal }) => journal)],
  sinks: [live('sink', ({ sinks }) => sinks)],
  workingHours: [live('site.working-hours', ({ workingHours }) => workingHours)],
  observed: [live('mode of breakers', ({ observed }) => observed)],
  guards: [live('guard', ({ guards }) => guards)],
  keySwitches: [restart('key-switch', ({ keySwitches }) => keySwitches)],
  emergencyOpen: [live('site.emergency-open', ({ emergencyOpen }) => emergencyOpen)],
  longestUnlockMs: [live('locks.longest-unlock', ({ longestUnlockMs }) => longestUnlockMs)],
  shiftEnds: [live('locks.shift-ends', ({ shiftEnds }) => shiftEnds)],
} as const satisfies Record<keyof CheckedSite, readonly Part[]>

const asSet = (names: readonly string[] | 'all'): ReadonlySet<string> | 'all' => (names === 'all' ? 'all' : new Set(names))

/** What of a listener is bound to its socket. A new key of a listener belongs to it until somebody shows that it applies live. */
function boundOf(listener: SiteListener): unknown {
  const { security } = listener
  const bound =
    security.kind === 'tls' ? without(security, ['pairs', 'clientsFile', 'revocationFiles', 'stale']) : without(security, ['role'])
  return { ...without(listener, ['access', 'limits', 'security']), bound }
}

function without<T extends object>(record: T, keys: readonly (keyof T & string)[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.some((one) => one === key)))
}

function trustOf({ security }: SiteListener): unknown {
  if (security.kind === 'clear-text') return 'none'
  const { pairs, clientsFile, revocationFiles, stale } = security
  return { pairs, clientsFile, revocationFiles, stale }
}

const roleOf = ({ security }: SiteListener): unknown => (security.kind === 'clear-text' ? security.role : 'of its certificate')

const different = (applies: Part['applies'], before: CheckedSite, after: CheckedSite): readonly string[] =>
  Object.values(parts)
    .flatMap((some): readonly Part[] => some)
    .filter((part) => part.applies === applies && canonical(part.of(before)) !== canonical(part.of(after)))
    .map(({ told }) => told)

/** The keys that differ and can only be taken on by a restart. */
export const needsRestart = (before: CheckedSite, after: CheckedSite): readonly string[] => different('restart', before, after)

/** The keys that differ and were taken on. */
export const changedKeys = (before: CheckedSite, after: CheckedSite): readonly string[] => different('live', before, after)

type OfBuses = SiteCredentials['buses']

/** Buses whose certificate files have changed under the same name. A bus keeps what it was started with: it takes a restart. */
export const busesThatWait = (inForce: OfBuses, read: OfBuses): readonly string[] =>
  [...read].filter(([name, tls]) => canonical(tls) !== canonical(inForce.get(name))).map(([name]) => name)

/** What a reload did, in words. The files of listeners and sinks are always read again, also under the same name. */
export function describeReload(changed: readonly string[], waiting: readonly string[]): string {
  const done = changed.length === 0 ? 'nothing but files and comments changed' : changed.join(', ')
  return waiting.length === 0 ? done : `${done}; the new certificate files of bus ${waiting.join(', ')} take a restart`
}
