import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { acts, operationClasses, optionalFunctions } from '../../src/breakers/index.ts'
import { loadProfileFile, profileFolder, profileNames } from '../../src/config/index.ts'
import { rows } from '../support/cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwall-contradictions-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
function mistakes(text: string): string[] {
  writeFileSync(join(folder, 'own.toml'), `family = "Test"\ninterface = "line"\n${text}`)
  const loaded = loadProfileFile(join(folder, 'own.toml'), [folder, profileFolder])
  return 'name' in loaded ? [] : loaded.map((problem) => problem.text)
}
type Keys = Readonly<Record<string, string | number>>
const table = (name: string, keys: Keys): string =>
  `[[${name}]]\n${Object.entries(keys)
    .map(([key, value]) => `${key} = ${typeof value === 'number' || /^[[{]/.test(value) ? value : JSON.stringify(value)}`)
    .join('\n')}\nsource = "test document"\n`
const command = (keys: Keys = {}): string =>
  table('command', { code: 700, words: 'do it on {breaker}', class: 'control', length: 12, destination: 4353, security: 0, ...keys })

t.test('every combination of what a command does, its class and its access is decided by this table [S-13] [CR 2.1]', (t) => {
  // y: a profile may say so; -: a contradiction. Columns: security 0 and 1 without a password, security 0 and 1 with one.
  const decided = `
    act    class               | 0 1 0p 1p
    open   monitor             | - - - -
    open   control             | y y - y
    open   protection-setting  | - - - -
    open   other-setting       | - - - -
    open   clock               | - - - -
    open   password            | - - - -
    open   diagnostic          | - - - -
    open   file                | - - - -
    open   unknown             | - - - -
    close  monitor             | - - - -
    close  control             | y y - y
    close  protection-setting  | - - - -
    close  other-setting       | - - - -
    close  clock               | - - - -
    close  password            | - - - -
    close  diagnostic          | - - - -
    close  file                | - - - -
    close  unknown             | - - - -
    reset  monitor             | - - - -
    reset  control             | y y - y
    reset  protection-setting  | - - - -
    reset  other-setting       | - - - -
    reset  clock               | - - - -
    reset  password            | - - - -
    reset  diagnostic          | - - - -
    reset  file                | - - - -
    reset  unknown             | - - - -
    other  monitor             | y - - -
    other  control             | y y - y
    other  protection-setting  | y y - y
    other  other-setting       | y y - y
    other  clock               | y y - y
    other  password            | y y - y
    other  diagnostic          | y y - y
    other  file                | - - - -
    other  unknown             | - - - -
  `
  const asked = rows(decided)
  t.equal(asked.length, acts.length * operationClasses.length, 'each combination has its row')
  for (const { cells, expected } of asked) {
    const [act = '', operationClass = ''] = cells
    const said = [
      { security: 0 },
      { security: 1 },
      { security: 0, password: '["operator"]' },
      { security: 1, password: '["operator"]' },
    ].map((access) => (mistakes(command({ act, class: operationClass, ...access })).length === 0 ? 'y' : '-'))
    t.equal(said.join(' '), expected, `${act} ${operationClass}`)
  }
  t.end()
})

t.test('each function has the classes that its effect allows', (t) => {
  const fitting: Readonly<Record<string, string>> = {
    '24': 'monitor control other-setting diagnostic',
    '43/16': 'control clock',
  }
  for (const name of optionalFunctions) {
    const taken = operationClasses.filter((one) => mistakes(table('function', { name, class: one })).length === 0)
    t.equal(taken.join(' '), fitting[name] ?? 'control diagnostic', name)
  }
  t.end()
})

t.test('registers that would be two things at once, and commands that contradict the documents or themselves', (t) => {
  const status = (keys: Keys = {}): string =>
    table('status', { register: 12001, 'closed-bit': 0, 'tripped-bit': 1, 'invalid-bit': 15, currents: 12016, ...keys }).replace(
      /\[\[status\]\]/,
      '[status]',
    )
  const writable = (from: number, to: number): string => table('writable', { from, to, class: 'control', words: 'set it on {breaker}' })
  const refresh = (from: number, to: number): string => table('refresh', { from, to, every: '1s', words: 'values' })
  const readable = (from: number, to: number): string => table('readable', { from, to, words: 'values' })
  const wrong: readonly (readonly [string, RegExp])[] = [
    [command({ code: 905, act: 'open' }), /905 has act = "open": by the documents of every family it is "close"/],
    [command({ code: 904 }), /904 has act = "other".*it is "open"/],
    [command({ code: 769, class: 'monitor' }), /769 has class "monitor": by the documents of every family it sets the clock/],
    [status() + writable(12_000, 12_002), /register 12001 shows the state and is writable/],
    [status() + writable(12_019, 12_019), /registers 12016 to 12019 shows the state and is writable/],
    [status({ register: 8010 }), /the state is read from the command interface/],
    [status({ 'tripped-bit': 0 }), /two of closed-bit, tripped-bit and invalid-bit are the same bit/],
    [status({ 'invalid-bit': 0 }), /the same bit/],
    [refresh(8021, 8021), /refresh 8021 to 8021 covers the command interface and its result/],
    [refresh(100, 110) + writable(110, 111), /refresh 100 to 110 covers a register that can be written/],
    [readable(8000, 8149), /the profile has no commands: the password there would be shown/],
    [writable(8004, 8004), /covers the command interface/],
    [
      writable(100, 110) + table('writable', { from: 110, to: 111, class: 'clock', words: 'set {breaker}' }),
      /one register has one meaning/,
    ],
    [table('coil', { from: 1, to: 2, class: 'monitor', words: 'read {breaker}' }), /class "monitor"/],
    [
      table('function', { name: '8/1', class: 'control' }) + table('function', { name: '8/1', class: 'diagnostic' }),
      /one function has one class/,
    ],
    [
      command({ parameter: '[{ register = 8006, words = "a" }, { register = 8006, words = "b", type = "low-byte" }]' }),
      /one byte has one meaning/,
    ],
    [command({ length: 14, parameter: '[{ register = 8006, words = "a" }, { register = 8007, words = "a" }]' }), /has the name of another/],
    [command({ parameter: '[{ register = 8007, words = "a" }]' }), /begins behind the end of the command: its length is 12 bytes/],
  ]
  for (const [text, expected] of wrong) t.match(mistakes(text).join(' / '), expected)
  const right: readonly string[] = [
    command({ code: 904, act: 'open' }),
    status() + writable(12_000, 12_000),
    status({ 'tripped-bit': 'none' }),
    refresh(100, 109) + writable(110, 111),
    readable(8000, 8149) + command(),
    table('function', { name: '8/1', class: 'diagnostic' }).repeat(2),
    command({ parameter: '[{ register = 8006, words = "a", type = "high-byte" }, { register = 8006, words = "b", type = "low-byte" }]' }),
  ]
  for (const text of right) t.same(mistakes(text), [], text)
  t.end()
})

t.test('no shipped profile contradicts itself', (t) => {
  for (const name of profileNames([profileFolder]))
    t.ok('name' in loadProfileFile(join(profileFolder, `${name}.toml`), [profileFolder]), name)
  t.end()
})
