#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
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
import type { ProfileView } from './admin/contract/index.ts'
import { startApi, describeListener } from './admin/api/index.ts'
import { type Problem, formatProblem, loadProfile, loadProfileFile, loadSite, profileFolder, profileNames } from './config/index.ts'
import { event } from './events/index.ts'
import { startGateway } from './gateway/index.ts'
import { initVault, readPair } from './identity/index.ts'
import { checkSite, journalCommands, pkiCommands, siteCommands } from './admin/offline/index.ts'
import {
  checkStartOptions,
  cipherSuites,
  clockIsSynchronised,
  countAttempts,
  forbidCoreDumps,
  hintOfListening,
  notifySystemd,
  readRegularFile,
  ownStartOptions,
  realClock,
  realRandom,
  refuseDebugger,
  stderrLog,
  createScreen,
  background,
} from './platform/index.ts'
import { probe } from './admin/offline/probe/index.ts'

const checkout = resolve(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string }
const out = (text: string): void => void process.stdout.write(`${text}\n`)
const error = (text: string): void => void process.stderr.write(`${text}\n`)

function failed(why: string, hint: string): number {
  error(`breakwall: error: ${why}\nbreakwall: hint: ${hint}`)
  return exitCode.refused
}

/** The configuration as it stands in its file now, for a reload. */
function readAgain(file: string) {
  const loaded = loadSite(file)
  if (loaded.kind === 'site') return { kind: 'site', site: loaded.site } as const
  return { kind: 'mistakes', mistakes: loaded.problems.map(formatProblem) } as const
}

/** SIGHUP, as systemctl reload sends it: what became of it stands in the log and in the journal. */
async function reloadOnSignal(gateway: Exclude<Awaited<ReturnType<typeof startGateway>>, { kind: string }>, file: string): Promise<void> {
  const read = readAgain(file)
  if (read.kind === 'mistakes') {
    gateway.rejected('SIGHUP', `${read.mistakes.length} mistakes, the first: ${read.mistakes[0] ?? ''}`)
    return stderrLog.warn(`not reloaded: ${read.mistakes.join('; ')}`)
  }
  const done = await gateway.reload(read.site, 'SIGHUP')
  if (done.kind === 'reloaded') stderrLog.info(`reloaded: ${done.changed}`)
  else stderrLog.warn(`not reloaded: ${done.why}`)
}

/** Where systemd has put a credential (LoadCredential=), if it has. */
function credential(name: string): string | undefined {
  const path = join(process.env['CREDENTIALS_DIRECTORY'] ?? '/nonexistent', name)
  return existsSync(path) ? path : undefined
}

/** Refuses the debugger from here on; `report` gets how often somebody has asked for it. Returns the way to stop counting. */
function withoutDebugger(report: (count: number) => void): () => void {
  const attempts = countAttempts(realClock, (count) => {
    stderrLog.warn(`somebody sent SIGUSR1 (${count} times), which asks Node to open its debugger; refused`)
    report(count)
  })
  if (!refuseDebugger(() => attempts.attempted()))
    stderrLog.warn('this system does not let the gateway see who asks for its debugger; it stays closed')
  return () => attempts.close()
}

/** Runs until a signal asks it to stop; systemd is told when the doors are open. */
async function serve(file: string): Promise<number> {
  const started = checkStartOptions(ownStartOptions())
  if (started.kind === 'refused') return failed(`the gateway was not started: ${started.why}`, started.hint)
  let record: (count: number) => void = () => undefined
  const stopCounting = withoutDebugger((count) => record(count))
  const loaded = checkSite(file, realClock, 'gateway')
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) error(formatProblem(problem))
    return failed(`${loaded.problems.length} mistakes in ${file}, the gateway was not started`, `breakwall check ${file}`)
  }
  for (const warning of loaded.warnings) stderrLog.warn(formatProblem(warning))
  if (!forbidCoreDumps()) stderrLog.warn('this system does not keep the memory of the gateway out of core dumps: passwords could be in one')
  const here = {
    ...{ hostName: hostname(), pid: process.pid, version, vaultCredential: credential('vault.key') },
    ...{ peopleCredential: credential('people.key'), authorityCredential: credential('ca.passphrase') },
    ...{ journalCredential: credential('journal.key'), clockSynchronised: clockIsSynchronised },
  }
  const ports = { clock: realClock, random: realRandom, log: stderrLog, ...here }
  const gateway = await startGateway(loaded.site, ports)
  if ('kind' in gateway) return failed(gateway.why, gateway.hint)
  record = (count) => gateway.journal.note(event('debugger-refused', { part: 'gateway', count }))
  const api = await startApi(gateway, loaded.site.apiSocket, {
    path: file,
    text: () => readRegularFile(file).toString('utf8'),
    read: () => readAgain(file),
  })
  if ('kind' in api) {
    await gateway.stop(api.why)
    return failed(api.why, 'stop it first, or give this one another api.socket')
  }
  for (const listener of gateway.listeners)
    stderrLog.info(`listening for ${describeListener(listener.kind)} on ${listener.host}:${listener.port} (${listener.name})`)
  process.on('SIGHUP', () => background(reloadOnSignal(gateway, file)))
  notifySystemd('READY=1')
  const signal = await new Promise<string>((asked) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => asked(name))
  })
  notifySystemd('STOPPING=1')
  stopCounting()
  await api.close()
  await gateway.stop(signal)
  return exitCode.done
}

/** The pages, as a process of its own without the rights of the gateway: they hold no state and know the gateway by its API only. */
async function serveConsole(file: string): Promise<number> {
  const started = checkStartOptions(ownStartOptions())
  if (started.kind === 'refused') return failed(`the pages were not started: ${started.why}`, started.hint)
  const stopCounting = withoutDebugger(() => undefined)
  const loaded = loadSite(file)
  if (loaded.kind === 'problems') return failed(`${loaded.problems.length} mistakes in ${file}`, `breakwall check ${file}`)
  const { console: pages, apiSocket } = loaded.site
  if (pages === 'none') return failed('the configuration has no [console]', 'add one: address, name, certificate and key')
  const pair = readPair(pages)
  if ('kind' in pair) return failed(pair.why, pair.mend)
  const { host, port, name } = pages
  const { startConsole } = await import('./admin/console/index.ts')
  const running = await startConsole({ host, port, name, ...pair, ciphers: cipherSuites, apiSocket }).catch((why: unknown) => ({ why }))
  if ('why' in running) return failed(`the pages: ${String(running.why)}`, hintOfListening(running.why, host, port))
  stderrLog.info(`the pages are at https://${name}:${running.port}`)
  notifySystemd('READY=1')
  await new Promise<void>((asked) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked())
  })
  stopCounting()
  await running.close()
  return exitCode.done
}

function printProblems(file: string, problems: readonly Problem[], warnings: readonly Problem[], json: boolean): number {
  const code = problems.length === 0 ? exitCode.done : exitCode.refused
  if (json) {
    out(JSON.stringify({ file, problems, warnings }))
    return code
  }
  for (const problem of problems) out(formatProblem(problem))
  for (const { text, ...place } of warnings) out(formatProblem({ ...place, text: `warning: ${text}` }))
  const mistakes = `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}, nothing was changed`
  const warned = warnings.length === 0 ? '' : `, ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`
  out(problems.length === 0 ? `${file}: no mistakes${warned}` : `${mistakes}${warned}`)
  return code
}

function profileView(profile: Exclude<ReturnType<typeof loadProfile>, readonly Problem[]>): ProfileView {
  const { status } = profile
  return { ...profile, status: status === 'none' ? '' : `register ${status.register}, currents from ${status.currents}` }
}

const profileCommands: Pick<Offline, 'listProfiles' | 'showProfile' | 'checkProfile'> = {
  listProfiles(own, json) {
    const folders = [...own, profileFolder]
    const found = profileNames(folders).map((name) => ({ name, profile: loadProfile(folders, name) }))
    const rows = found.map(({ name, profile }) =>
      'name' in profile ? [name, profile.family, profile.interface] : [name, 'has mistakes', ''],
    )
    out(
      json
        ? JSON.stringify(rows.map(([name, family, reached]) => ({ name, family, interface: reached })))
        : table([['Profile', 'Family', 'Reached through'], ...rows]),
    )
    return exitCode.done
  },
  showProfile(name, own, json) {
    const folders = [...own, profileFolder]
    const known = profileNames(folders)
    if (!known.includes(name)) return failed(`there is no profile "${name}"`, `the profiles are ${known.join(', ')}`)
    const profile = loadProfile(folders, name)
    if (!('name' in profile)) return printProblems(name, profile, [], json)
    const view = profileView(profile)
    out(json ? JSON.stringify(view) : profileText(view))
    return exitCode.done
  },
  checkProfile(file, own, json) {
    const profile = loadProfileFile(resolve(file), [...own, dirname(resolve(file)), profileFolder])
    return printProblems(file, 'name' in profile ? [] : profile, [], json)
  },
}

const offline: Offline = {
  probe: (asked) => probe(asked, { out, error, failed }),
  check(file, json) {
    const loaded = checkSite(file, realClock)
    const problems = loaded.kind === 'problems' ? loaded.problems : []
    return printProblems(file, problems, loaded.warnings, json)
  },
  ...profileCommands,
  initVault(configuration) {
    const loaded = loadSite(configuration)
    if (loaded.kind === 'problems') return failed(`${configuration} has mistakes`, `breakwall check ${configuration}`)
    const made = initVault(loaded.site.vaultKeyFile, realRandom)
    if (made !== 'written') return failed(made.why, 'a key that is there already is never overwritten: the vault opens with it only')
    out(`${loaded.site.vaultKeyFile}\nkeep a copy of it in a safe place: without it the passwords are gone. The service's user must own it`)
    return exitCode.done
  },
  ...journalCommands({ out, error, failed }, verifiedText, realClock),
  serve,
  serveConsole,
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
