import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as tcpConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TLSSocket, connect } from 'node:tls'
import { type Api, startApi } from '../../src/admin/api/index.ts'
import { loadSite } from '../../src/config/index.ts'
import { type Gateway, type Ports, startGateway } from '../../src/gateway/index.ts'
import { openVault } from '../../src/identity/index.ts'
import { put } from './vaults.ts'
import { realClock, realRandom } from '../../src/platform/index.ts'
import { type DemoPaths, demoPaths, writeConfiguration } from '../../hil/demo/prepare.ts'
import { type Received, startReceiver } from '../../hil/demo/receiver.ts'
import { connectScada } from '../../hil/demo/scada.ts'
import { type Switchboard, breakers, startSwitchboard } from '../../hil/rig/switchboard.ts'
import { passwords } from '../../hil/twins/breaker.ts'
import { issue as issueOne, makeAuthority } from './pki.ts'
import { noteSeen } from './seen-events.ts'
import { breakwallService } from './service.ts'

export type Running = { readonly gateway: Gateway; readonly port: number; stop(): Promise<void> }

export interface World {
  readonly paths: DemoPaths
  readonly board: Switchboard
  readonly received: Received[]
  /** Resolves when the receiver has a message for which `want` holds. */
  heard(want: (message: Received) => boolean): Promise<Received>
  /** A gateway in this process, on the world's configuration. `edit` changes the file first. */
  start(edit?: (toml: string) => string, ports?: Partial<Ports>): Promise<Running>
  /** A gateway as a process of its own, ready when it listens. */
  spawn(): Promise<{ process: ChildProcess; port: number }>
  /** A SCADA client that shares no code with the gateway. */
  scada(port: number, name?: string): ReturnType<typeof connectScada>
  /** A bare TLS connection, for frames that no client would send. */
  tls(port: number, name?: string): Promise<TLSSocket>
  issue(name: string, role: string): Promise<void>
  frames(): { bus: string; unit: number; hex: string }[]
  close(): Promise<void>
}

/** A virtual switchboard on a real pseudo-terminal, certificates, a syslog receiver, and a folder that goes away. */
export async function createWorld(): Promise<World> {
  const paths = demoPaths(mkdtempSync(join(tmpdir(), 'breakwall-')))
  await makeAuthority(paths.pki)
  await issueOne(paths.pki, 'gateway', { kind: 'server', hosts: ['localhost', '127.0.0.1'] })
  const issue = (name: string, role: string): Promise<void> =>
    issueOne(paths.pki, name, role === '' ? { kind: 'client-without-role' } : { kind: 'client', role })
  await issue('scada-1', 'Operator')
  await issue('viewer-1', 'Viewer')
  await issue('engineer-1', 'Engineer')
  await fillVault(paths)
  const board = await startSwitchboard({ frameLog: paths.frameLog, moving: false })
  const received: Received[] = []
  const waiting = new Set<(message: Received) => void>()
  const receiver = await startReceiver((message) => {
    if (message === 'not-rfc5424') throw new Error('the receiver got something that is not RFC 5424')
    received.push(message)
    for (const tell of waiting) tell(message)
  })
  const running = new Set<{ stop(): Promise<void> }>()
  const children = new Set<ChildProcess>()
  const configure = (tlsPort: number): void =>
    writeConfiguration(paths, {
      tlsPort,
      serialPorts: [board.serial.path, board.serial2.path],
      tcpPorts: [board.tcp.port, board.tcp2.port],
      syslogPort: receiver.port,
      // Tests of other things than log-ins do without one.
      withoutLogin: ['look', 'events', 'lock', 'unlock', 'capture', 'vault'],
    })
  const credentials = (name: string) => ({
    ca: join(paths.pki, 'site-ca.crt'),
    cert: join(paths.pki, `${name}.crt`),
    key: join(paths.pki, `${name}.key`),
  })
  configure(0)

  return {
    paths,
    board,
    received,
    issue,
    heard: (want) =>
      new Promise((resolve) => {
        const there = received.find(want)
        if (there !== undefined) return resolve(there)
        const tell = (message: Received): void => {
          if (!want(message)) return
          waiting.delete(tell)
          resolve(message)
        }
        waiting.add(tell)
      }),
    async start(edit, ports = {}) {
      if (edit !== undefined) {
        const { writeFileSync } = await import('node:fs')
        writeFileSync(paths.config, edit(readFileSync(paths.config, 'utf8')))
      }
      const loaded = loadSite(paths.config)
      if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
      const log = { info: () => undefined, warn: () => undefined }
      const here = {
        log,
        hostName: 'test',
        pid: 1,
        version: '1.2.3',
        vaultCredential: undefined,
        peopleCredential: undefined,
        authorityCredential: undefined,
        journalCredential: undefined,
        clockSynchronised: () => 'unknown' as const,
      }
      const gateway = await startGateway(loaded.site, { clock: realClock, random: realRandom, ...here, ...ports })
      if ('kind' in gateway) throw new Error(gateway.why)
      const api = (await startApi(gateway, loaded.site.apiSocket, {
        path: paths.config,
        text: () => readFileSync(paths.config, 'utf8'),
        read() {
          const again = loadSite(paths.config)
          return again.kind === 'site' ? again : { kind: 'mistakes', mistakes: again.problems.map(({ text }) => text) }
        },
      })) as Api
      const one = {
        gateway,
        port: gateway.listeners[0]?.port ?? 0,
        async stop() {
          running.delete(one)
          await api.close()
          await gateway.stop('test')
        },
      }
      running.add(one)
      return one
    },
    async spawn() {
      const child = spawn(...breakwallService('serve', '--config', paths.config), { stdio: ['ignore', 'ignore', 'pipe'] })
      children.add(child)
      const port = await new Promise<number>((resolve, reject) => {
        let said = ''
        child.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString('utf8')
          const found = /listening .*:(\d+) /.exec(said)
          if (found !== null) resolve(Number(found[1]))
        })
        child.on('exit', () => reject(new Error(said)))
      })
      return { process: child, port }
    },
    scada: (port, name = 'scada-1') => connectScada({ host: '127.0.0.1', port, ...credentials(name) }),
    tls: (port, name = 'scada-1') =>
      new Promise((resolve, reject) => {
        const files = credentials(name)
        const socket = connect({
          host: '127.0.0.1',
          port,
          servername: 'localhost',
          ca: readFileSync(files.ca),
          cert: readFileSync(files.cert),
          key: readFileSync(files.key),
        })
        socket.once('secureConnect', () => resolve(socket))
        socket.once('error', reject)
      }),
    frames: () => {
      try {
        return readFileSync(paths.frameLog, 'utf8')
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as { bus: string; unit: number; hex: string })
      } catch {
        return []
      }
    },
    async close() {
      for (const one of running) await one.stop()
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await board.close()
      noteSeen(
        join(paths.state, 'state'),
        received.map(({ id }) => id),
      )
      await receiver.close()
      rmSync(paths.state, { recursive: true, force: true })
    },
  }
}

/** The passwords of the virtual breakers in the vault of the world's gateway. */
async function fillVault(paths: DemoPaths): Promise<void> {
  const files = { file: join(paths.state, 'state', 'vault'), keyFile: join(paths.state, 'vault.key'), credential: undefined }
  const vault = openVault(files, realClock, realRandom)
  for (const { name } of breakers) for (const [level, password] of Object.entries(passwords)) await put(vault, name, level, password)
}

/** The 20 registers of a command, as a SCADA system writes them to 8000. */
export function commandRegisters(code: number, destination: number): number[] {
  return [code, 10, destination, 1, 0, 0, ...Array<number>(10).fill(0), 0, 8019, 8020, 8021]
}

/** Sends bytes and resolves with the next bytes that come back, or `closed`. */
export function exchange(socket: TLSSocket, hex: string): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('hex')))
    socket.once('close', () => resolve('closed'))
    socket.once('error', () => resolve('closed'))
    socket.write(Buffer.from(hex, 'hex'))
  })
}

/** Sends bytes to a TCP port in the clear and resolves when the other side has closed. */
export function shout(port: number, bytes: Buffer, localAddress = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    const socket = tcpConnect({ port, host: '127.0.0.1', localAddress })
    socket.on('connect', () => socket.write(bytes))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve('closed'))
    socket.resume()
  })
}

/** Awaits a call that must fail with a Modbus exception; returns its code. */
export async function exceptionOf(call: Promise<unknown>): Promise<number> {
  try {
    await call
  } catch (error) {
    if (error instanceof Error && 'modbusCode' in error) return Number(error.modbusCode)
    throw error
  }
  throw new Error('no exception came')
}
