import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { formatProblem, loadProfile, loadProfileFile, profileFolder, profileNames } from '../../src/config/index.ts'
import { profileOf } from '../support/requests.ts'

const shipped = [
  'compact-ns',
  'generic',
  'ife',
  'ifm',
  'io-module',
  'masterpact-nt-nw',
  'mtz-micrologic-active',
  'mtz-micrologic-x',
  'nsx-bscm',
  'nsx-bscm-modbus',
  'powerpact-h-j-l',
  'powerpact-p-r',
]

t.test('every shipped profile is whole and names a document for each number', (t) => {
  t.same(profileNames([profileFolder]), shipped)
  for (const name of shipped) {
    const { commands, writable, readable, functions, coils } = profileOf(name)
    for (const known of [...commands, ...writable, ...readable, ...functions, ...coils])
      t.ok(known.source.length > 8, `${name}: ${known.source}`)
  }
  t.match(profileOf('mtz-micrologic-active').warning, /no password/)
  t.end()
})

function place(t: { teardown(run: () => void): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-profiles-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return {
    folder,
    problems: (text: string): string[] => {
      writeFileSync(join(folder, 'own.toml'), text)
      const loaded = loadProfileFile(join(folder, 'own.toml'), [folder, profileFolder])
      return 'name' in loaded ? [] : loaded.map((problem) => formatProblem({ ...problem, file: 'f' }))
    },
  }
}

const head = 'family = "Test"\ninterface = "line"\n'
const command = (lines: string): string =>
  `${head}[[command]]\ncode = 904\nwords = "open {breaker}"\nclass = "control"\nact = "open"\nlength = 10\ndestination = 4353\nsecurity = 1\nsource = "test document"\n${lines}`

t.test('each mistake in a profile has its place and what was expected', (t) => {
  const { problems } = place(t)
  t.same(problems(head), [])
  t.same(problems(command('')), [])
  const table: readonly (readonly [string, RegExp])[] = [
    ['interface = "line"\n', /^f:1:1 the file lacks "family": expected the family/],
    [command('').replace('length = 10', 'length = 9'), /^f:8:10 length 9: expected the length word of register 8001 from 10 to 30/],
    [command('').replace('open {breaker}', 'open it'), /words "open it": expected what it does, with \{breaker\}/],
    [command('').replace('"control"', '"danger"'), /class "danger": expected one of monitor, control/],
    [
      `${head}[[refresh]]\nfrom = 10\nto = 20\nevery = "1h"\nwords = "x"\nsource = "test document"\n`,
      /every "1h": expected how often the device renews them/,
    ],
    [`${head}[[refresh]]\nfrom = 20\nto = 10\nevery = "1s"\nwords = "x"\nsource = "test document"\n`, /refresh from 20 to 10 is empty/],
    [`${head}[[identify]]\nregister = 0\nsource = "test document"\n`, /register 0: expected a register that only this family has/],
    [command('').replace('security', 'securty'), /unknown key "securty": did you mean "security"\?/],
    [command('password = ["boss"]\n'), /password .*expected who may run it/],
    [command('').replace('security = 1', 'security = 0').concat('password = ["operator"]\n'), /a password and security type 0/],
    [command('parameter = [{ register = 8015, type = "uint32", words = "x" }]\n'), /ends at 8016: parameters end at 8015/],
    [`${command('')}${command('').slice(head.length)}`, /command 904 to 4353 is there twice \(first at own.toml line 3\): remove one/],
    [`${head}[[writable]]\nfrom = 9\nto = 5\nclass = "control"\nwords = "{breaker}"\nsource = "test"\n`, /from 9 to 5 is empty/],
    [
      `${head}[[writable]]\nfrom = 7990\nto = 8000\nclass = "control"\nwords = "{breaker}"\nsource = "test"\n`,
      /covers the command interface/,
    ],
    [
      `${head}[[writable]]\nfrom = 1\nto = 5\nclass = "monitor"\nwords = "{breaker}"\nsource = "test"\n`,
      /class "monitor": expected one of control, protection-setting/,
    ],
    [`${head}include = ["io-modul"]\n`, /include "io-modul" does not exist: did you mean "io-module"\?/],
    [`${head}include = ["own"]\n`, /includes this profile again/],
    [
      `${head}include = ["io-module"]\n[[writable]]\nfrom = 14600\nto = 14602\nclass = "control"\nwords = "{breaker}"\nsource = "test"\n`,
      /writable 14601 to 14601 overlaps 14600 to 14602 \(own.toml line \d+\): one register has one meaning/,
    ],
    [`${head}[[function]]\nname = "8/2"\nclass = "control"\nsource = "test"\n`, /name "8\/2": expected one of 8\/1/],
    ['family =', /this is not TOML/],
  ]
  for (const [text, expected] of table) {
    const found = problems(text)
    t.ok(
      found.some((line) => expected.test(line)),
      `${String(expected)} <- ${found.join(' / ')}`,
    )
  }
  t.end()
})

t.test("a site's own profile stands before the shipped one of its name, and may fill in what no document here gives", (t) => {
  const { folder } = place(t)
  const text = `${head}include = ["parts/data-sets"]\n[[command]]\ncode = 45195\nwords = "set ground-fault protection of {breaker}"\nclass = "protection-setting"\nlength = 20\ndestination = 5121\nsecurity = 1\npassword = ["administrator"]\nsource = "DOCA0091EN-08, page 142"\n`
  writeFileSync(join(folder, 'nsx-bscm.toml'), text)
  const own = loadProfile([folder, profileFolder], 'nsx-bscm')
  t.match(own, { name: 'nsx-bscm', family: 'Test', commands: [{ code: 45195, lengths: [20] }] })
  t.equal(profileNames([folder, profileFolder]).length, shipped.length)
  t.end()
})

t.test("a site's own profile fills in a length that no public document gives, and cannot lower its class with it", (t) => {
  const { folder, problems } = place(t)
  const own = (operationClass: string): string =>
    `family = "ComPacT NSX"\ninterface = "BSCM"\ninclude = ["nsx-bscm"]\n[[command]]\ncode = 42638\nclass = "${operationClass}"\n` +
    'words = "preset the counters of {breaker}"\nlength = 20\ndestination = 4353\nsecurity = 1\nsource = "the manual of our device"\n'
  t.match(problems(own('monitor')).join(), /command 42638 to 4353 is there twice/)
  t.same(problems(own('other-setting')), [])
  const loaded = loadProfile([folder, profileFolder], 'own')
  if (!('name' in loaded)) return t.fail('it did not load')
  const lengths = (commands: typeof loaded.commands) => commands.filter(({ code }) => code === 42638).map(({ lengths }) => lengths)
  t.same(lengths(profileOf('nsx-bscm').commands), [[]])
  t.same(lengths(loaded.commands), [[20]])
  return t.end()
})
