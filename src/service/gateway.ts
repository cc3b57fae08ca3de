import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describeListener, startApi } from '../admin/api/index.ts'
import { checkSite } from '../admin/offline/index.ts'
import { formatProblem, loadSite } from '../config/index.ts'
import { event } from '../events/index.ts'
import { startGateway } from '../gateway/index.ts'
import {
  background,
  checkStartOptions,
  clockIsSynchronised,
  forbidCoreDumps,
  notifySystemd,
  ownStartOptions,
  readRegularFile,
  realClock,
  realRandom,
  stderrLog,
} from '../platform/index.ts'
import { withoutDebugger } from './debugger.ts'
import { type Ended, refused } from './ended.ts'

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

/** Runs until a signal asks it to stop; systemd is told when the listeners are open. */
export async function runGateway(file: string, version: string): Promise<Ended> {
  const started = checkStartOptions(ownStartOptions())
  if (started.kind === 'refused') return refused(`the gateway was not started: ${started.why}`, started.hint)
  let record: (count: number) => void = () => undefined
  const stopCounting = withoutDebugger((count) => record(count))
  const loaded = checkSite(file, realClock, 'gateway')
  if (loaded.kind === 'problems')
    return refused(`${loaded.problems.length} mistakes in ${file}, the gateway was not started`, `breakwall check ${file}`, loaded.problems)
  for (const warning of loaded.warnings) stderrLog.warn(formatProblem(warning))
  if (!forbidCoreDumps()) stderrLog.warn('this system does not keep the memory of the gateway out of core dumps: passwords could be in one')
  const here = {
    hostName: hostname(),
    pid: process.pid,
    version,
    vaultCredential: credential('vault.key'),
    peopleCredential: credential('people.key'),
    authorityCredential: credential('ca.passphrase'),
    journalCredential: credential('journal.key'),
    clockSynchronised: clockIsSynchronised,
  }
  const ports = { clock: realClock, random: realRandom, log: stderrLog, ...here }
  const gateway = await startGateway(loaded.site, ports)
  if ('kind' in gateway) return refused(gateway.why, gateway.hint)
  record = (count) => gateway.journal.note(event('debugger-refused', { part: 'gateway', count }))
  const api = await startApi(gateway, loaded.site.apiSocket, {
    path: file,
    text: () => readRegularFile(file).toString('utf8'),
    read: () => readAgain(file),
  })
  if ('kind' in api) {
    await gateway.stop(api.why)
    return refused(api.why, 'stop it first, or give this one another api.socket')
  }
  for (const listener of gateway.listeners)
    stderrLog.info(`listening for ${describeListener(listener.kind)} on ${listener.host}:${listener.port} (${listener.name})`)
  process.on('SIGHUP', () => background(reloadOnSignal(gateway, file)))
  // Its usual effect is an end without a word: a log rotation for another program must not stop the gateway.
  process.on('SIGUSR2', () => stderrLog.warn('somebody sent SIGUSR2, which means nothing here'))
  notifySystemd('READY=1')
  const signal = await new Promise<string>((asked) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => asked(name))
  })
  notifySystemd('STOPPING=1')
  stopCounting()
  await api.close()
  await gateway.stop(signal)
  return { kind: 'stopped' }
}
