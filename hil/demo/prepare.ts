import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { breakers } from '../rig/switchboard.ts'
import { passwords } from '../twins/breaker.ts'
import { getJson, postJson } from './api.ts'

/** The command line of this checkout, as a person would call it. */
export const breakwall = join(import.meta.dirname, '../../src/main.ts')

export type DemoPaths = {
  readonly state: string
  readonly config: string
  readonly pki: string
  readonly api: string
  readonly json: string
  readonly frameLog: string
}

export function demoPaths(state: string): DemoPaths {
  return {
    state,
    config: join(state, 'breakwall.toml'),
    pki: join(state, 'pki'),
    api: join(state, 'api.sock'),
    json: join(state, 'demo.json'),
    frameLog: join(state, 'frames.jsonl'),
  }
}

const clients = [
  { name: 'scada-1', role: 'Operator' },
  { name: 'viewer-1', role: 'Viewer' },
  { name: 'engineer-1', role: 'Engineer' },
] as const

/** Makes authority and certificates on the first start, by the same commands that an engineer types; later starts find them there. */
export function preparePki(paths: DemoPaths): void {
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  const run = (...args: string[]): void => {
    const done = spawnSync(process.execPath, [breakwall, ...args, '--dir', paths.pki], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`breakwall ${args.join(' ')}: ${done.stderr}`)
  }
  if (!existsSync(join(paths.pki, 'site-ca.key'))) run('ca', 'init', '--site', 'Breakwall demo', '--without-passphrase')
  if (!existsSync(join(paths.pki, 'console.key'))) run('cert', 'issue', 'console', '--host', 'localhost')
  if (!existsSync(join(paths.pki, 'gateway.key'))) run('cert', 'issue', 'gateway', '--host', 'localhost', '127.0.0.1')
  for (const { name, role } of clients) if (!existsSync(join(paths.pki, `${name}.key`))) run('cert', 'issue', name, '--role', role)
}

export type Places = {
  readonly tlsPort: number
  readonly serialPorts: readonly [string, string]
  readonly tcpPorts: readonly [number, number]
  readonly syslogPort: number
  /** Where the pages are; left out: there are none. */
  readonly pagesPort?: number
  /** What a user of this machine may do without a log-in; a real site leaves it as it is. */
  readonly withoutLogin?: readonly string[]
}

/** Gives the gateway the passwords of the virtual breakers, as a person does by `breakwall vault set`; later starts find them there. */
export async function fillVault(paths: DemoPaths): Promise<void> {
  const there = ((await getJson(paths.api, '/v1/vault')) as { entries: readonly { breaker: string }[] } | undefined)?.entries ?? []
  for (const { name, profile } of breakers) {
    if (profile === 'mtz-micrologic-active' || profile === 'ife' || there.some(({ breaker }) => breaker === name)) continue
    for (const [level, password] of Object.entries(passwords))
      await postJson(paths.api, '/v1/vault/set', { breaker: name, level, password })
  }
}

/** The demo's configuration: the same file that a real site has, with this run's port names in it. */
export function writeConfiguration(paths: DemoPaths, places: Places): void {
  const breakerTables = breakers.map(
    ({ name, label, unit, bus, address, profile }) =>
      `[[breaker]]\nname = "${name}"\nlabel = "${label}"\nunit = ${unit}\nbus = "${bus}"\naddress = ${address}\nprofile = "${profile}"\n`,
  )
  writeFileSync(
    paths.config,
    `# Written by the demo at each start. config/breakwall.toml is the annotated one for a real site.
[site]
name = "demo switchboard"

[state]
directory = "state"

[api]
socket = "api.sock"

[[listener]]
name = "scada"
address = "127.0.0.1:${places.tlsPort}"
certificate = "pki/gateway.crt"
key = "pki/gateway.key"
clients = "pki/site-ca.crt"

[[access]]
from = "127.0.0.1"
level = "control"

[[bus]]
name = "rs485-1"
port = "${places.serialPorts[0]}"
baud = 19200
format = "8E1"
reply-timeout = "600ms"

[[bus]]
name = "rs485-2"
port = "${places.serialPorts[1]}"
baud = 19200
format = "8E1"
reply-timeout = "600ms"

[[bus]]
name = "eth-1"
address = "127.0.0.1:${places.tcpPorts[0]}"

[[bus]]
name = "eth-2"
address = "127.0.0.1:${places.tcpPorts[1]}"

${breakerTables.join('\n')}
[roles.Operator]
may = ["monitor", "control"]

[roles.Engineer]
may = ["monitor", "protection-setting", "other-setting", "clock", "diagnostic"]

[roles.Viewer]
may = ["monitor"]

[roles.FieldTech]
may = ["monitor"]

[roles.Auditor]
may = ["monitor"]

[roles.SecurityAdmin]
may = []
${places.pagesPort === undefined ? '' : pagesTable(places.pagesPort)}${places.withoutLogin === undefined ? '' : `\n[people]\nwithout-login = ${JSON.stringify(places.withoutLogin)}\n`}
[[sink]]
name = "demo-receiver"
kind = "udp"
address = "127.0.0.1:${places.syslogPort}"
`,
    { mode: 0o600 },
  )
}

const pagesTable = (port: number): string => `
[console]
address = "127.0.0.1:${port}"
name = "localhost"
user = ${JSON.stringify(userInfo().username)}
certificate = "pki/console.crt"
key = "pki/console.key"
`

/** What anybody needs to attach a client of their own. Paths are relative to the file. */
export function writeDemoJson(paths: DemoPaths, tlsPort: number, syslogPort: number): void {
  const demo = {
    modbusTls: { host: '127.0.0.1', port: tlsPort },
    ca: 'pki/site-ca.crt',
    clients: clients.map(({ name, role }) => ({ role, cert: `pki/${name}.crt`, key: `pki/${name}.key` })),
    breakers: breakers.map(({ name, unit, family, bus }) => ({ name, unit, family, bus })),
    api: 'api.sock',
    syslog: { kind: 'udp', host: '127.0.0.1', port: syslogPort },
    journal: 'state/journal.db',
    frameLog: 'frames.jsonl',
  }
  writeFileSync(paths.json, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
}
