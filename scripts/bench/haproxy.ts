import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import type { BenchSite } from './site.ts'

export type Way = { readonly name: string; readonly port: number; readonly process: ChildProcess }

/** haproxy in front of the device, with the same certificates; `undefined` where it is not installed. */
export async function startHaproxy(site: BenchSite, device: number, bindOptions = ''): Promise<Way | undefined> {
  if (spawnSync('haproxy', ['-v']).status !== 0) return undefined
  const { ca, cert, key } = site.files('gateway')
  const port = await freePort()
  const pair = join(site.folder, 'haproxy.pem')
  writeFileSync(pair, `${readFileSync(cert, 'utf8')}\n${readFileSync(key, 'utf8')}`, { mode: 0o600 })
  const config = join(site.folder, 'haproxy.cfg')
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 2000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen modbus
  bind 127.0.0.1:${port} ssl crt ${pair} ca-file ${ca} verify required ${bindOptions}
  server device 127.0.0.1:${device}
`,
  )
  const child = spawn('haproxy', ['-f', config, '-db'], { stdio: ['ignore', 'inherit', 'ignore'] })
  for (;;) {
    const up = await site.connect(port, 'load').then(
      (socket) => socket.destroy(),
      () => undefined,
    )
    if (up !== undefined) return { name: 'haproxy', port, process: child }
    await new Promise((resume) => setTimeout(resume, 50))
  }
}

/** User and system time of a process so far, seconds. */
export function cpuSeconds(pid: number | undefined): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
