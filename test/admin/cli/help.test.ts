import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Offline, type Terminal, exitCode, runCli } from '../../../src/admin/cli/index.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/cli.md'), 'utf8')

/** The help of a command, as a person gets it; nothing else of the command line runs. */
async function help(...path: string[]): Promise<{ readonly code: number; readonly text: string }> {
  const said: string[] = []
  const terminal: Terminal = {
    out: (text) => void said.push(text),
    error: (text) => void said.push(text),
    askSecret: () => Promise.resolve(undefined),
    askLine: () => Promise.resolve(undefined),
    firstLine: () => '',
    interactive: false,
    draws: false,
    credentials: '',
    findSocket: () => {
      throw new Error('help asks no gateway')
    },
    version: '1.2.3',
    interrupted: () => undefined,
    after: () => undefined,
    nowMs: () => 0,
    progress: () => undefined,
    screen: () => undefined,
  }
  const code = await runCli([...path, '--help'], {} as Offline, terminal)
  return { code, text: said.join('\n') }
}

/** The names of the commands that a help lists, without `help` itself. */
const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ {2}([a-z][a-z-]*)(?: |$)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help')

type Told = { readonly path: readonly string[]; readonly options: readonly string[] }

/** The commands of one row of the page: `user list|add NAME|remove NAME` are three. */
function told(cell: string): readonly Told[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, entry = '']) => {
    const options = [...entry.matchAll(/--[a-z][a-z0-9-]*/g)].map(([option]) => option)
    const [head = '', ...rest] = entry
      .replaceAll('\\|', '|')
      .replace(/\[[^\]]*\]/g, '')
      .split(' ')
    const subs = rest
      .join(' ')
      .split('|')
      .map((part) => part.trim().split(' ')[0] ?? '')
    const names = subs.filter((sub) => /^[a-z][a-z-]*$/.test(sub))
    return (names.length === 0 ? [[head]] : names.map((sub) => [head, sub])).map((path) => ({ path, options }))
  })
}

const rows = page
  .slice(page.indexOf('| command |'), page.indexOf('| exit code |'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => told(line.split(/(?<!\\)\|/)[1] ?? ''))

t.test('each command and option of the page is one of the program, and each command of the program is on the page', async (t) => {
  const top = await help()
  t.equal(top.code, exitCode.done)
  t.same([...new Set(rows.map(({ path }) => path[0]))].sort(), [...new Set(namesIn(top.text))].sort())
  t.notOk(namesIn(top.text).includes('no-such-command'))
  // The demo takes its words as they are.
  for (const { path, options } of rows.filter(({ path: [first] }) => first !== 'demo')) {
    const sub = namesIn((await help(path[0] ?? '')).text)
    const known = path.length > 1 && sub.includes(path[1] ?? '') ? await help(...path) : await help(path[0] ?? '')
    t.equal(known.code, exitCode.done, path.join(' '))
    if (path.length > 1 && sub.length > 0) t.ok(sub.includes(path[1] ?? ''), path.join(' '))
    // An entry of several commands names options of any of them.
    const all = [known.text, ...(await Promise.all(sub.map((one) => help(path[0] ?? '', one)))).map(({ text }) => text)].join('\n')
    for (const option of options) t.match(all, new RegExp(`${option}\\b`), `${path.join(' ')} ${option}`)
  }
  t.notMatch(top.text, /--no-such-option/)
})

t.test('the page has the exit codes of the program, each with its meaning', async (t) => {
  const table = page.slice(page.indexOf('| exit code |'))
  t.same(
    [...table.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code)),
    Object.values(exitCode),
  )
  const { text } = await help()
  for (const code of Object.values(exitCode)) t.match(text.replace(/\s+/g, ' '), new RegExp(`Exit codes: .*${code} `))
})
