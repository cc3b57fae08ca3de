import { dirname, resolve } from 'node:path'
import { separationOfDuties, usualManagement } from '../policy/index.ts'
import { isThere } from './is-there.ts'
import { suggestion } from './problem.ts'
import { toRights } from './roles.ts'
import { type SiteFile, busTlsKeys, expectations } from './schema.ts'
import type { Path } from './toml.ts'

type Site = Partial<SiteFile>
type Report = (path: Path, text: string) => void
const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])
const asList = (files: unknown): readonly unknown[] => (Array.isArray(files) ? (files as unknown[]) : [files])

/** What belongs together of who may come and what they may do: files that must be there, names that must be known, duties kept apart. */
export function checkIdentity(file: string, site: Site, report: Report, warn: Report): void {
  const there: Check = (path, name, expected) => {
    if (typeof name !== 'string') return
    const whole = resolve(dirname(resolve(file)), name)
    if (!isThere(whole)) report(path, `file ${whole} does not exist: expected ${expectations[expected] ?? ''}`)
  }
  checkListeners(site, report, warn, there)
  checkBusTls(site, report, warn, there)
  checkAccess(site, report)
  checkRoles(site, report, warn)
  if (site.console !== undefined) {
    there(['console', 'certificate'], site.console.certificate, 'console.certificate')
    there(['console', 'key'], site.console.key, 'console.key')
    checkConsoleName(site.console.name, warn)
  }
  there(['authority', 'directory'], site.authority?.directory, 'authority.directory')
}

/** A passkey belongs to a domain, and an address is none (WebAuthn Level 2, 5.1.2: the RP ID is a valid domain string). */
function checkConsoleName(name: unknown, warn: Report): void {
  if (typeof name !== 'string' || !/^\d+(\.\d+){3}$|:/.test(name)) return
  warn(
    ['console', 'name'],
    `the console's name is the IP address ${name}: browsers have no passkeys under an address, give it a name that they can look up`,
  )
}

type Check = (path: Path, name: unknown, expected: string) => void

function checkListeners(site: Site, report: Report, warn: Report, there: Check): void {
  list(site.listener).forEach((listener, i) => {
    if ('clear-text' in listener) {
      if (typeof listener.role === 'string' && site.roles?.[listener.role] === undefined)
        report(['listener', i, 'role'], `there is no role "${listener.role}": ${suggestion(listener.role, Object.keys(site.roles ?? {}))}`)
      warn(
        ['listener', i, 'clear-text'],
        `listener "${listener.name}" is in the clear: who can reach it can read along and pretend to be any listed address`,
      )
      return
    }
    const certificates = asList(listener.certificate)
    if (certificates.length !== asList(listener.key).length)
      report(
        ['listener', i, 'key'],
        `listener "${listener.name}" has ${certificates.length} certificates: expected a key for each, in their order`,
      )
    certificates.forEach((name) => there(['listener', i, 'certificate'], name, 'listener.certificate'))
    asList(listener.key).forEach((name) => there(['listener', i, 'key'], name, 'listener.key'))
    there(['listener', i, 'clients'], listener.clients, 'listener.clients')
    list(listener.revocation).forEach((name, at) => there(['listener', i, 'revocation', at], name, 'listener.revocation'))
  })
}

/** A bus in TLS needs all of its files: with one missing it would talk in the clear to a port that expects TLS. */
function checkBusTls(site: Site, report: Report, warn: Report, there: Check): void {
  list(site.bus).forEach((bus, i) => {
    if ('port' in bus) return
    const given = [...busTlsKeys, 'devices' as const, 'pinned' as const].filter((key) => typeof bus[key] === 'string')
    for (const key of given) there(['bus', i, key], bus[key], `bus.${key}`)
    if (given.length === 0) {
      if (bus['server-name'] !== undefined)
        report(['bus', i, 'server-name'], `server-name belongs to a bus in TLS: add ${busTlsKeys.join(', ')} and devices, or remove it`)
      // The guide asks for TLS wherever an interface has it (DOCA0122EN, S-38).
      else
        warn(['bus', i], `bus "${bus.name}" is in the clear: if its interface knows Modbus/TCP Security, add certificate, key and devices`)
      return
    }
    for (const key of busTlsKeys)
      if (bus[key] === undefined)
        report(['bus', i], `bus "${bus.name}" has ${given.join(' and ')} but no ${key}: a bus in TLS needs ${busTlsKeys.join(', ')}`)
    if (bus.devices === undefined && bus.pinned === undefined)
      report(['bus', i], `bus "${bus.name}" trusts nobody: a bus in TLS needs devices, an authority, or pinned, the one certificate`)
    if (bus.devices !== undefined && bus.pinned !== undefined)
      report(['bus', i, 'pinned'], `bus "${bus.name}" has devices and pinned: expected one of them`)
  })
}

function checkAccess(site: Site, report: Report): void {
  const listeners = list(site.listener).map(({ name }) => name)
  const breakers = list(site.breaker).map(({ name }) => name)
  list(site.access).forEach((entry, i) => {
    if (typeof entry.listener === 'string' && !listeners.includes(entry.listener))
      report(['access', i, 'listener'], `there is no listener "${entry.listener}": ${suggestion(entry.listener, listeners)}`)
    list(entry.breakers).forEach((name, at) => {
      if (!breakers.includes(name)) report(['access', i, 'breakers', at], `there is no breaker "${name}": ${suggestion(name, breakers)}`)
    })
  })
}

function checkRoles(site: Site, report: Report, warn: Report): void {
  const roles = Object.entries(site.roles ?? {})
  const known = list(site.breaker).flatMap(({ name, group }) => (group === undefined ? [name] : [name, group]))
  let administrators = 0
  for (const [role, told] of roles) {
    list(told.breakers).forEach((name, at) => {
      if (!known.includes(name))
        report(['roles', role, 'breakers', at], `there is no breaker or group "${name}": ${suggestion(name, known)}`)
    })
    const rights = toRights(role, { ...told, may: [...list(told.may)], grant: [...list(told.grant)] }, list(site.breaker))
    const duties = separationOfDuties(rights)
    if (duties !== 'kept') report(['roles', role], `role "${role}" ${duties}: who gives rights must not use them, make two roles of it`)
    list(told.grant).forEach((one, at) => {
      if (!list(told.may).includes(one)) report(['roles', role, 'grant', at], `role "${role}" does not have "${one}": add it to may`)
    })
    if (rights.manage.has('users')) administrators += 1
    const usual = Object.keys(usualManagement).find((name) => name !== role && name.toLowerCase() === role.toLowerCase())
    if (usual !== undefined)
      warn(['roles', role], `role "${role}" differs only in case from the usual "${usual}": certificates have to spell it the same way`)
  }
  list(site.people?.['second-factor']).forEach((role, at) => {
    if (site.roles?.[role] === undefined)
      report(
        ['people', 'second-factor', at],
        `there is no role "${role}": ${suggestion(
          role,
          roles.map(([name]) => name),
        )}`,
      )
  })
  if (roles.length > 0 && administrators === 0) warn(['roles'], 'no role may manage users: nobody can be set up, add [roles.SecurityAdmin]')
  for (const action of ['unlock', 'users', 'vault'] as const)
    if (list(site.people?.['without-login']).includes(action))
      warn(['people', 'without-login'], `every user of this machine in the group of the socket may do "${action}" without a log-in`)
}
