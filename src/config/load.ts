import { createHash } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import type { Profile } from '../breakers/index.ts'
import { readRegularFile } from '../platform/index.ts'
import { everyAddress, reachOf } from '../policy/index.ts'
import { checkBusEndpoints, checkKeySwitchPorts } from './bus-endpoints.ts'
import { checkIdentity } from './identity-checks.ts'
import { checkGuardedSettings, checkGuards } from './guards.ts'
import { checkKeySwitches } from './key-switch-checks.ts'
import { toProblems } from './mistakes.ts'
import { type Problem, suggestion } from './problem.ts'
import { loadProfile, profileFolder, profileNames } from './profiles.ts'
import { type SiteFile, expectations, siteSchema } from './schema.ts'
import { checkSinks } from './sink-checks.ts'
import { type CheckedSite, toSite } from './site.ts'
import { checkTimes } from './time-checks.ts'
import { type Document, type Path, parseToml } from './toml.ts'

export type Loaded =
  /** Warnings do not keep the site from running. */
  | {
      readonly kind: 'site'
      readonly site: CheckedSite
      readonly warnings: readonly Problem[]
      /** Where a value is in the file, for what is found out about it later. */
      readonly placeOf: Document['placeOf']
    }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }

/** Reads breakwall.toml: one checked site, or every mistake in it with its place. Relative paths start at the file. */
export function loadSite(path: string): Loaded {
  let text: string
  try {
    text = readRegularFile(path).toString('utf8')
  } catch (error) {
    const why = `cannot be read: ${error instanceof Error ? error.message : String(error)}`
    return { kind: 'problems', problems: [{ file: path, line: 1, column: 1, text: why }], warnings: [] }
  }
  const document = parseToml(path, text)
  if ('text' in document) return { kind: 'problems', problems: [document], warnings: [] }
  const parsed = siteSchema.safeParse(document.values)
  const loose = document.values as Partial<SiteFile>
  const profiles = new Map<string, Profile>()
  const warnings: Problem[] = []
  const problems = [
    ...(parsed.success ? [] : toProblems(path, document, parsed.error.issues, expectations)),
    ...crossChecks(path, document, loose, warnings),
    ...checkProfiles(path, document, loose, profiles, warnings),
  ]
  const at =
    (found: Problem[]): Report =>
    (key, what) =>
      void found.push({ file: path, ...document.placeOf(key), text: what })
  checkGuardedSettings(loose, profiles, at(problems), at(warnings))
  if (parsed.success) checkTimes(parsed.data, (key, what) => void warnings.push({ file: path, ...document.placeOf(key), text: what }))
  if (problems.length > 0 || !parsed.success) {
    return { kind: 'problems', problems: inOrder(problems), warnings: inOrder(warnings) }
  }
  const site = toSite(parsed.data, {
    folder: dirname(resolve(path)),
    profiles,
    hash: createHash('sha256').update(text).digest('hex').slice(0, 12),
    accessLines: parsed.data.access.map((_, i) => document.placeOf(['access', i]).line),
  })
  if (site.listeners.some(letsEverybodyControl)) {
    const text = 'together the entries of [[access]] let every address control: name the machines that operate, and give the others "read"'
    warnings.push({ file: path, ...document.placeOf(['access', 0]), text })
  }
  return { kind: 'site', site, warnings: inOrder(warnings), placeOf: (path) => document.placeOf(path) }
}

/** All of IPv4 or of IPv6, in one entry or in several. */
function letsEverybodyControl({ access }: CheckedSite['listeners'][number]): boolean {
  const reach = reachOf(access, (level) => level === 'control')
  return reach.ipv4 === everyAddress.ipv4 || reach.ipv6 === everyAddress.ipv6
}

const inOrder = (problems: readonly Problem[]): Problem[] => [...problems].sort((a, b) => a.line - b.line || a.column - b.column)

type Site = Partial<SiteFile>
type Report = (path: Path, text: string) => void
/** The tables of a file that may have any mistake: what should be a list and is not counts as empty. */
const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])

/** What no single key shows. Works on a file that has other mistakes too, so that one run finds them all. */
function crossChecks(file: string, document: Document, site: Site, warnings: Problem[]): Problem[] {
  const problems: Problem[] = []
  const report: Report = (path, text) => void problems.push({ file, ...document.placeOf(path), text })
  checkDuplicates(document, site, report)
  checkBusEndpoints(document, site, report)
  checkRoutes(document, site, report)
  checkOwnUnit(document, site, report)
  const warn: Report = (path, text) => void warnings.push({ file, ...document.placeOf(path), text })
  checkIdentity(file, site, report, warn)
  checkGuards(site, report)
  checkKeySwitches(site, report)
  checkKeySwitchPorts(document, site, report)
  checkGroups(site, report)
  checkSinks(file, site, report, warn)
  return problems
}

function checkDuplicates(document: Document, site: Site, report: Report): void {
  const unique = (
    table: 'listener' | 'bus' | 'breaker' | 'sink' | 'access',
    key: string,
    say: (value: string, line: number) => string,
  ): void => {
    const seen = new Map<string, number>()
    list(site[table] as readonly Record<string, unknown>[] | undefined).forEach((item, i) => {
      const value = item[key]
      if (value === undefined) return
      const whole = JSON.stringify([value, item['listener'], item['breakers']])
      const first = seen.get(whole)
      if (first === undefined) seen.set(whole, i)
      else report([table, i, key], say(JSON.stringify(value), document.placeOf([table, first, key]).line))
    })
  }
  for (const table of ['listener', 'bus', 'breaker', 'sink'] as const) {
    unique(table, 'name', (value, line) => `${table} ${value} is there twice (first at line ${line}): give one of them another name`)
  }
  unique(
    'breaker',
    'unit',
    (value, line) => `unit ${value} is used twice (first at line ${line}): SCADA addresses a breaker by its unit, give one another`,
  )
  unique('listener', 'address', (value, line) => `address ${value} is used twice (first at line ${line}): give one listener another port`)
  unique('access', 'from', (value, line) => `range ${value} is there twice (first at line ${line}): only one level can hold, remove one`)
}

/** A rule for a group that is named like a breaker would be for both, and nobody reads it so. */
function checkGroups(site: Site, report: Report): void {
  const names = list(site.breaker).map(({ name }) => name)
  list(site.breaker).forEach(({ group }, i) => {
    if (group !== undefined && names.includes(group))
      report(['breaker', i, 'group'], `group "${group}" has the name of a breaker: give the group another name`)
  })
}

function checkOwnUnit(document: Document, site: Site, report: Report): void {
  const own = site.site?.['own-unit']
  const breaker = list(site.breaker).findIndex(({ unit }) => unit === own)
  if (typeof own !== 'number' || breaker < 0) return
  const line = document.placeOf(['breaker', breaker, 'unit']).line
  report(
    ['site', 'own-unit'],
    `own-unit ${own} is the unit of a breaker (line ${line}): the gateway itself needs one of its own, such as 255`,
  )
}

function checkRoutes(document: Document, site: Site, report: Report): void {
  const routes = new Map<string, number>()
  list(site.breaker).forEach((breaker, i) => {
    const bus = list(site.bus).find((candidate) => candidate.name === breaker.bus)
    if (typeof breaker.bus === 'string' && bus === undefined) {
      const known = list(site.bus).map((candidate) => candidate.name)
      report(['breaker', i, 'bus'], `there is no bus "${breaker.bus}": ${suggestion(breaker.bus, known)}`)
    }
    const address = breaker.address ?? breaker.unit
    if (bus !== undefined && 'port' in bus && address > 247) {
      report(['breaker', i, 'address'], `address ${address} does not exist on a serial line: expected 1 to 247`)
    } else if (address > 247 && address !== 255) {
      report(['breaker', i, 'address'], `address ${address} is reserved: expected 1 to 247, or 255 on an Ethernet interface`)
    }
    const route = `${breaker.bus}/${address}`
    const first = routes.get(route)
    if (first === undefined) return void routes.set(route, i)
    const other = `breaker "${list(site.breaker)[first]?.name ?? ''}" (line ${document.placeOf(['breaker', first]).line})`
    report(
      ['breaker', i],
      `breaker "${breaker.name}" and ${other} share address ${address} on bus "${breaker.bus}": addresses on one line must differ`,
    )
  })
}

function checkProfiles(file: string, document: Document, site: Site, found: Map<string, Profile>, warnings: Problem[]): Problem[] {
  const folders = profileFolders(file)
  const known = profileNames(folders)
  const broken = new Set<string>()
  return list(site.breaker).flatMap((breaker, i) => {
    const name = breaker.profile
    if (typeof name !== 'string' || broken.has(name)) return []
    const place = { file, ...document.placeOf(['breaker', i, 'profile']) }
    if (!known.includes(name)) return [{ ...place, text: `there is no profile "${name}": ${suggestion(name, known)}` }]
    const loaded = found.get(name) ?? loadProfile(folders, name)
    if (!('name' in loaded)) {
      broken.add(name) // its mistakes are named once, however many breakers have it
      return [...loaded]
    }
    found.set(name, loaded)
    if (breaker.account !== undefined && loaded.passwordRule !== 'micrologic-active')
      return [
        {
          file,
          ...document.placeOf(['breaker', i, 'account']),
          text: `breaker "${breaker.name}": account is for a MicroLogic Active; the passwords of profile "${name}" have no user name, remove it`,
        },
      ]
    if (loaded.warning !== '') warnings.push({ ...place, text: `breaker "${breaker.name}": ${loaded.warning}` })
    return []
  })
}

/** Where the profiles of a site are looked for: its own folder `profiles` beside its file first, then the shipped ones. */
export const profileFolders = (file: string): readonly string[] => [join(dirname(resolve(file)), 'profiles'), profileFolder]
