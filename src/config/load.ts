import { existsSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import type { Profile } from '../breakers/index.ts'
import { toProblems } from './mistakes.ts'
import type { Problem } from './problem.ts'
import { loadProfile, profileFolder, profileNames } from './profiles.ts'
import { type SiteFile, expectations, siteSchema } from './schema.ts'
import { type CheckedSite, toSite } from './site.ts'
import { type Document, type Path, parseToml } from './toml.ts'
import { nearest } from './problem.ts'

export type Loaded =
  { readonly kind: 'site'; readonly site: CheckedSite } | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** Reads breakwall.toml: one checked site, or every mistake in it with its place. Relative paths start at the file. */
export function loadSite(path: string): Loaded {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return {
      kind: 'problems',
      problems: [{ file: path, line: 1, column: 1, text: `cannot be read: ${error instanceof Error ? error.message : String(error)}` }],
    }
  }
  const document = parseToml(path, text)
  if ('text' in document) return { kind: 'problems', problems: [document] }
  const parsed = siteSchema.safeParse(document.values)
  const loose = document.values as Partial<SiteFile>
  const profiles = new Map<string, Profile>()
  const problems = [
    ...(parsed.success ? [] : toProblems(path, document, parsed.error.issues, expectations)),
    ...crossChecks(path, document, loose),
    ...checkProfiles(path, document, loose, profiles),
  ]
  if (problems.length > 0 || !parsed.success) {
    return { kind: 'problems', problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) }
  }
  return {
    kind: 'site',
    site: toSite(parsed.data, dirname(resolve(path)), profiles, createHash('sha256').update(text).digest('hex').slice(0, 12)),
  }
}

/** What no single key shows. Works on a file that has other mistakes too, so that one run finds them all. */
function crossChecks(file: string, document: Document, site: Partial<SiteFile>): Problem[] {
  const problems: Problem[] = []
  const at = (path: Path, text: string): void => void problems.push({ file, ...document.placeOf(path), text })
  const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])

  const unique = (
    table: 'listener' | 'bus' | 'breaker' | 'sink' | 'access',
    key: string,
    say: (value: unknown, line: number) => string,
  ): void => {
    const seen = new Map<string, number>()
    list(site[table] as readonly Record<string, unknown>[] | undefined).forEach((item, i) => {
      const value = item[key]
      if (value === undefined) return
      const whole = JSON.stringify([value, item['listener']])
      const first = seen.get(whole)
      if (first === undefined) seen.set(whole, i)
      else at([table, i, key], say(value, document.placeOf([table, first, key]).line))
    })
  }
  for (const table of ['listener', 'bus', 'breaker', 'sink'] as const) {
    unique(
      table,
      'name',
      (value, line) => `${table} ${JSON.stringify(value)} is there twice (first at line ${line}): give one of them another name`,
    )
  }
  unique(
    'breaker',
    'unit',
    (value, line) => `unit ${String(value)} is used twice (first at line ${line}): SCADA addresses a breaker by its unit, give one another`,
  )
  unique(
    'listener',
    'address',
    (value, line) => `address ${String(value)} is used twice (first at line ${line}): give one listener another port`,
  )
  unique(
    'access',
    'from',
    (value, line) => `range ${String(value)} is there twice (first at line ${line}): only one level can hold, remove one`,
  )
  unique('bus', 'port', (value, line) => `port ${String(value)} is used twice (first at line ${line}): one serial line has one master`)

  const routes = new Map<string, number>()
  list(site.breaker).forEach((breaker, i) => {
    const bus = list(site.bus).find((candidate) => candidate.name === breaker.bus)
    if (typeof breaker.bus === 'string' && bus === undefined) {
      const known = list(site.bus).map((candidate) => candidate.name)
      at(['breaker', i, 'bus'], `there is no bus "${breaker.bus}": ${suggestion(breaker.bus, known)}`)
    }
    const address = breaker.address ?? breaker.unit
    if (bus !== undefined && 'port' in bus && address > 247) {
      at(['breaker', i, 'address'], `address ${address} does not exist on a serial line: expected 1 to 247`)
    } else if (address > 247 && address !== 255) {
      at(['breaker', i, 'address'], `address ${address} is reserved: expected 1 to 247, or 255 on an Ethernet interface`)
    }
    const route = `${breaker.bus}/${address}`
    const first = routes.get(route)
    if (first === undefined) routes.set(route, i)
    else
      at(
        ['breaker', i],
        `breaker "${breaker.name}" and breaker "${list(site.breaker)[first]?.name ?? ''}" (line ${document.placeOf(['breaker', first]).line}) ` +
          `share address ${address} on bus "${breaker.bus}": addresses on one line must differ`,
      )
  })
  list(site.access).forEach((entry, i) => {
    const known = list(site.listener).map((listener) => listener.name)
    if (typeof entry.listener === 'string' && !known.includes(entry.listener)) {
      at(['access', i, 'listener'], `there is no listener "${entry.listener}": ${suggestion(entry.listener, known)}`)
    }
  })
  list(site.listener).forEach((listener, i) => {
    for (const key of ['certificate', 'key', 'clients'] as const) {
      const name: unknown = listener[key]
      if (typeof name !== 'string') continue
      const path = resolve(dirname(resolve(file)), name)
      if (!existsSync(path)) at(['listener', i, key], `file ${path} does not exist: expected ${expectations[`listener.${key}`] ?? ''}`)
    }
  })
  return problems
}

const suggestion = (word: string, known: readonly string[]): string => {
  const meant = nearest(word, known)
  return meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean "${meant}"?`
}

function checkProfiles(file: string, document: Document, site: Partial<SiteFile>, found: Map<string, Profile>): Problem[] {
  const known = profileNames(profileFolder)
  return (Array.isArray(site.breaker) ? site.breaker : []).flatMap((breaker, i) => {
    const name = breaker.profile
    if (typeof name !== 'string' || found.has(name)) return []
    if (!known.includes(name))
      return [{ file, ...document.placeOf(['breaker', i, 'profile']), text: `there is no profile "${name}": ${suggestion(name, known)}` }]
    const loaded = loadProfile(profileFolder, name)
    if ('name' in loaded) found.set(name, loaded)
    return 'name' in loaded ? [] : [...loaded]
  })
}
