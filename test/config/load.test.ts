import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { formatProblem, loadSite } from '../../src/config/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwall-config-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'pki'))
for (const name of ['gateway.crt', 'gateway.key', 'site-ca.crt', 'site-ca.crl']) writeFileSync(join(folder, 'pki', name), '')
const shipped = readFileSync(join(import.meta.dirname, '../../config/breakwall.toml'), 'utf8')

/** What the check says of the shipped file after some changes; each must find its text. */
function mistakes(...changes: readonly (readonly [string, string])[]): string[] {
  let text = shipped
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the shipped file does not hold ${from}`)
    text = text.replace(from, to)
  }
  const file = join(folder, 'breakwall.toml')
  writeFileSync(file, text)
  const loaded = loadSite(file)
  return loaded.kind === 'site' ? [] : loaded.problems.map((problem) => formatProblem({ ...problem, file: 'f' }))
}
const lineOf = (text: string): number => shipped.slice(0, shipped.indexOf(text)).split('\n').length

t.test('the shipped file has no mistakes and says what it says [CR 7.6]', (t) => {
  t.same(mistakes(), [])
  const loaded = loadSite(join(folder, 'breakwall.toml'))
  if (loaded.kind !== 'site') return t.fail('it did not load')
  t.match(
    loaded.site.breakers.map(({ name, unit, address }) => ({ name, unit, address })),
    [
      { name: 'Q1', unit: 1, address: 1 },
      { name: 'Q4', unit: 4, address: 255 },
    ],
  )
  t.match(loaded.site.buses[0], { kind: 'serial', baud: 19200, parity: 'even', stopBits: 1 })
  t.match(loaded.site.sinks[0], {
    receivers: [
      { host: '10.40.0.9', port: 2514 },
      { host: '10.40.0.10', port: 2514 },
    ],
    transport: { kind: 'relp' },
    format: 'rfc5424',
    facility: 13,
    mildest: 6,
    behind: { events: 10_000, ms: 300_000 },
    catchUpPerSecond: 2000,
    categories: 'all',
    headerTime: 'local',
  })
  t.match(loaded.site.journal, { keepMs: 400 * 86_400_000, bytes: 1e9, mostBytes: 4e9, lowBytes: 5e8 })
  return t.end()
})

t.test('each mistake has its line and column, what was expected and an example [CR 3.5] [S-07]', (t) => {
  const table: readonly (readonly [readonly [string, string], RegExp])[] = [
    [['baud = 19200', 'baud = 19201'], new RegExp(`^f:${lineOf('baud = ')}:8 baud 19201: expected 1200, .* or 115200$`)],
    [['baud = 19200', 'buad = 19200'], new RegExp(`^f:${lineOf('baud = ')}:1 unknown key "buad": did you mean "baud"\\?$`)],
    [['unit = 4', 'unit = 1'], /unit 1 is used twice \(first at line \d+\)/],
    [['unit = 4', 'unit = 248'], /^f:\d+:8 unit 248: expected a unit id from 1 to 247, such as 12$/],
    [['unit = 4\n', ''], /breaker "Q4" lacks "unit": expected a unit id/],
    [['"10.20.0.16/28"', '"10.1.2.300/24"'], /^f:\d+:8 from "10.1.2.300\/24" is not an address range: expected an address range, such as/],
    [['"10.20.0.16/28"', '"10.20.0.17/28"'], /has address bits behind its prefix/],
    [['level = "read"', 'level = "write"'], /level "write": expected "none", "read" or "control"/],
    [['from = "2001:db8:20::/64"', 'from = "10.20.0.16/28"\nlistener = "scada"'], /range "10.20.0.16\/28" is there twice/],
    [['"pki/gateway.key"', '"pki/no.key"'], /^f:\d+:7 file .*pki\/no.key does not exist: expected a PEM file/],
    [['bus = "rs485-1"', 'bus = "rs485-2"'], /there is no bus "rs485-2": did you mean "rs485-1"\?/],
    [
      ['bus = "tie"\naddress = 255', 'bus = "rs485-1"\naddress = 1'],
      /breaker "Q4" and breaker "Q1" \(line \d+\) share address 1 on bus "rs485-1"/,
    ],
    [['address = 255', 'address = 250'], /address 250 is reserved/],
    [['group = "feeders"', 'account = "SecurityAdmin"'], /account is for a MicroLogic Active; the passwords of profile "nsx-bscm" have no/],
    [['profile = "nsx-bscm"', 'profile = "nsx"'], /there is no profile "nsx": expected one of compact-ns/],
    [['may = ["monitor"]', 'may = ["look"]'], /may|expected/],
    [['kind = "relp-tls"', 'kind = "rlp"'], /kind "rlp": expected "relp-tls", "tls", "relp", "tcp" or "udp"/],
    [['authority = "pki/site-ca.crt"         #', '#'], /sink "soc" trusts nobody: it needs authority/],
    [['# pinned = "pki/soc.crt"', 'pinned = "pki/site-ca.crt"'], /sink "soc" has authority and pinned: expected one of them/],
    [['# key = "pki/gateway-syslog.key"', 'key = "pki/gateway.key"'], /sink "soc" has only one of certificate and key/],
    [
      ['# header-time = "local"', 'header-time = "utc"'],
      /sink "soc": header-time is for the formats rfc3164 and cef; rfc5424 carries its zone/,
    ],
    [['fallback = "10.40.0.10:2514"', 'fallback = "10.40.0.9:2514"'], /sink "soc" has the same receiver twice/],
    [['behind-after = "5m"', 'behind-after = "5s"'], /behind-after "5s": expected how old the oldest event may be/],
    [
      ['# categories = ["operation", "access-control"]', 'categories = ["operations"]'],
      /categories "operations": expected a list of categories to send/,
    ],
    [['disk-limit = "4GB"', 'disk-limit = "500MB"'], /disk-limit is smaller than size/],
    [['keep = "400d"', 'keep = "12h"'], /keep "12h": expected how long events are kept, from 1d to 3650d/],
    [
      ['# working-hours = ["Mon-Fri 06:00-18:00"]', 'working-hours = ["Mo-Fr 6-18"]'],
      /working-hours "Mo-Fr 6-18": expected a list of days and times/,
    ],
    [['enterprise = 32473', 'framing = "newline"'], /unknown key "framing"/],
    [['reply-timeout = "600ms"', 'reply-timeout = "1ms"'], /reply-timeout "1ms": expected a time from 50ms to 30s/],
    [['own-unit = 255', 'own-unit = 250'], /own-unit 250: expected the unit id under which the gateway itself answers/],
    [['own-unit = 255', 'own-unit = 4'], /own-unit 4/],
    [['in-flight = 12', 'in-flight = 17'], /in-flight 17: expected how many requests of one connection/],
    [['echo = "auto"', 'echo = "maybe"'], /echo "maybe": expected "auto", "yes" or "no"/],
    [['direction = "adapter"', 'direction = "auto"'], /direction "auto": expected "adapter", "kernel" or "rts"/],
    [['read-retries = 1', 'read-retries = 4'], /read-retries 4: expected how often a read without a reply is asked again, from 0 to 3/],
    [['longest-wait = "3s"', 'longest-wait = "50ms"'], /longest-wait "50ms": expected the longest that a request waits/],
    [['connections = 1 ', 'connections = 9 '], /connections 9: expected how many connections to the interface are kept, from 1 to 8/],
    [['freshness = "off"', 'freshness = "1s"'], /freshness "1s": expected "off", or "profile"/],
    [
      ['key = "pki/gateway.key"', 'key = ["pki/gateway.key", "pki/gateway.key"]'],
      /listener "scada" has 1 certificates: expected a key for each/,
    ],
    [['"pki/site-ca.crl"', '"pki/no.crl"'], /file .*pki\/no.crl does not exist: expected a list of PEM or DER files/],
    [['stale-revocation = "read"', 'stale-revocation = "maybe"'], /stale-revocation "maybe": expected "refuse", "read" or "admit"/],
    [
      ['handshakes-per-second = 20', 'handshakes-per-second = 0'],
      /handshakes-per-second 0: expected how many connections one address may open each second, from 1/,
    ],
    [['idle-timeout = "10m"', 'idle-timeout = "10"'], /idle-timeout "10": expected how long a connection may be without a request/],
    [['# breakers = ["Q1"]  ', 'breakers = ["Q9"]  '], /there is no breaker "Q9": did you mean "Q1"\?/],
    [['certificate = "pki/gateway.crt" ', 'clear-text = "read-only" '], /unknown key "key"|clear-text/],
    [
      ['[roles.SecurityAdmin]', '[roles.SecurityAdmin]\nmay = ["control"]'],
      /role "SecurityAdmin" administers \(users\) and operates \(control\)/,
    ],
    [
      ['manage = ["look", "events", "lock", "unlock", "tag", "master-lock", "approve-grant"]', 'manage = ["look", "users", "unlock"]'],
      /role "FieldTech" administers \(users\) and operates \(unlock\)/,
    ],
    [['manage = ["look"]', 'manage = ["watch"]'], /expected a list of what it may do with the gateway, out of look, events/],
    [['# breakers = ["feeders"]', 'breakers = ["feeder"]'], /there is no breaker or group "feeder": did you mean "feeders"\?/],
    [['password-length = 12', 'password-length = 9'], /password-length 9: expected the shortest password, from 10 to 64/],
    [['maximum-login-attempts = 5', 'maximum-login-attempts = 50'], /expected how many wrong log-ins are let through, from 3 to 10/],
    [['second-factor = ["SecurityAdmin"]', 'second-factor = ["Admin"]'], /there is no role "Admin"/],
    [['minimum-inactivity-period = "5m"', 'minimum-inactivity-period = "5h"'], /expected a time from 1m to 60m/],
    [['# [console]', '[console]'], /console lacks|file .*console|the file lacks|lacks "address"/],
    [['connections = 1 ', 'server-name = "x" '], /server-name belongs to a bus in TLS: add certificate, key and devices, or remove it/],
    [['connections = 1 ', 'certificate = "pki/gateway.crt" '], /bus "tie" has certificate but no key: a bus in TLS needs certificate, key/],
    [
      ['connections = 1 ', 'certificate = "pki/gateway.crt"\nkey = "pki/gateway.key"\ndevices = "pki/none.crt" '],
      /file .*pki\/none\.crt does not exist: expected a PEM file with the authority that signs the certificates of devices/,
    ],
    [['key = "vault.key"', 'keyfile = "vault.key"'], /unknown key "keyfile"/],
    [['[site]', '[site'], /^f:\d+:\d+ this is not TOML/],
    [['name = "Plant 7, main switchboard"', ''], /site lacks "name": expected the name of the site/],
  ]
  for (const [change, expected] of table) {
    const found = mistakes(change)
    t.ok(
      found.some((line) => expected.test(line)),
      `${change[1]} -> ${found.join(' / ')}`,
    )
  }
  t.end()
})

t.test(
  'what is legal and worth a word is a warning: clear text on either side, rights without a log-in, nobody who could be set up [S-38] [S-02]',
  (t) => {
    const warned = (...changes: readonly (readonly [string, string])[]): string => {
      mistakes(...changes)
      const loaded = loadSite(join(folder, 'breakwall.toml'))
      return loaded.warnings.map(({ text }) => text).join(' / ')
    }
    t.match(warned(), /bus "tie" is in the clear: if its interface knows Modbus\/TCP Security, add certificate, key and devices/)
    const clear = '[[listener]]\nname = "old-hmi"\naddress = "10.20.0.5:502"\nclear-text = "read-only"\nrole = "Viewer"\n\n'
    t.match(
      warned(['# The access control list', `${clear}# The access control list`]),
      /listener "old-hmi" is in the clear: who can reach it can read along/,
    )
    t.match(
      warned(['without-login = ["look", "events", "lock"]', 'without-login = ["look", "unlock"]']),
      /may do "unlock" without a log-in/,
    )
    t.match(warned(['"configuration", "users"]', '"configuration"]']), /no role may manage users: nobody can be set up/)
    t.match(
      warned(['[roles.Viewer]', '[roles.viewer]\nmay = ["monitor"]\n\n[roles.Viewer]']),
      /role "viewer" differs only in case from the usual "Viewer"/,
    )
    t.notMatch(warned(), /differs only in case/)
    t.notMatch(warned(), /let every address control/)
    const all = '[[access]]\nfrom = "0.0.0.0/1"\nlevel = "control"\n\n[[access]]\nfrom = "128.0.0.0/1"\nlevel = "control"\n\n'
    t.match(warned(['[[access]]', `${all}[[access]]`]), /together the entries .* let every address control/)
    t.end()
  },
)

t.test('times that contradict each other are a warning with their place and what to do; the shipped ones do not', (t) => {
  const warned = (...changes: readonly (readonly [string, string])[]): readonly string[] => {
    mistakes(...changes)
    return loadSite(join(folder, 'breakwall.toml')).warnings.map((one) => formatProblem({ ...one, file: 'f' }))
  }
  const usual = warned()
  t.same(
    usual.filter((text) => !text.includes('is in the clear')),
    [],
    'the shipped file',
  )
  const reply = 'reply-timeout = "600ms"'
  const wait = 'longest-wait = "3s"'
  /** What is changed, what is said of it, and the nearest change of which nothing is said. */
  type Row = readonly [change: readonly (readonly [string, string])[], said: RegExp, near: readonly (readonly [string, string])[]]
  const table: readonly Row[] = [
    [
      [[reply, 'reply-timeout = "3s"']],
      /^f:\d+:17 bus "rs485-1": reply-timeout "3s" is not below longest-wait "3s": .* gives up unsent; make longest-wait longer/,
      [[reply, 'reply-timeout = "1499ms"']],
    ],
    [
      [[reply, 'reply-timeout = "1500ms"']],
      /bus "rs485-1": reply-timeout "1500ms" times 2 tries is not below longest-wait "3s": .* or read-retries fewer/,
      [
        [reply, 'reply-timeout = "1500ms"'],
        ['read-retries = 1', 'read-retries = 0'],
      ],
    ],
    [[[wait, 'longest-wait = "1200ms"']], /is not below longest-wait "1200ms"/, [[wait, 'longest-wait = "1201ms"']]],
    [
      [
        [reply, 'reply-timeout = "1600ms"'],
        [wait, 'longest-wait = "5s"'],
      ],
      /more than most clients wait \(1 to 3 s\)/,
      [
        [reply, 'reply-timeout = "1500ms"'],
        [wait, 'longest-wait = "5s"'],
      ],
    ],
    [[[wait, 'longest-wait = "6s"']], /longest-wait "6s": an operation may be sent so long after/, [[wait, 'longest-wait = "5s"']]],
    [
      [['connections = 256 ', 'connections = 63 ']],
      /^f:\d+:27 listener "scada": connections-per-address 64 is more than connections 63/,
      [['connections = 256 ', 'connections = 64 ']],
    ],
    [
      [['behind-after = "5m"', 'behind-after = "1m"']],
      /sink "soc": behind-after "1m" is less than a sink in order may take \(70 s\)/,
      [['behind-after = "5m"', 'behind-after = "70s"']],
    ],
    [
      [
        ['minimum-inactivity-period = "5m"', 'minimum-inactivity-period = "60m"'],
        ['session-life = "8h"', 'session-life = "1h"'],
      ],
      /minimum-inactivity-period "60m" is not below session-life "1h"/,
      [
        ['minimum-inactivity-period = "5m"', 'minimum-inactivity-period = "59m"'],
        ['session-life = "8h"', 'session-life = "1h"'],
      ],
    ],
    [
      [['password-maximum-age = "off"', 'password-maximum-age = "14d"']],
      /password-maximum-age "14d": passwords are reported as ending 14 days before/,
      [['password-maximum-age = "off"', 'password-maximum-age = "15d"']],
    ],
    [
      [['pin-maximum-age = "365d"', 'pin-maximum-age = "14d"']],
      /pin-maximum-age "14d": PINs are reported as ending 14 days before/,
      [['pin-maximum-age = "365d"', 'pin-maximum-age = "off"']],
    ],
    [[['sessions = 50 ', 'sessions = 2 ']], /sessions-per-user 3 is more than sessions 2/, [['sessions = 50 ', 'sessions = 3 ']]],
    [
      [['shift-ends = ["06:00", "14:00", "22:00"]', 'shift-ends = ["06:00", "18:00"]']],
      /shifts of up to 12 h are longer than longest-unlock "8h"/,
      [
        ['shift-ends = ["06:00", "14:00", "22:00"]', 'shift-ends = ["06:00", "18:00"]'],
        ['longest-unlock = "8h"', 'longest-unlock = "12h"'],
      ],
    ],
  ]
  for (const [change, said, near] of table) {
    const found = warned(...change)
    t.ok(
      found.some((text) => said.test(text)),
      `${String(said)}: ${found.join(' / ')}`,
    )
    t.same(
      warned(...near).filter((text) => !text.includes('is in the clear')),
      [],
      JSON.stringify(near),
    )
  }
  t.end()
})

t.test('all mistakes are found in one run, in the order of the file', (t) => {
  const found = mistakes(
    ['name = "Plant 7, main switchboard"', 'nmae = "x"'],
    ['baud = 19200', 'baud = 1'],
    ['unit = 4', 'unit = 1'],
    ['"10.40.0.9:2514"', '"10.40.0.9"'],
  )
  t.ok(found.length >= 5, found.join('\n'))
  const lines = found.map((line) => Number(line.split(':')[1]))
  t.same(
    lines,
    [...lines].sort((a, b) => a - b),
  )
  t.end()
})

t.test('a file that is not there is a mistake too', (t) => {
  t.match(loadSite('/nowhere.toml'), { kind: 'problems', problems: [{ text: /cannot be read/ }] })
  t.end()
})

t.test('a guard says one thing and says it whole', (t) => {
  const said = (rule: string): string[] => {
    const guard = `[[guard]]\nname = "g"\nclasses = ["control"]\n${rule}\n\n[people]\n`
    return mistakes(['[people]\n', guard])
  }
  for (const rule of ['grant = true', 'most = 1\nwithin = "1m"', 'select-within = "10s"', 'only-during = ["Mon-Fri 06:00-18:00"]'])
    t.same(said(rule), [], rule)
  t.match(said(''), [/has no rule: expected one of setting \+ minimum \+ maximum, or/])
  t.match(said('grant = true\nmost = 1\nwithin = "1m"'), [/has several rules/])
  t.match(said('most = 1'), [/guard "g" lacks "within"/])
  t.match(said('setting = "x"\nminimum = 3\nmaximum = 2').join(), /allows nothing/)
  t.match(said('setting = "x"\nminimum = 1\nmaximum = 2\nstep = 1').join(), /does not say where the present value is read/)
  t.match(said('grant = true\nbreakers = ["Q7"]'), [/there is no breaker or group "Q7"/])
  t.match(said('select-within = "2m"'), [/a time from 1s to 60s/])
  t.end()
})

t.test('the console under an IP address has no passkeys: check says so, and says nothing of a name', (t) => {
  const warned = (name: string): string => {
    const block = `[console]\naddress = "10.20.0.5:8443"\nname = "${name}"\ncertificate = "c.crt"\nkey = "c.key"\n\n# The access control list`
    mistakes(['# The access control list', block])
    return loadSite(join(folder, 'breakwall.toml'))
      .warnings.map(({ text }) => text)
      .join(' / ')
  }
  for (const address of ['10.20.0.5', 'fd00::5', '[fd00::5]'])
    t.match(warned(address), /the console's name is the IP address .*: browsers have no passkeys under an address/)
  for (const name of ['breakwall.plant7.example', 'breakwall', '10.plant', 'localhost']) t.notMatch(warned(name), /passkeys/)
  t.end()
})
