import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { cpuSeconds } from './haproxy.ts'
import type { Result } from './result.ts'
import { createBenchSite } from './site.ts'

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms))

/** What eleven sinks cost whose receivers all misbehave, each in its own way. */
export async function misbehavingSinks(seconds: number): Promise<Result[]> {
  const site = createBenchSite()
  const receivers = spawn(process.execPath, [join(import.meta.dirname, 'bad-receivers.ts'), join(site.folder, 'pki')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = await new Promise<string>((resolve) => receivers.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8'))))
  const known = [...said.trim().split(','), `tcp refuses=${await freePort()}`]
  const tables = known.map((line) => {
    const [name = '', port = ''] = line.split('=')
    const [kind = ''] = name.split(' ')
    const tls = kind.endsWith('tls') ? 'authority = "pki/site-ca.crt"\nserver-name = "localhost"\n' : ''
    return `\n[[sink]]\nname = "${name.replace(' ', '-')}"\nkind = "${kind}"\naddress = "127.0.0.1:${port}"\n${tls}`
  })
  const bus = { name: 'eth-0', toml: `address = "127.0.0.1:${await freePort()}"`, breakers: [1] }
  const gateway = await site.start([bus], [], tables.join(''))
  try {
    // The first pauses are short; what is measured is what goes on.
    await pause(10_000)
    const before = cpuSeconds(gateway.process.pid)
    await pause(seconds * 1000)
    const share = (100 * (cpuSeconds(gateway.process.pid) - before)) / seconds
    return [{ what: 'idle with 11 sinks that misbehave', value: share, unit: '% of a core', must: { atMost: 2 }, figures: { seconds } }]
  } finally {
    await gateway.stop()
    receivers.kill()
    site.close()
  }
}
