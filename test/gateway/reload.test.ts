import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type CheckedSite, loadSite } from '../../src/config/index.ts'
import { canonical } from '../../src/gateway/canonical.ts'
import { busesThatWait, changedKeys, describeReload, needsRestart } from '../../src/gateway/reload.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwall-reload-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'pki'))
mkdirSync(join(folder, 'pki-2'))
mkdirSync(join(folder, 'profiles'))
for (const name of ['gateway.crt', 'gateway.key', 'site-ca.crt', 'site-ca.crl', 'gw-2.crt']) writeFileSync(join(folder, 'pki', name), '')
const shipped = readFileSync(join(import.meta.dirname, '../../config/breakwall.toml'), 'utf8')
const before = `${shipped}
[[listener]]
name = "old-hmi"
address = "10.20.0.5:502"
clear-text = "read-only"
role = "Viewer"

[authority]
directory = "pki"

[console]
address = "10.20.0.5:8443"
name = "breakwall.plant7.example"
certificate = "pki/gateway.crt"
key = "pki/gateway.key"

[[guard]]
name = "few"
classes = ["control", "clock"]
most = 3
within = "10m"

[[key-switch]]
name = "key at the door"
breakers = ["Q1"]
read = ["gpioget", "--numeric", "--chip", "gpiochip0", "17"]
`

function siteOf(text: string): CheckedSite {
  const file = join(folder, 'breakwall.toml')
  writeFileSync(file, text)
  const loaded = loadSite(file)
  if (loaded.kind === 'site') return loaded.site
  throw new Error(JSON.stringify(loaded.problems))
}
const changed = (from: string, to: string): CheckedSite => {
  if (!before.includes(from)) throw new Error(`the file does not hold ${from}`)
  return siteOf(before.replace(from, to))
}

type Case = readonly [from: string, to: string, applies: 'live' | 'restart' | 'never', told: string]
const live = (from: string, to: string, told: string): Case => [from, to, 'live', told]
const restart = (from: string, to: string, told: string): Case => [from, to, 'restart', told]

/** Each key with changes of it and what is told of them. */
const cases = {
  name: [live('"Plant 7, main switchboard"', '"Plant 8"', 'site.name')],
  hash: [['# Copy it', '# Copy  it', 'never', 'nothing but files and comments changed']],
  stateDirectory: [restart('directory = "/var/lib/breakwall"', 'directory = "/var/lib/other"', 'state')],
  apiSocket: [restart('api.sock"', 'api-2.sock"', 'api.socket')],
  ownUnit: [restart('own-unit = 255', 'own-unit = 200', 'site.own-unit')],
  vaultFile: [restart('file = "/var/lib/breakwall/vault"', 'file = "/var/lib/breakwall/vault-2"', 'vault.file')],
  vaultKeyFile: [restart('key = "vault.key"', 'key = "vault-2.key"', 'vault.key')],
  listeners: [
    restart('in-flight = 12                        # requests of one connection', 'in-flight = 11 # ', 'listener'),
    restart('handshake-timeout = "10s"', 'handshake-timeout = "11s"', 'listener'),
    live('"10.20.0.16/28"', '"10.20.0.32/28"', 'access'),
    live('connections = 256', 'connections = 255', 'limits of listeners'),
    live('certificate = "pki/gateway.crt" ', 'certificate = "pki/gw-2.crt" ', 'certificates and revocation of listeners'),
    live('stale-revocation = "read"', 'stale-revocation = "admit"', 'certificates and revocation of listeners'),
    live('role = "Viewer"\n\n[authority]', 'role = "Auditor"\n\n[authority]', 'role of clear-text listeners'),
  ],
  buses: [restart('baud = 19200', 'baud = 9600', 'bus'), restart('longest-wait = "3s"', 'longest-wait = "4s"', 'bus')],
  breakers: [restart('label = "Pump 1"', 'label = "Pump 2"', 'breaker')],
  rights: [live('[roles.Auditor]\nmay = ["monitor"]', '[roles.Auditor]\nmay = []', 'roles')],
  people: [
    live('password-length = 12', 'password-length = 14', 'people'),
    live('second-factor = ["SecurityAdmin"]', 'second-factor = ["SecurityAdmin", "Engineer"]', 'people'),
    live('without-login = ["look", "events", "lock"]', 'without-login = ["look"]', 'people'),
  ],
  console: [live('name = "breakwall.plant7.example"\ncert', 'name = "b.example"\ncert', 'console (its own service takes a restart)')],
  authorityDirectory: [live('directory = "pki"\n\n[console]', 'directory = "pki-2"\n\n[console]', 'authority')],
  journal: [live('keep = "400d"', 'keep = "401d"', 'journal')],
  sinks: [
    live('behind-events = 10000', 'behind-events = 9999', 'sink'),
    live('# categories = ["operation", "access-control"]', 'categories = ["operation"]', 'sink'),
  ],
  workingHours: [live('# working-hours = ', 'working-hours = ', 'site.working-hours')],
  observed: [live('# mode = "observe" ', 'mode = "observe" ', 'mode of breakers')],
  guards: [live('classes = ["control", "clock"]', 'classes = ["control"]', 'guard'), live('most = 3\n', 'most = 4\n', 'guard')],
  keySwitches: [restart('breakers = ["Q1"]\nread', 'breakers = ["Q4"]\nread', 'key-switch')],
  emergencyOpen: [live('emergency-open = false', 'emergency-open = true', 'site.emergency-open')],
  longestUnlockMs: [live('longest-unlock = "8h"', 'longest-unlock = "7h"', 'locks.longest-unlock')],
  shiftEnds: [live('["06:00", "14:00", "22:00"]', '["06:00", "14:00"]', 'locks.shift-ends')],
} as const satisfies Record<keyof CheckedSite, readonly [Case, ...Case[]]>

t.test('a change of any key is told, and by its name: taken on, or refused as one that takes a restart [CR 3.4] [S-07]', (t) => {
  const old = siteOf(before)
  for (const [key, rows] of Object.entries(cases))
    for (const [from, to, applies, told] of rows) {
      const next = changed(from, to)
      const what = `${key}: ${from} → ${to}`
      t.same(needsRestart(old, next), applies === 'restart' ? [told] : [], what)
      t.same(changedKeys(old, next), applies === 'live' ? [told] : [], what)
      if (applies === 'never') t.equal(describeReload(changedKeys(old, next), []), told)
    }
  t.end()
})

t.test('the same value written in another way is no change', (t) => {
  const old = siteOf(before)
  const same: readonly (readonly [string, string])[] = [
    ['classes = ["control", "clock"]', 'classes = ["clock", "control"]'],
    ['without-login = ["look", "events", "lock"]', 'without-login = ["lock", "look", "events"]'],
    ['manage = ["look", "events"]', 'manage = ["events", "look"]'],
    ['keep = "400d"', 'keep = "9600h"'],
    ['longest-unlock = "8h"', 'longest-unlock = "480m"'],
    ['[[access]]', '# one more line above the list\n[[access]]'],
    ['breakers = ["Q1"]\nread', 'breakers = ["feeders"]\nread'],
    ['mode = "enforce"', '# mode = "enforce"'],
  ]
  for (const [from, to] of same) {
    const next = changed(from, to)
    t.same([needsRestart(old, next), changedKeys(old, next)], [[], []], to)
  }
  t.end()
})

t.test('a profile that says something else under the same name is a change of its breakers', (t) => {
  // Breaker Q4 of the shipped file has it.
  const own = join(folder, 'profiles', 'mtz-micrologic-x.toml')
  const profile = readFileSync(join(import.meta.dirname, '../../config/profiles/mtz-micrologic-x.toml'), 'utf8')
  writeFileSync(own, profile)
  const old = siteOf(before)
  t.same(needsRestart(old, siteOf(before)), [], 'read again, the same')
  // The second one is a Map in the profile: as JSON it is {}, and never differed.
  for (const [from, to] of [
    ['words = "setting group"', 'words = "group of settings"'],
    ['values = { 0 = "enable", 1 = "inhibit" }', 'values = { 0 = "inhibit", 1 = "enable" }'],
  ] as const) {
    if (!profile.includes(from)) throw new Error(`the profile does not hold ${from}`)
    writeFileSync(own, profile.replace(from, to))
    t.same(needsRestart(old, siteOf(before)), ['breaker'], to)
  }
  t.end()
})

t.test('new certificate files of a bus under the same name are not called taken on', (t) => {
  const tls = (certificate: string) =>
    new Map([['tie', { certificate, key: 'k', trust: { kind: 'pinned' as const, pem: 'p' }, serverName: '' }]])
  t.same(busesThatWait(tls('a'), tls('a')), [])
  t.same(busesThatWait(tls('a'), tls('b')), ['tie'])
  t.equal(describeReload(['roles'], ['tie']), 'roles; the new certificate files of bus tie take a restart')
  t.end()
})

t.test('equal values have equal texts, others do not, and what is no data cannot be compared', (t) => {
  const pairs: readonly (readonly [unknown, unknown, boolean])[] = [
    [new Set(['a', 'b']), new Set(['b', 'a']), true],
    [new Set(['a']), new Set(['b']), false],
    [new Map([[1, 'x']]), new Map([[1, 'y']]), false],
    [new Map([[1, new Set(['x'])]]), new Map([[1, new Set(['x'])]]), true],
    [new Map([[1, 'x']]), new Map([['1', 'x']]), false],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [new Set(), new Map(), false],
    ['1', 1, false],
    [null, undefined, false],
  ]
  for (const [a, b, equal] of pairs) t.equal(canonical(a) === canonical(b), equal, `${canonical(a)} ${canonical(b)}`)
  for (const wrong of [() => 1, Symbol('a'), new Date(0), Buffer.from('a')]) t.throws(() => canonical(wrong), /cannot be compared/)
  t.end()
})
