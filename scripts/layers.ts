import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Who may import whom: `type` means `import type` only. The table of ARCHITECTURE.md; a room that is not in it fails. */
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
  'admin/api': ['gateway', 'breakers', 'identity', 'journal', 'events', 'platform', 'policy', 'admin'],
  'admin/cli': ['admin'],
  'admin/console': ['admin'],
  'admin/console/pages': ['admin type'],
  admin: [],
  offline: ['admin type', 'admin/api', 'config', 'identity', 'journal', 'platform'],
  probe: ['breakers type', 'bus', 'config', 'modbus', 'platform', 'admin type'],
  'main.ts': [
    'admin/api',
    'admin/cli',
    'admin/console',
    'admin type',
    'config',
    'events',
    'gateway',
    'identity',
    'offline',
    'platform',
    'probe',
  ],
}

/** Words that only some places may use: clocks, chance, sockets, files (style: time, chance and IO enter as arguments). */
const guarded: readonly { readonly word: RegExp; readonly in: readonly RegExp[] }[] = [
  {
    word: /\bDate\.now\(|\bnew Date\(\)|(?<!\.)\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(/,
    in: [/^platform\//, /^admin\/console\/pages\//],
  },
  // It returns how much of it was written, which is less on a nearly full disk: writeWhole, or writeFileSync on an open file.
  { word: /\bwriteSync\b/, in: [] },
  { word: /\bprocess\.env\b/, in: [/^platform\//, /^main\.ts$/] },
  {
    word: /from 'node:(net|tls|dgram|http)'/,
    in: [/^upstream\//, /^bus\/port-/, /^syslog\/transport-/, /^admin\//, /^policy\/acl\.ts$/, /^identity\/pki\//, /^offline\/site\.ts$/],
  },
  {
    word: /from 'node:fs'/,
    in: [
      /^platform\//,
      /^journal\/(files|read-states|salvage|verify-lines)\.ts$/,
      /^bus\/adapter\.ts$/,
      /^config\//,
      /^offline\//,
      /^probe\/command\.ts$/,
      /^identity\/pki\//,
      /^gateway\/gateway\.ts$/,
      /^admin\//,
      /^main\.ts$/,
    ],
  },
]

/** Doors that the simulation may go through, since it runs the gateway. Never the codec's: its devices and clients read frames on their own. */
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

const roomOf = (file: string): string => {
  const [first = '', second = ''] = file.split('/')
  if (first !== 'admin') return first
  if (file.startsWith('admin/console/pages/')) return 'admin/console/pages'
  return second === 'api' || second === 'cli' || second === 'console' ? `admin/${second}` : 'admin'
}

/** Every breach of the table in a tree of sources, one line each, and how many files and imports were looked at. */
export function checkLayers(src: string): { readonly files: number; readonly imports: number; readonly breaches: readonly string[] } {
  const breaches: string[] = []
  let imports = 0
  const files = globSync('**/*.ts', { cwd: src }).filter((file) => !file.endsWith('.d.ts'))
  for (const file of files) {
    const text = readFileSync(join(src, file), 'utf8')
    const room = roomOf(file)
    const allowed = table[room]
    if (allowed === undefined) breaches.push(`${file}: the room "${room}" is not in the table`)
    for (const [, typed, path = ''] of text.matchAll(/(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'/g)) {
      imports += 1
      const target = relative(src, join(src, dirname(file), path))
      const to = roomOf(target)
      if (to === room || allowed === undefined) continue
      if (!(allowed.includes(to) || (typed !== undefined && allowed.includes(`${to} type`))))
        breaches.push(`${file}: ${room} may not import ${typed === undefined ? '' : 'types of '}${to}`)
      const door = to === 'admin' ? /^admin\/contract\.ts$/ : /\/index\.ts$/
      if (!door.test(target)) breaches.push(`${file}: ${target} is not the door of ${to}`)
    }
    for (const { word, in: places } of guarded) {
      if (word.test(text) && !places.some((place) => place.test(file))) breaches.push(`${file}: ${word.source} does not belong here`)
    }
  }
  return { files: files.length, imports, breaches }
}
