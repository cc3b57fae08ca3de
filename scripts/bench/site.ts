import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TLSSocket, connect } from 'node:tls'
import { passwords } from '../../hil/twins/breaker.ts'
import { openVault } from '../../src/identity/index.ts'
import { realClock, realRandom } from '../../src/platform/index.ts'
import { type LoadClient, loadClient } from './load.ts'

export type BenchBus = { readonly name: string; readonly toml: string; readonly breakers: readonly number[] }

/** A site in a folder that goes away, with certificates of its own, and a gateway on it as a process of its own. */
export interface BenchSite {
  readonly folder: string
  readonly files: (name: string) => { readonly ca: string; readonly cert: string; readonly key: string }
  /** Issues a client's certificate once and connects with it. */
  connect(port: number, name: string): Promise<TLSSocket>
  client(port: number, name: string): Promise<LoadClient>
  /** `fill` may put a journal into the state folder before the gateway starts. */
  start(
    buses: readonly BenchBus[],
    nodeOptions?: readonly string[],
    more?: string,
    fill?: (state: string) => Promise<void>,
  ): Promise<BenchGateway>
  /** The pages on this port, beside a gateway that was started with their table. Resolves with the way to end them. */
  startPages(): Promise<() => void>
  close(): void
}

export interface BenchGateway {
  readonly process: ChildProcess
  readonly port: number
  /** Of its API. */
  readonly socket: string
  /** The command line, as a person would call it. */
  run(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/main.js')
/** What the service has: the gateway is measured as it runs on a site. */
const serviceOptions = / (--\S+)/g

function asTheService(): string[] {
  const start =
    readFileSync(join(root, 'systemd/breakwall.service'), 'utf8')
      .split('\n')
      .find((text) => text.startsWith('ExecStart=')) ?? ''
  return [...(start.split(' serve')[0]?.matchAll(serviceOptions) ?? [])].map(([, option = '']) => option)
}

/** Made once in a run. */
function build(): void {
  const made = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  if (made.status !== 0) throw new Error('npm run build failed')
}
let built = false

export function createBenchSite(): BenchSite {
  if (!built) build()
  built = true
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-bench-'))
  const pki = join(folder, 'pki')
  const authority = (...args: readonly string[]): void => {
    const done = spawnSync(process.execPath, [main, ...args, '--dir', pki], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`breakwall ${args.join(' ')}: ${done.stderr}`)
  }
  authority('ca', 'init', '--without-passphrase')
  authority('cert', 'issue', 'console', '--host', 'localhost')
  authority('cert', 'issue', 'gateway', '--host', 'localhost', '127.0.0.1')
  const issued = new Set<string>()
  const files: BenchSite['files'] = (name) => {
    if (!issued.has(name) && name !== 'gateway') authority('cert', 'issue', name, '--role', 'Operator')
    issued.add(name)
    return { ca: join(pki, 'site-ca.crt'), cert: join(pki, `${name}.crt`), key: join(pki, `${name}.key`) }
  }
  const tls = (port: number, name: string): Promise<TLSSocket> => {
    const { ca, cert, key } = files(name)
    return new Promise((resolve, reject) => {
      const pem = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ...pem })
      socket.setNoDelay(true)
      socket.once('secureConnect', () => resolve(socket))
      socket.once('error', reject)
    })
  }
  return {
    folder,
    files,
    connect: tls,
    client: async (port, name) => loadClient(await tls(port, name)),
    start: (buses, nodeOptions = [], more = '', fill = () => Promise.resolve()) => startGateway(folder, buses, nodeOptions, more, fill),
    startPages: () => startPages(folder),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function startGateway(
  folder: string,
  buses: readonly BenchBus[],
  nodeOptions: readonly string[],
  more: string,
  fill: (state: string) => Promise<void>,
): Promise<BenchGateway> {
  const config = join(folder, 'breakwall.toml')
  const breakers = buses.flatMap(({ name, breakers: units }) => units.map((unit) => ({ unit, name })))
  const state = mkdtempSync(join(folder, 'state-'))
  const socket = join(state, 'api.sock')
  writeFileSync(config, `${configuration(state, socket, buses, breakers)}${more}`)
  const vault = openVault({ file: join(state, 'vault'), keyFile: join(folder, 'vault.key'), credential: undefined }, realClock, realRandom)
  for (const { unit } of breakers)
    for (const [level, word] of Object.entries(passwords)) {
      const fresh = { breaker: `B${unit}`, level, password: word, rule: 'four-characters' } as const
      await vault.set(fresh, () => Promise.resolve(true))
    }
  await fill(state)
  const child = spawn(process.execPath, [...asTheService(), ...nodeOptions, main, 'serve', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      const found = /listening .*:(\d+) /.exec(said)
      if (found !== null) resolve(Number(found[1]))
    })
    child.on('exit', () => reject(new Error(said)))
  })
  return {
    process: child,
    port,
    socket,
    run: (...args) =>
      new Promise((resolve, reject) => {
        const asked = spawn(process.execPath, [main, ...args, '--api', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
        let said = ''
        asked.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
        asked.on('exit', (code) => (code === 0 ? resolve(said) : reject(new Error(`breakwall ${args.join(' ')}: exit ${code}`))))
      }),
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit')
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

/** With the least share of the machine, as its service has it. */
function startPages(folder: string): Promise<() => void> {
  const child = spawn('nice', ['-n', '10', process.execPath, main, 'console', '--config', join(folder, 'breakwall.toml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('the pages are at')) resolve(() => child.kill())
    })
    child.on('exit', () => reject(new Error(said)))
  })
}

const configuration = (
  state: string,
  socket: string,
  buses: readonly BenchBus[],
  breakers: readonly { unit: number; name: string }[],
): string => `[site]
name = "bench"
[state]
directory = "${state}"
[api]
socket = "${socket}"
[vault]
file = "${state}/vault"
key = "vault.key"
[[listener]]
name = "scada"
address = "127.0.0.1:0"
certificate = "pki/gateway.crt"
key = "pki/gateway.key"
clients = "pki/site-ca.crt"
in-flight = 16
handshakes-per-second = 10000
[[access]]
from = "127.0.0.0/8"
level = "control"
${buses.map(({ name, toml }) => `[[bus]]\nname = "${name}"\n${toml}\n`).join('')}
${breakers.map(({ unit, name }) => `[[breaker]]\nname = "B${unit}"\nunit = ${unit}\nbus = "${name}"\nprofile = "nsx-bscm"\n`).join('')}
[roles.Operator]
may = ["monitor", "control"]
[people]
without-login = ["look", "events", "lock", "unlock"]
`
