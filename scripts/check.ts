import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkHil, checkLayers } from './layers.ts'

/** Types, lint, format and layers, in seconds. Each says how much it looked at; looking at nothing fails. */
function run(name: string, command: string, ...args: string[]): boolean {
  const done = spawnSync(command, args, { encoding: 'utf8', cwd: join(import.meta.dirname, '..') })
  const good = done.status === 0
  process.stdout.write(`${good ? 'ok  ' : 'FAIL'} ${name}\n${good ? '' : `${done.stdout}${done.stderr}\n`}`)
  return good
}

const bin = (name: string): string => join(import.meta.dirname, '../node_modules/.bin', name)
const { files, imports, breaches } = checkLayers(join(import.meta.dirname, '../src'))
const hil = checkHil(join(import.meta.dirname, '../hil'))
const layers = breaches.length + hil.breaches.length === 0 && files > 0 && imports > 0 && hil.files > 0
process.stdout.write(
  `${layers ? 'ok  ' : 'FAIL'} layers: ${files} files, ${imports} imports, and ${hil.files} files of hil\n${[...breaches, ...hil.breaches].map((breach) => `     ${breach}\n`).join('')}`,
)

const results = [
  layers,
  run('types', bin('tsc')),
  run('types of the pages', bin('tsc'), '-p', 'tsconfig.pages.json'),
  run('lint', bin('eslint'), '--max-warnings', '0', 'src', 'hil', 'test', 'scripts'),
  run('format', bin('prettier'), '--check', '--log-level', 'warn', '.'),
]
process.exitCode = results.every(Boolean) ? 0 : 1
