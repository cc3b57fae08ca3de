#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type Offline, exitCode, findSocket, runCli } from './admin/cli/index.ts'
import { startApi } from './admin/api/index.ts'
import { formatProblem, loadSite } from './config/index.ts'
import { startGateway } from './gateway/index.ts'
import { type Issued, type PkiFailure, initAuthority, issueCertificate } from './identity/index.ts'
import { verifyJournal } from './journal/index.ts'
import { notifySystemd, realClock, realRandom, stderrLog } from './platform/index.ts'

const checkout = resolve(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string }
const out = (text: string): void => void process.stdout.write(`${text}\n`)
const error = (text: string): void => void process.stderr.write(`${text}\n`)

function failed(why: string, hint: string): number {
  error(`breakwall: error: ${why}\nbreakwall: hint: ${hint}`)
  return exitCode.refused
}

/** Runs until a signal asks it to stop; systemd is told when the doors are open. */
async function serve(file: string): Promise<number> {
  const loaded = loadSite(file)
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) error(formatProblem(problem))
    return failed(`${loaded.problems.length} mistakes in ${file}, the gateway was not started`, `breakwall check ${file}`)
  }
  const ports = { clock: realClock, random: realRandom, log: stderrLog, hostName: hostname(), pid: process.pid, version }
  const gateway = await startGateway(loaded.site, ports)
  if ('kind' in gateway) return failed(gateway.why, gateway.hint)
  const api = await startApi(gateway, loaded.site.apiSocket)
  if ('kind' in api) {
    await gateway.stop(api.why)
    return failed(api.why, 'stop it first, or give this one another api.socket')
  }
  for (const listener of gateway.listeners)
    stderrLog.info(`listening for Modbus/TCP Security on ${listener.host}:${listener.port} (${listener.name})`)
  notifySystemd('READY=1')
  const signal = await new Promise<string>((asked) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => asked(name))
  })
  notifySystemd('STOPPING=1')
  await api.close()
  await gateway.stop(signal)
  return exitCode.done
}

function printIssued(issued: Issued | PkiFailure, json: boolean): number {
  if ('kind' in issued) return failed(issued.why, issued.hint)
  out(json ? JSON.stringify(issued) : `${issued.certificateFile}\n${issued.keyFile}\nvalid until ${issued.expires}`)
  return exitCode.done
}

const offline: Offline = {
  check(file, json) {
    const loaded = loadSite(file)
    const problems = loaded.kind === 'problems' ? loaded.problems : []
    if (json) out(JSON.stringify({ file, problems }))
    else for (const problem of problems) out(formatProblem(problem))
    if (!json)
      out(
        problems.length === 0
          ? `${file}: no mistakes`
          : `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}, nothing was changed`,
      )
    return problems.length === 0 ? exitCode.done : exitCode.refused
  },
  verify(file, anchor, json) {
    const verified = verifyJournal(file, anchor)
    if (json) out(JSON.stringify(verified))
    else if (verified.kind === 'whole') out(`${file}: ${verified.records} events, the chain is whole, head ${verified.head.hash}`)
    else if (verified.kind === 'broken')
      error(
        `breakwall: error: ${file}: event ${verified.seq} is wrong: ${verified.what}\nbreakwall: hint: keep this file as evidence; events before ${verified.seq} hold`,
      )
    else error(`breakwall: error: ${file}: ${verified.what}\nbreakwall: hint: name the journal with --db FILE`)
    return verified.kind === 'whole' ? exitCode.done : exitCode.refused
  },
  serve,
  initAuthority: (folder, site, json) => printIssued(initAuthority(folder, site, realClock, realRandom), json),
  issueCertificate(folder, name, purpose, days, json) {
    if (!Number.isInteger(days) || days < 1 || days > 3650)
      return failed(`"${days}" is not a number of days`, 'write a whole number from 1 to 3650')
    const asked =
      purpose === 'none'
        ? ({ kind: 'client-without-role' } as const)
        : 'role' in purpose
          ? ({ kind: 'client', role: purpose.role } as const)
          : ({ kind: 'server', hosts: purpose.hosts } as const)
    return printIssued(issueCertificate(folder, name, asked, days, realClock, realRandom), json)
  },
  demo(args) {
    const script = join(checkout, 'hil/demo/operate.ts')
    if (!existsSync(script))
      return Promise.resolve(failed('the demo is not part of an installed gateway', 'run it in a checkout: npm start'))
    return new Promise((done) =>
      spawn(process.execPath, [script, ...args], { stdio: 'inherit' }).on('exit', (code) => done(code ?? exitCode.refused)),
    )
  },
}

process.exitCode = await runCli(process.argv.slice(2), offline, {
  out,
  error,
  version,
  findSocket: (typed) => findSocket(typed, process.env['BREAKWALL_API'], checkout),
})
