import { spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { startTrueLine } from '../../hil/rig/true-line.ts'
import { started } from './child.ts'
import { freePort } from './free-port.ts'
import { percentile, read } from './load.ts'
import type { Result } from './result.ts'
import { createBenchSite } from './site.ts'

const PHASES = 6
const POLL_MS = 50

/** A poller of one breaker on a serial line, and of one on Ethernet, with the pages flooded and without, in turns. */
export async function floodedPages(seconds: number): Promise<readonly Result[]> {
  const rig = await startTrueLine({ baud: 19_200, deviceDelayMs: 5, addresses: [1] })
  const serial = await flooded('a serial line', `port = "${rig.path}"\nbaud = 19200\necho = "no"`, seconds)
  await rig.close()
  const device = await started('device.ts')
  const ethernet = await flooded('Ethernet', `address = "127.0.0.1:${device.port}"`, seconds)
  device.process.kill()
  return [serial, ethernet]
}

async function flooded(bus: string, toml: string, seconds: number): Promise<Result> {
  const site = createBenchSite()
  const port = await freePort()
  const more = `[console]\naddress = "127.0.0.1:${port}"\nname = "localhost"\nuser = ${JSON.stringify(userInfo().username)}\ncertificate = "pki/console.crt"\nkey = "pki/console.key"\n`
  const gateway = await site.start([{ name: 'bus', toml, breakers: [1] }], [], more)
  const stopPages = await site.startPages()
  const client = await site.client(gateway.port, 'poller')
  const calm: number[] = []
  const loaded: number[] = []
  const answers: string[] = []
  const poll = async (ms: number, into: number[]): Promise<void> => {
    const end = performance.now() + ms
    for (let at = performance.now(); at < end; at += POLL_MS) {
      await new Promise((resume) => setTimeout(resume, Math.max(0, at - performance.now())))
      into.push((await client.ask(read(1, 12_100, 10))).ms)
    }
  }
  await poll(1000, [])
  for (let phase = 0; phase < PHASES; phase++) {
    await poll((seconds * 1000) / PHASES, calm)
    // It stands for another machine: it gets what this one has left.
    const flood = spawn('nice', [
      '-n',
      '19',
      process.execPath,
      join(import.meta.dirname, 'flood.ts'),
      String(port),
      site.files('gateway').ca,
    ])
    flood.stdout.on('data', (chunk: Buffer) => answers.push(chunk.toString('utf8')))
    await poll(1500, []) // until it is at its speed
    await poll((seconds * 1000) / PHASES, loaded)
    flood.kill()
    await new Promise((resume) => flood.on('exit', resume))
    await poll(500, [])
  }
  client.close()
  stopPages()
  await gateway.stop()
  site.close()
  const [p99, usual] = [percentile(loaded, 99), percentile(calm, 99)]
  return {
    what: `polls on ${bus} beside a flood of the pages: p99 with it to p99 without`,
    value: p99 / usual,
    unit: 'x',
    must: { atMost: 1.2 },
    figures: {
      p99Ms: p99,
      calmP99Ms: usual,
      p50Ms: percentile(loaded, 50),
      calmP50Ms: percentile(calm, 50),
      polls: calm.length,
      flood: answers.at(-1) ?? '',
    },
  }
}
