import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadSite } from '../../src/config/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwall-names-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'pki'))
for (const name of ['gateway.crt', 'gateway.key', 'site-ca.crt', 'site-ca.crl']) writeFileSync(join(folder, 'pki', name), '')
const shipped = readFileSync(join(import.meta.dirname, '../../config/breakwall.toml'), 'utf8')

function said(...changes: readonly (readonly [string, string])[]): { mistakes: string[]; warnings: string[] } {
  let text = shipped
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the shipped file does not hold ${from}`)
    text = text.replace(from, to)
  }
  const file = join(folder, 'breakwall.toml')
  writeFileSync(file, text)
  const loaded = loadSite(file)
  const texts = (found: typeof loaded.warnings): string[] => found.map((one) => one.text)
  return { mistakes: loaded.kind === 'site' ? [] : texts(loaded.problems), warnings: texts(loaded.warnings) }
}
const guard = (lines: string, classes = 'protection-setting'): (readonly [string, string])[] => [
  ['[people]\n', `[[guard]]\nname = "g"\nclasses = ["${classes}"]\n${lines}\n\n[people]\n`],
]
const keySwitch = (lines: string): (readonly [string, string])[] => [
  ['[people]\n', `[[key-switch]]\nname = "door"\nread = ["gpioget", "17"]\n${lines}\n\n[people]\n`],
]
const limits = 'minimum = 160\nmaximum = 400\n'

t.test('a name in a rule that matches nothing is a mistake, wherever a rule names something [CR 3.5]', (t) => {
  const table: readonly (readonly [what: string, changes: readonly (readonly [string, string])[], expected: RegExp])[] = [
    ['the bus of a breaker', [['bus = "tie"\naddress = 255', 'bus = "tye"\naddress = 255']], /there is no bus "tye": did you mean "tie"/],
    ['the profile of a breaker', [['"nsx-bscm"', '"nsx-bcsm"']], /there is no profile "nsx-bcsm": did you mean "nsx-bscm"/],
    ['the listener of an entry', [['listener = "scada"', 'listener = "skada"']], /there is no listener "skada": did you mean "scada"/],
    ['the breakers of an entry', [['# breakers = ["Q1"]  ', 'breakers = ["Q2"]  ']], /there is no breaker "Q2"/],
    ['an entry for a group', [['# breakers = ["Q1"]  ', 'breakers = ["feeders"]  ']], /there is no breaker "feeders"/],
    [
      'the breakers of a role',
      [['# breakers = ["feeders"]', 'breakers = ["feedrs"]']],
      /no breaker or group "feedrs": did you mean "feeders"/,
    ],
    ['the classes of a role', [['may = ["monitor", "control"]', 'may = ["monitor", "controll"]']], /may "controll"/],
    ['the grants of a role', [['# grant = ["protection-setting"]', 'grant = ["control"]']], /role "Engineer" does not have "control"/],
    ['the rights of a role', [['manage = ["look"]', 'manage = ["loook"]']], /manage "loook"/],
    ['a role with a second factor', [['second-factor = ["SecurityAdmin"]', 'second-factor = ["Admins"]']], /there is no role "Admins"/],
    ['the categories of a sink', [['# categories = ["operation"', 'categories = ["operatoin"']], /categories "operatoin"/],
    ['the breakers of a guard', guard('grant = true\nbreakers = ["Q11"]'), /there is no breaker or group "Q11": did you mean "Q1"/],
    ['the classes of a guard', guard('grant = true', 'protection'), /classes "protection"/],
    ['the acts of a guard', guard('grant = true\nacts = ["shut"]'), /acts "shut"/],
    ['the hours of a guard', guard('only-during = ["Mun-Fri 06:00-18:00"]'), /only-during "Mun-Fri 06:00-18:00"/],
    [
      'the setting of a guard',
      guard(`setting = "pickup Ir"\n${limits}breakers = ["Q1"]`),
      /"pickup Ir".*could not limit it: did you mean "pick-up Ir"\?/,
    ],
    ['a setting that is far off', guard(`setting = "Ir"\n${limits}breakers = ["Q1"]`), /expected one of pick-up Ir, delay tr, motor class/],
    [
      'a setting of another class',
      guard(`setting = "pick-up Ir"\n${limits}breakers = ["Q1"]`, 'other-setting'),
      /of profile "nsx-bscm" \(Q1\) writes/,
    ],
    ['a setting of a command with other acts', guard(`setting = "pick-up Ir"\n${limits}acts = ["open"]`), /guards nothing/],
    [
      'one breaker that lacks the setting',
      guard(`setting = "pick-up Ir"\n${limits}`),
      /of profile "mtz-micrologic-x" \(Q4\) writes.*give the guard the breakers/,
    ],
    [
      'a register that nobody may write',
      guard(`setting = "register 8754"\n${limits}breakers = ["Q1"]`),
      /writes a setting "register 8754"/,
    ],
    ['the breakers of a key switch', keySwitch('breakers = ["feedrs"]'), /no breaker or group "feedrs": did you mean "feeders"/],
    ['the name of a key switch, twice', [...keySwitch(''), ...keySwitch('')], /key switch "door" is there twice/],
    ['a group with the name of a breaker', [['group = "feeders"', 'group = "Q4"']], /group "Q4" has the name of a breaker/],
  ]
  for (const [what, changes, expected] of table) {
    const { mistakes } = said(...changes)
    t.ok(
      mistakes.some((one) => expected.test(one)),
      `${what}: ${mistakes.join(' / ') || 'no mistakes'}`,
    )
  }
  t.end()
})

t.test('the same rules with names that exist are no mistakes', (t) => {
  const right: readonly (readonly (readonly [string, string])[])[] = [
    guard(`setting = "pick-up Ir"\n${limits}breakers = ["Q1"]`),
    guard(`setting = "pick-up Ir"\n${limits}step = 20\nregister = 8754\nbreakers = ["feeders"]`),
    guard('grant = true'),
    keySwitch('breakers = ["feeders", "Q4"]'),
    [['# breakers = ["feeders"]', 'breakers = ["feeders"]']],
  ]
  for (const changes of right) t.same(said(...changes).mistakes, [], changes[0]?.[1] ?? '')
  t.match(said(...guard('grant = true\nacts = ["reset"]\nbreakers = ["Q4"]', 'control')).warnings.join(), /guard "g" guards nothing/)
  t.end()
})
