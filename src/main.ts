#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import {
  type Offline,
  exitCode,
  findSocket,
  profileText,
  readLine,
  readSecret,
  runCli,
  table,
  verifiedText,
  whereIs,
} from './admin/cli/index.ts'
import { journalCommands, pkiCommands, probe, profileCommands, siteCommands } from './admin/offline/index.ts'
import { formatProblem, loadSite } from './config/index.ts'
import { initVault } from './identity/index.ts'
import { createScreen, realClock, realRandom } from './platform/index.ts'
import { type Ended, runConsole, runGateway } from './service/index.ts'

const checkout = resolve(import.meta.dirname, '..')
const manifest: unknown = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
const { version } = z.object({ version: z.string() }).parse(manifest)
const out = (text: string): void => void process.stdout.write(`${text}\n`)
const error = (text: string): void => void process.stderr.write(`${text}\n`)

function failed(why: string, hint: string): number {
  error(`breakwall: error: ${why}\nbreakwall: hint: ${hint}`)
  return exitCode.refused
}

function codeOf(ended: Ended): number {
  if (ended.kind === 'stopped') return exitCode.done
  for (const problem of ended.problems) error(formatProblem(problem))
  return failed(ended.why, ended.hint)
}

const offline: Offline = {
  probe: (asked) => probe(asked, { out, error, failed }),
  ...profileCommands({ out, failed }, { profile: profileText, table }),
  initVault(configuration) {
    const loaded = loadSite(configuration)
    if (loaded.kind === 'problems') return failed(`${configuration} has mistakes`, `breakwall check ${configuration}`)
    const made = initVault(loaded.site.vaultKeyFile, realRandom)
    if (made !== 'written') return failed(made.why, 'a key that is there already is never overwritten: the vault opens with it only')
    out(`${loaded.site.vaultKeyFile}\nkeep a copy of it in a safe place: without it the passwords are gone. The service's user must own it`)
    return exitCode.done
  },
  ...journalCommands({ out, error, failed }, verifiedText, realClock),
  serve: async (file) => codeOf(await runGateway(file, version)),
  serveConsole: async (file) => codeOf(await runConsole(file)),
  pki: pkiCommands(realClock, realRandom),
  ...siteCommands,
  demo(args) {
    const script = join(checkout, 'hil/demo/operate.ts')
    if (!existsSync(script))
      return Promise.resolve(failed('the demo is not part of an installed gateway', 'run it in a checkout: npm start'))
    return new Promise((done) =>
      spawn(process.execPath, [script, ...args], { stdio: 'inherit' }).on('exit', (code) => done(code ?? exitCode.refused)),
    )
  },
}

// Whoever reads along may stop when there is enough.
process.stdout.on('error', (failed: NodeJS.ErrnoException) => {
  if (failed.code !== 'EPIPE') throw failed
  process.exit(exitCode.done)
})
process.exitCode = await runCli(process.argv.slice(2), offline, {
  out,
  error,
  version,
  interrupted(run) {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, run)
  },
  interactive: process.stdin.isTTY,
  draws: process.stdout.isTTY,
  firstLine: (file) => siteCommands.firstLine(file),
  credentials: process.env['CREDENTIALS_DIRECTORY'] ?? '/nonexistent',
  after: (ms, run) => void realClock.after(ms, run),
  nowMs: () => realClock.utcUs() / 1000,
  screen: createScreen(process.stdout),
  progress: (line) => void process.stderr.write(line === '' ? '\n' : `\r\x1b[2K${line}`),
  askLine: (prompt) => readLine(process.stdin, process.stderr, prompt),
  askSecret: (prompt) => readSecret(process.stdin, process.stderr, prompt),
  findSocket: (typed) =>
    whereIs(
      findSocket(typed, process.env['BREAKWALL_API'], checkout),
      process.env['BREAKWALL_TOKEN'],
      (note) => void process.stderr.write(`breakwall: warning: ${note}\n`),
    ),
})
