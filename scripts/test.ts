import { spawn, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, matchesGlob } from 'node:path'
import { SEEN_FILE, neverSeen } from '../test/support/seen-events.ts'
import { slowTests } from './slow-tests.ts'
import { readTap } from './tap-results.ts'

/**
 * The checks, then every test; with names of files or folders, only those; with --fast, what needs no browser, receiver or real time.
 * Ends with one line that any reader of a log can judge.
 */
const root = join(import.meta.dirname, '..')
const named = process.argv.slice(2)
const everything = (): string[] => globSync('test/**/*.test.ts', { cwd: root })
const isSlow = (file: string): boolean => Object.keys(slowTests).some((pattern) => matchesGlob(file, pattern))
const chosen = named.includes('--fast')
  ? everything().filter((file) => !isSlow(file))
  : named.flatMap((place) => (place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.test.ts`, { cwd: root })))
const checks =
  chosen.length > 0 || spawnSync(process.execPath, [join(import.meta.dirname, 'check.ts')], { stdio: 'inherit', cwd: root }).status === 0

const seen = join(mkdtempSync(join(tmpdir(), 'breakwall-seen-')), 'events')
const tap = spawn(join(root, 'node_modules/.bin/tap'), ['run', '--reporter=tap', '--disable-coverage', ...chosen], {
  cwd: root,
  stdio: ['inherit', 'pipe', 'inherit'],
  // Each of the many programs that tests start would compile the same sources anew.
  env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/breakwall-compiled'), ...process.env, [SEEN_FILE]: seen },
})
const results = readTap(({ file, passed, failed, ms, failures }) => {
  const took = `${passed + failed} in ${(ms / 1000).toFixed(1)} s`
  process.stdout.write(failed === 0 ? `PASS ${file} ${took}\n` : `FAIL ${file} ${failed} of ${took}\n`)
  for (const failure of failures) process.stdout.write(`     ${failure}\n`)
})
tap.stdout.setEncoding('utf8').on('data', (chunk: string) => results.write(chunk))
tap.on('close', (code, signal) => {
  const { passed, failed, skipped, failures } = results.end()
  if (code !== 0 && failures.length === 0)
    process.stdout.write(`\nthe test runner ended by itself (code ${code ?? 'none'}, signal ${signal ?? 'none'})\n`)
  // An event that nothing here makes happen is one that nobody knows to work.
  const missing = chosen.length > 0 ? [] : neverSeen(seen)
  if (missing.length > 0) process.stdout.write(`\nevents that no end-to-end test has made happen: ${missing.join(', ')}\n`)
  rmSync(dirname(seen), { recursive: true, force: true })
  const all = failed + (checks ? 0 : 1) + (missing.length > 0 ? 1 : 0) + (code !== 0 && failed === 0 ? 1 : 0)
  process.stdout.write(`\n${passed} passed, ${all} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  process.exitCode = all === 0 && passed > 0 ? 0 : 1
})
