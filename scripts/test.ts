import { spawn, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SEEN_FILE, neverSeen } from '../test/support/seen-events.ts'

/** The checks, then every test; with names of files, only those. Ends with one line that any reader of a log can judge. */
const root = join(import.meta.dirname, '..')
const chosen = process.argv
  .slice(2)
  .flatMap((place) => (place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.test.ts`, { cwd: root })))
const checks =
  chosen.length > 0 || spawnSync(process.execPath, [join(import.meta.dirname, 'check.ts')], { stdio: 'inherit', cwd: root }).status === 0

const seen = join(mkdtempSync(join(tmpdir(), 'breakwall-seen-')), 'events')
const tap = spawn(join(root, 'node_modules/.bin/tap'), ['run', '--reporter=base', '--disable-coverage', ...chosen], {
  cwd: root,
  stdio: ['inherit', 'pipe', 'inherit'],
  // Each of the many programs that tests start would compile the same sources anew.
  env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/breakwall-compiled'), ...process.env, [SEEN_FILE]: seen },
})
let output = ''
let last = ''
tap.stdout.on('data', (chunk: Buffer) => {
  output += chunk.toString('utf8')
  // The reporter redraws its counters in place; in a log only finished lines are of use.
  for (const line of chunk
    .toString('utf8')
    .replace(/\x1b\[(?:2K|1A|G|\?25[hl])/g, '')
    .split('\n')) {
    if (line.trim() === '' || line === last || /^(Asserts: |Suites: | RUNS )/.test(line)) continue
    last = line
    process.stdout.write(`${line}\n`)
  }
})
tap.on('close', (code, signal) => {
  const summary = /# \{ total: (\d+)(.*?)\}/s.exec(output)
  if (summary === null)
    process.stdout.write(`\nthe test runner ended without a summary (code ${code ?? 'none'}, signal ${signal ?? 'none'})\n`)
  const count = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(summary?.[2] ?? '')?.[1] ?? 0)
  // An event that nothing here makes happen is one that nobody knows to work.
  const missing = chosen.length > 0 ? [] : neverSeen(seen)
  if (missing.length > 0) process.stdout.write(`\nevents that no end-to-end test has made happen: ${missing.join(', ')}\n`)
  rmSync(dirname(seen), { recursive: true, force: true })
  const failed = count('fail') + (checks ? 0 : 1) + (missing.length > 0 ? 1 : 0) + (code !== 0 && count('fail') === 0 ? 1 : 0)
  process.stdout.write(`\n${count('pass')} passed, ${failed} failed${count('skip') > 0 ? `, ${count('skip')} skipped` : ''}\n`)
  process.exitCode = failed === 0 && count('pass') > 0 ? 0 : 1
})
