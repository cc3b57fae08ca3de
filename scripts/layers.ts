import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/**
 * Which module may import which: `type` means `import type` only. The table of ARCHITECTURE.md; a module that is not in it fails. A
 * sub-folder is a module of its own within its parent: what it imports from outside the parent is in the parent's row.
 */
export const table: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  modbus: [],
  events: [],
  breakers: ['modbus'],
  policy: ['breakers', 'modbus', 'events type', 'platform type'],
  journal: ['events', 'platform'],
  bus: ['modbus', 'policy type', 'platform'],
  upstream: ['modbus', 'policy', 'events type', 'platform'],
  identity: ['policy', 'events', 'journal', 'platform'],
  syslog: ['events', 'journal', 'platform'],
  inputs: ['platform'],
  config: ['platform', 'modbus', 'breakers', 'policy', 'events', 'bus type', 'upstream type', 'identity type', 'syslog type'],
  gateway: ['platform', 'modbus', 'events', 'breakers', 'policy', 'journal', 'bus', 'upstream', 'identity', 'syslog', 'inputs', 'config'],
  'admin/contract': [],
  'admin/api': ['gateway', 'breakers', 'identity', 'journal', 'events', 'platform', 'policy', 'admin/contract'],
  'admin/cli': ['admin/contract'],
  'admin/console': ['admin/contract'],
  'admin/console/pages': ['admin/contract type'],
  'admin/offline': ['admin/contract type', 'admin/api', 'breakers type', 'bus', 'config', 'identity', 'journal', 'modbus', 'platform'],
  service: ['admin/api', 'admin/console', 'admin/offline', 'config', 'events', 'gateway', 'identity', 'platform'],
  'main.ts': ['admin/cli', 'admin/offline', 'config', 'identity', 'platform', 'service'],
}

/** Which sub-folder of a module may import which other, and `.` for the files beside them. */
export const subFolders: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  gateway: {
    '.': ['access', 'control', 'monitor', 'record', 'request'],
    access: ['. type'],
    control: [],
    monitor: ['.', 'request'],
    record: ['. type', 'control'],
    request: ['.', 'control type', 'monitor type'],
  },
  identity: {
    '.': ['people', 'pki', 'vault'],
    people: ['.', 'vault'],
    pki: [],
    vault: [],
  },
  'admin/api': {
    '.': ['routes', 'report', 'views'],
    routes: ['.', 'report', 'views'],
    report: ['routes', 'views'],
    views: ['.', 'routes'],
  },
  'admin/cli': {
    '.': ['commands', 'text'],
    commands: ['.', 'text'],
    text: ['. type', 'commands'],
  },
  'admin/offline': {
    '.': ['probe'],
    probe: [],
  },
}

/** Words that only some places may use: clocks, chance, sockets, files (style: time, chance and IO enter as arguments). */
const guarded: readonly { readonly word: RegExp; readonly in: readonly RegExp[] }[] = [
  {
    word: /\bDate\.now\(|\bnew Date\(\)|(?<!\.)\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(/,
    in: [/^platform\//, /^admin\/console\/pages\//],
  },
  // It returns how much of it was written, which is less on a nearly full disk: writeWhole, or writeFileSync on an open file.
  { word: /\bwriteSync\b/, in: [] },
  { word: /\bprocess\.env\b/, in: [/^platform\//, /^service\/gateway\.ts$/, /^main\.ts$/] },
  {
    word: /from 'node:(net|tls|dgram|https?|http2|dns)(\/promises)?'/,
    in: [/^upstream\//, /^bus\/port-/, /^syslog\/transport-/, /^admin\//, /^policy\/acl\.ts$/, /^identity\/pki\//],
  },
  {
    word: /from 'node:fs(\/promises)?'/,
    in: [
      /^platform\//,
      /^journal\/(files|read-states|salvage|verify-lines)\.ts$/,
      /^bus\/adapter\.ts$/,
      /^config\//,
      /^identity\/pki\//,
      /^gateway\/gateway\.ts$/,
      /^admin\//,
      /^service\/gateway\.ts$/,
      /^main\.ts$/,
    ],
  },
]

/** Public interfaces that the simulation may import, since it runs the gateway. Never the codec's: its devices and clients read frames on their own. */
const simulated = /\/src\/(bus|config|events|gateway|journal|policy|upstream|platform)\/index\.ts$/

/** The world outside the gateway may know of it no more than the shape of a clock: a twin that shared the codec would share its mistakes. */
export function checkHil(hil: string): { readonly files: number; readonly breaches: readonly string[] } {
  const files = globSync('**/*.ts', { cwd: hil })
  const breaches = files.flatMap((file) =>
    [...readFileSync(join(hil, file), 'utf8').matchAll(/import\s+(type\s)?[^'"]*?from\s+'([^']*\/src\/[^']+)'/g)]
      .filter(
        ([, typed, path = '']) =>
          (typed === undefined || !path.endsWith('/src/platform/index.ts')) && !(file.startsWith('sim/') && simulated.test(path)),
      )
      .map(([, , path = '']) => `hil/${file}: may not import ${path}`),
  )
  return { files: files.length, breaches }
}

/** The module of a file, and its sub-folder in it; `.` where it has none. */
function placeOf(file: string): { readonly module: string; readonly folder: string } {
  const parts = file.split('/')
  if (parts.length === 1) return { module: file, folder: '.' }
  const deepest = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/'))
  const module = deepest.findLast((path) => path in table) ?? deepest[0] ?? file
  return { module, folder: parts.slice(module.split('/').length, -1).join('/') || '.' }
}

type Import = { readonly file: string; readonly target: string; readonly isType: boolean }
const importsOf = (src: string, file: string, text: string): readonly Import[] =>
  [...text.matchAll(/(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'/g)].map(([, typed, named, dynamic]) => ({
    file,
    target: relative(src, join(src, dirname(file), named ?? dynamic ?? '')),
    isType: typed !== undefined,
  }))

const allows = (row: readonly string[], name: string, isType: boolean): boolean =>
  row.includes(name) || (isType && row.includes(`${name} type`))

function breachOf({ file, target, isType }: Import): readonly string[] {
  const [from, to] = [placeOf(file), placeOf(target)]
  const what = isType ? 'types of ' : ''
  if (from.module !== to.module) {
    const row = table[from.module]
    if (row === undefined) return []
    return [
      ...(allows(row, to.module, isType) ? [] : [`${file}: ${from.module} may not import ${what}${to.module}`]),
      ...(target.endsWith('/index.ts') && to.folder === '.' ? [] : [`${file}: ${target} is not the public interface of ${to.module}`]),
    ]
  }
  const folders = subFolders[from.module]
  if (from.folder === to.folder || folders === undefined) return []
  const row = folders[from.folder]
  if (row === undefined) return [`${file}: the sub-folder "${from.folder}" of ${from.module} is not in the table`]
  return allows(row, to.folder, isType) ? [] : [`${file}: ${from.module}/${from.folder} may not import ${what}${to.folder}`]
}

/** Files that import each other in a circle, types included: each circle as the files of its strongly connected part (Tarjan). */
export function findCycles(imports: readonly Pick<Import, 'file' | 'target'>[]): readonly (readonly string[])[] {
  const targets = new Map<string, string[]>()
  for (const { file, target } of imports) targets.set(file, [...(targets.get(file) ?? []), target])
  const order = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []
  function visit(file: string): number {
    const mine = order.size
    order.set(file, mine)
    stack.push(file)
    let lowest = mine
    for (const target of targets.get(file) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target))
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target) ?? mine)
    }
    if (lowest === mine) {
      const part = stack.splice(stack.indexOf(file))
      if (part.length > 1) cycles.push(part.sort())
    }
    return lowest
  }
  for (const file of targets.keys()) if (!order.has(file)) visit(file)
  return cycles
}

/** Every breach of the tables in a tree of sources, one line each, and how many files and imports were looked at. */
export function checkLayers(src: string): { readonly files: number; readonly imports: number; readonly breaches: readonly string[] } {
  const breaches: string[] = []
  const imports: Import[] = []
  const files = globSync('**/*.ts', { cwd: src }).filter((file) => !file.endsWith('.d.ts'))
  for (const file of files) {
    const text = readFileSync(join(src, file), 'utf8')
    const { module } = placeOf(file)
    if (!(module in table)) breaches.push(`${file}: the module "${module}" is not in the table`)
    const found = importsOf(src, file, text)
    imports.push(...found)
    breaches.push(...found.flatMap(breachOf))
    for (const { word, in: places } of guarded) {
      if (word.test(text) && !places.some((place) => place.test(file))) breaches.push(`${file}: ${word.source} does not belong here`)
    }
  }
  breaches.push(...findCycles(imports).map((cycle) => `these files import each other in a circle: ${cycle.join(', ')}`))
  return { files: files.length, imports: imports.length, breaches }
}
