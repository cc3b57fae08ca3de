import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startSwitchboard } from '../rig/switchboard.ts'
import { getJson } from './api.ts'
import { createServer } from 'node:net'
import { keepSetUpCode } from './people.ts'
import { type DemoPaths, breakwall, demoPaths, fillVault, preparePki, writeConfiguration, writeDemoJson } from './prepare.ts'
import { startReceiver } from './receiver.ts'
import { type Polls, startPolling } from './scada.ts'
import { type Status, type View, liveView, plainView, tryNext } from './view.ts'

const { values: options } = parseArgs({
  options: {
    plain: { type: 'boolean', default: false },
    port: { type: 'string', default: '8802' },
    pages: { type: 'string', default: '8443' },
    state: { type: 'string', default: '.demo' },
  },
})
const out = (text: string): void => void process.stdout.write(`${text}\n`)
const title = 'Breakwall demo switchboard · everything on this machine, nothing real is switched'

/** Everything in one terminal: virtual breakers, the gateway as its own process, a SCADA client, a syslog receiver. */
async function run(): Promise<number> {
  const paths = demoPaths(resolve(import.meta.dirname, '../..', options.state))
  const live = process.stdout.isTTY && !options.plain
  out(title)
  preparePki(paths)
  const board = await startSwitchboard({ frameLog: paths.frameLog, moving: true })
  const views: View[] = []
  let heardTheEnd: () => void = () => undefined
  const lastWord = new Promise<void>((heard) => (heardTheEnd = heard))
  const receiver = await startReceiver((message) => {
    if (message === 'not-rfc5424') return
    if (message.id === 'gateway-stopped') heardTheEnd()
    for (const view of views) view.event(message)
  })
  const pagesPort = await freePort(Number(options.pages))
  writeConfiguration(paths, {
    pagesPort,
    // A real site leaves this as it is: here the passwords of virtual breakers go in before there is anybody.
    withoutLogin: ['look', 'events', 'lock', 'vault'],
    tlsPort: Number(options.port),
    serialPorts: [board.serial.path, board.serial2.path],
    tcpPorts: [board.tcp.port, board.tcp2.port],
    syslogPort: receiver.port,
  })
  const where = { words: `pages  https://localhost:${pagesPort}` }
  const view = live
    ? liveView(
        process.stdout,
        () => [title, where.words],
        () => readStatus(paths),
      )
    : plainView(out)
  views.push(view)

  let pages: ChildProcess | undefined
  const gateway = spawn(process.execPath, [breakwall, 'serve', '--config', paths.config], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  gateway.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString('utf8')))
  const gone = new Promise<number>((done) => gateway.on('exit', (code) => done(code ?? 1)))

  const status = await Promise.race([until(() => readStatus(paths)), gone])
  const polls: Polls[] = []
  if (typeof status !== 'number') {
    const tlsPort = Number(status.listeners[0]?.address.split(':').at(-1))
    const code = /code ([a-z0-9-]{14})/.exec(complaints)?.[1]
    keepSetUpCode(paths.state, code)
    await fillVault(paths)
    pages = spawn(process.execPath, [breakwall, 'console', '--config', paths.config], { stdio: ['ignore', 'ignore', 'pipe'] })
    if (!(await opened(pages))) where.words = `pages  could not be opened: is another program listening on ${pagesPort}?`
    else if (code !== undefined) where.words += ` · set-up code ${code} · the certificate is the demo's own`
    if (!live) out(where.words)
    writeDemoJson(paths, tlsPort, receiver.port)
    const pki = (name: string): string => join(paths.pki, name)
    const units = status.breakers.filter((breaker) => breaker.family !== 'IFE').map((breaker) => breaker.unit)
    const first = (): void => view.say(`first poll answered; SCADA and two screens read ${units.length} breakers once a second`)
    // Two screens beside SCADA: what they read together goes over the line once.
    for (const [i, name] of ['scada-1', 'viewer-1', 'viewer-1'].entries()) {
      const scada = { host: '127.0.0.1', port: tlsPort, ca: pki('site-ca.crt'), cert: pki(`${name}.crt`), key: pki(`${name}.key`) }
      polls.push(startPolling(scada, units, i === 0 ? first : () => undefined))
    }
    if (!live) for (const line of tryNext) out(line)
    await Promise.race([asked(), gone])
  }
  for (const poll of polls) poll.close()
  pages?.kill()
  const code = await stopGateway(gateway, gone)
  // Its last event may still be on its way to the receiver, which is this program; a datagram may also be lost.
  if (code === 0) await Promise.race([lastWord, new Promise((resume) => setTimeout(resume, 2000))])
  view.close()
  await board.close()
  await receiver.close()
  if (code !== 0) process.stderr.write(`${complaints}breakwall: hint: the demo takes another port by npm start -- --port 8803\n`)
  out(code === 0 ? 'stopped in order' : `the gateway ended with code ${code}`)
  return code
}

/** Whether the pages have opened their port; they say so, or end. */
const opened = (pages: ChildProcess): Promise<boolean> =>
  new Promise((done) => {
    let said = ''
    pages.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('the pages are at')) done(true)
    })
    pages.on('exit', () => done(false))
  })

/** The port that was asked for, or the next free one; 0: any. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.on('error', () => resolve(freePort(wanted + 1)))
    probe.listen(wanted, '127.0.0.1', () => {
      const bound = probe.address()
      probe.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : wanted))
    })
  })
}

async function readStatus(paths: DemoPaths): Promise<Status | 'not-yet'> {
  return ((await getJson(paths.api, '/v1/status')) as Status | undefined) ?? 'not-yet'
}

/** Asks again until there is an answer. */
async function until(ask: () => Promise<Status | 'not-yet'>): Promise<Status> {
  for (;;) {
    const answer = await ask()
    if (answer !== 'not-yet') return answer
    await new Promise((resume) => setTimeout(resume, 50))
  }
}

const asked = (): Promise<number> =>
  new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done(0))
  })

async function stopGateway(gateway: ChildProcess, gone: Promise<number>): Promise<number> {
  if (gateway.exitCode === null) gateway.kill('SIGTERM')
  return gone
}

// Everything is closed by now; a request that the SCADA client never got an answer to would hold the process for its time-out.
process.exit(await run())
