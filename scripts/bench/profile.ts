import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { started } from './child.ts'
import { read } from './load.ts'
import { createBenchSite } from './site.ts'

type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Where the gateway's time goes while eight clients of depth eight read through it: the busiest functions, by their own time. */
export async function profile(seconds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-profile-'))
  const { process: device, port } = await started('device.ts')
  const site = createBenchSite()
  try {
    const toml = `address = "127.0.0.1:${port}"\nconnections = 4\nin-flight = 16`
    const gateway = await site.start([{ name: 'eth', toml, breakers: [1] }], ['--cpu-prof', `--cpu-prof-dir=${folder}`])
    const clients = await Promise.all(Array.from({ length: 8 }, () => site.client(gateway.port, 'load')))
    const until = performance.now() + seconds * 1000
    await Promise.all(
      clients.map((client, i) => {
        let at = 0
        return client.saturate(8, () => read(1, 100 + 20 * i + (at++ % 8), 10), 0, until)
      }),
    )
    for (const client of clients) client.close()
    await gateway.stop()
    return table(folder)
  } finally {
    device.kill()
    site.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function table(folder: string): string {
  const files = readdirSync(folder).map((name) => join(folder, name))
  const [largest] = files.toSorted((a, b) => statSync(b).size - statSync(a).size) // the threads write their own, smaller ones
  if (largest === undefined) throw new Error('the gateway wrote no profile')
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(largest, 'utf8')) as CpuProfile
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const own = new Map<string, number>()
  samples.forEach((id, i) => {
    const frame = byId.get(id)
    if (frame === undefined) return
    const place = frame.url === '' ? '' : ` ${frame.url.split('/').slice(-2).join('/')}:${frame.lineNumber + 1}`
    const name = `${frame.functionName === '' ? '(anonymous)' : frame.functionName}${place}`
    own.set(name, (own.get(name) ?? 0) + (timeDeltas[i] ?? 0))
  })
  const all = [...own.values()].reduce((sum, us) => sum + us, 0)
  const rows = [...own].toSorted(([, a], [, b]) => b - a).slice(0, 40)
  return rows.map(([name, us]) => `${((100 * us) / all).toFixed(1).padStart(5)} %  ${name}\n`).join('')
}
