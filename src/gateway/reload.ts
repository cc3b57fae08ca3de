import { type CheckedSite, describeGuards } from '../config/index.ts'
import { describeRights } from '../policy/index.ts'
import { shape } from './sink-book.ts'

/** What a running gateway does not take on: to change it, it starts anew, and every timed unlock is over. */
const fixed = {
  'site.own-unit': (site: CheckedSite) => site.ownUnit,
  state: (site: CheckedSite) => site.stateDirectory,
  'api.socket': (site: CheckedSite) => site.apiSocket,
  vault: (site: CheckedSite) => [site.vaultFile, site.vaultKeyFile],
  listener: (site: CheckedSite) =>
    site.listeners.map(({ name, host, port, inFlight, security }) => [
      ...[name, host, port, inFlight, security.kind],
      security.kind === 'tls' ? security.handshakeMs : 0,
    ]),
  bus: (site: CheckedSite) => site.buses,
  breaker: (site: CheckedSite) => site.breakers,
  'key-switch': (site: CheckedSite) =>
    site.keySwitches.map((one) => ({ ...one, breakers: one.breakers === 'all' ? 'all' : [...one.breakers] })),
} as const

/** What it takes on while it runs. */
const changeable = {
  'site.name': (site: CheckedSite) => site.name,
  access: (site: CheckedSite) => site.listeners.map(({ access }) => access),
  'limits of listeners': (site: CheckedSite) => site.listeners.map(({ limits }) => limits),
  'certificates and revocation of listeners': (site: CheckedSite) => site.listeners.map(({ security }) => security),
  roles: (site: CheckedSite) => [...site.rights.keys()].sort().map((role) => [role, describeRights(site.rights, role)]),
  'mode of breakers': (site: CheckedSite) => [...site.observed],
  guard: (site: CheckedSite) => describeGuards(site.guards),
  'site.emergency-open': (site: CheckedSite) => site.emergencyOpen,
  locks: (site: CheckedSite) => [site.longestUnlockMs, site.shiftEnds],
  people: (site: CheckedSite) => [site.people, [...site.people.secondFactor], [...site.people.withoutLogin]],
  console: (site: CheckedSite) => site.console,
  sink: (site: CheckedSite) => site.sinks.map(shape),
  journal: (site: CheckedSite) => site.journal,
  'site.working-hours': (site: CheckedSite) => site.workingHours,
} as const

const different = (table: Readonly<Record<string, (site: CheckedSite) => unknown>>, before: CheckedSite, after: CheckedSite): string[] =>
  Object.entries(table).flatMap(([key, of]) => (JSON.stringify(of(before)) === JSON.stringify(of(after)) ? [] : [key]))

/** The keys that differ and can only be taken on by a restart. */
export const needsRestart = (before: CheckedSite, after: CheckedSite): readonly string[] => different(fixed, before, after)

/** The keys that differ and were taken on, in words. Files may have changed under the same name: they are always read again. */
export function changedKeys(before: CheckedSite, after: CheckedSite): string {
  const keys = different(changeable, before, after)
  return keys.length === 0 ? 'nothing but files and comments changed' : keys.join(', ')
}
