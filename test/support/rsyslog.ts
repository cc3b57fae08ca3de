import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

/** rsyslog on this machine, or as the test command has unpacked it; with the folder of its modules. */
type Program = { readonly path: string; readonly modules: string; readonly libraries: string }

export function findRsyslog(): Program | 'none' {
  const cache = join(import.meta.dirname, '../../node_modules/.cache/breakwall-receivers')
  for (const root of ['', cache]) {
    const path = [`${root}/usr/sbin/rsyslogd`, `${root}/sbin/rsyslogd`].find((candidate) => existsSync(candidate))
    const modules = globSync(`${root}/usr/lib/**/rsyslog/imrelp.so`)[0]
    if (path !== undefined && modules !== undefined)
      return { path, modules: modules.replace(/\/imrelp\.so$/, ''), libraries: modules.replace(/\/rsyslog\/imrelp\.so$/, '') }
  }
  return 'none'
}

/** Why a test against a real receiver does not run here; false when it does. Under CI it must. */
export function skipWithoutRsyslog(): string | false {
  if (findRsyslog() !== 'none') return false
  if (process.env['CI'] !== undefined)
    throw new Error('rsyslog is not here, and CI must have it: npm test fetches it where Debian packages can be had')
  process.stderr.write(
    '\nSKIPPED: rsyslog with RELP and TLS is not on this machine (npm test fetches it where Debian packages can be had)\n\n',
  )
  return 'rsyslog is not on this machine'
}

export type ReceiverKind = 'tls' | 'relp' | 'relp-tls' | 'tcp' | 'udp'
export type RsyslogSettings = {
  readonly folder: string
  readonly kind: ReceiverKind
  readonly port: number
  readonly files: { readonly ca: string; readonly certificate: string; readonly key: string }
  /** Write into a file system of so many kilobytes of its own. */
  readonly diskKb?: number
}

/** A foreign receiver that writes each message as it came, a line each, and says that it took it only when it is written. */
export class Rsyslog {
  readonly #settings: RsyslogSettings
  readonly #program: Program
  #process: ChildProcess | undefined

  constructor(settings: RsyslogSettings) {
    const program = findRsyslog()
    if (program === 'none') throw new Error('there is no rsyslog')
    this.#program = program
    this.#settings = settings
    mkdirSync(join(settings.folder, 'out'), { recursive: true })
  }

  async start(files = this.#settings.files): Promise<void> {
    const { folder, port, diskKb } = this.#settings
    const config = join(folder, 'rsyslog.conf')
    writeFileSync(config, configuration({ ...this.#settings, files }))
    const args = ['-n', '-C', '-f', config, '-i', join(folder, 'rsyslog.pid'), '-M', this.#program.modules]
    const env = { ...process.env, LD_LIBRARY_PATH: this.#program.libraries }
    const mounted = `mount -t tmpfs -o size=${diskKb ?? 0}k none ${join(folder, 'out')} && exec ${this.#program.path} ${args.join(' ')}`
    this.#process =
      diskKb === undefined
        ? spawn(this.#program.path, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
        : spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', mounted], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    this.#process.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
    for (let i = 0; i < 200; i++) {
      if (this.#process.exitCode !== null) throw new Error(`rsyslog ended: ${said}`)
      if (this.#settings.kind === 'udp' ? i > 20 : await answers(port)) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`rsyslog does not listen: ${said}`)
  }

  get port(): number {
    return this.#settings.port
  }
  get pid(): number {
    return this.#process?.pid ?? 0
  }
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }
  thaw(): void {
    this.#process?.kill('SIGCONT')
  }
  stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    const running = this.#process
    this.#process = undefined
    return new Promise((resolve) => {
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return resolve()
      running.once('exit', () => resolve())
      running.kill(signal)
      if (signal === 'SIGTERM') running.kill('SIGCONT')
    })
  }

  /** Where the receiver writes; within its own file system if it has one. */
  get file(): string {
    const { folder, diskKb } = this.#settings
    return diskKb === undefined ? join(folder, 'out/log') : `/proc/${this.pid}/root${join(folder, 'out/log')}`
  }

  /** The `seq` of every message, in the order in which it was written, duplicates included. */
  seqs(): number[] {
    if (!existsSync(this.file)) return []
    const lines = readFileSync(this.file, 'utf8').split('\n').slice(0, -1)
    return lines.flatMap((line) => {
      const found = /breakwall@32473 [^\]]*?\bseq="(\d+)"/.exec(line)?.[1]
      return found === undefined ? [] : [Number(found)]
    })
  }
  lines(): string[] {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8').split('\n').slice(0, -1) : []
  }
}

/** Whether file systems of one's own can be made here. */
export const canMount = (): boolean =>
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** Direct queues: a message is written before it is confirmed. What cannot be written is tried again for ever. */
function configuration({ folder, kind, port, files, diskKb }: RsyslogSettings): string {
  const { ca, certificate, key } = files
  const tls = `StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.Authmode="x509/certvalid"`
  const inputs: Readonly<Record<ReceiverKind, string>> = {
    tls: `module(load="imtcp" ${tls})\ninput(type="imtcp" port="${port}" address="127.0.0.1" ruleset="all")`,
    tcp: `module(load="imtcp")\ninput(type="imtcp" port="${port}" address="127.0.0.1" ruleset="all")`,
    udp: `module(load="imudp")\ninput(type="imudp" port="${port}" address="127.0.0.1" ruleset="all")`,
    relp: `module(load="imrelp")\ninput(type="imrelp" port="${port}" address="127.0.0.1" ruleset="all" maxDataSize="64k")`,
    'relp-tls': `module(load="imrelp")\ninput(type="imrelp" port="${port}" address="127.0.0.1" ruleset="all" maxDataSize="64k" tls="on" tls.caCert="${ca}" tls.myCert="${certificate}" tls.myPrivKey="${key}" tls.authMode="certvalid")`,
  }
  const file = join(folder, 'out/log')
  // omfile drops what does not fit on a full disk and says nothing: where that matters, a program writes, and is asked.
  const program = `${process.execPath} ${join(import.meta.dirname, 'write-confirmed.ts')} ${file}`
  const action =
    diskKb === undefined
      ? `action(type="omfile" file="${file}" template="raw" asyncWriting="off" flushOnTXEnd="on")`
      : `action(type="omprog" binary="${program}" template="raw" confirmMessages="on" confirmTimeout="10000" action.resumeRetryCount="-1" action.resumeInterval="1")`
  const omprog = diskKb === undefined ? '' : 'module(load="omprog")\n'
  return `${omprog}global(workDirectory="${folder}" maxMessageSize="64k" DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="${ca}" DefaultNetstreamDriverCertFile="${certificate}" DefaultNetstreamDriverKeyFile="${key}")
main_queue(queue.type="direct")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="all" queue.type="direct") {
  ${action}
}
${inputs[kind]}
`
}
