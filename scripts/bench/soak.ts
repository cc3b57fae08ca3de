import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import { simulate } from '../../hil/sim/simulate.ts'
import { startTrueLine } from '../../hil/rig/true-line.ts'
import { started } from './child.ts'
import { cpuSeconds } from './haproxy.ts'
import { loadClient, read } from './load.ts'
import type { Result } from './result.ts'
import { type BenchBus, createBenchSite } from './site.ts'

const CONNECTIONS = 256
/** One address may have 64 of them. */
const ADDRESSES = 4

function residentMb(pid: number | undefined): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))
  return Number(found?.[1]) / 1024
}

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms))

/** A site of eight buses, two of them serial; then as many connections as are let in, each reading once a second. */
export async function memoryAndIdle(seconds: number): Promise<Result[]> {
  const lines = [
    await startTrueLine({ baud: 19200, deviceDelayMs: 5, addresses: [1] }),
    await startTrueLine({ baud: 19200, deviceDelayMs: 5, addresses: [2] }),
  ]
  const { process: device, port } = await started('device.ts')
  const buses: BenchBus[] = [
    ...lines.map((line, i) => ({ name: `line-${i}`, toml: `port = "${line.path}"\nbaud = 19200\necho = "no"`, breakers: [1 + i] })),
    ...Array.from({ length: 6 }, (_, i) => ({ name: `eth-${i}`, toml: `address = "127.0.0.1:${port}"`, breakers: [3 + i] })),
  ]
  const site = createBenchSite()
  const gateway = await site.start(buses)
  const { pid } = gateway.process
  try {
    await pause(3000)
    const before = cpuSeconds(pid)
    await pause(seconds * 1000)
    const idle = (cpuSeconds(pid) - before) / seconds
    const idleMb = residentMb(pid)

    const pem = site.files('load')
    const keys = { ca: readFileSync(pem.ca), cert: readFileSync(pem.cert), key: readFileSync(pem.key) }
    const clients = []
    for (let i = 0; i < CONNECTIONS; i++) {
      const localAddress = `127.0.0.${1 + (i % ADDRESSES)}`
      const tcp = connectTcp({ host: '127.0.0.1', port: gateway.port, localAddress })
      const socket = connect({ socket: tcp, servername: 'localhost', ...keys })
      await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
      clients.push(loadClient(socket))
    }
    let most = 0
    let answered = 0
    for (let second = 0; second < seconds; second++) {
      const asked = clients.map(async (client, i) => void (await client.ask(read(3 + (i % 6), 100 + i, 10)), (answered += 1)))
      await Promise.all([...asked, pause(1000)])
      most = Math.max(most, residentMb(pid))
    }
    for (const client of clients) client.close()
    return [
      {
        what: `memory with ${CONNECTIONS} TLS connections and 8 buses`,
        value: most,
        unit: 'MB',
        must: { atMost: 150 },
        figures: { idleMb, answered },
      },
      { what: 'idle with 8 buses', value: 100 * idle, unit: '% of a core', must: { atMost: 1 }, figures: { seconds } },
    ]
  } finally {
    await gateway.stop()
    device.kill()
    await Promise.all(lines.map((line) => line.close()))
    site.close()
  }
}

/** An hour of the simulated gateway, with all its faults: what is left on the heap when its two halves are compared. */
export async function simulatedHour(): Promise<Result[]> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapAt: number[] = []
  const run = await simulate(1, 3_600_000, (minute) => {
    if (minute % 5 !== 0) return
    collect()
    heapAt.push(process.memoryUsage().heapUsed / 1e6)
  })
  if (run.broken.length > 0) throw new Error(run.broken.join('; '))
  // The first minutes compile and fill what has a bound; after that it must be flat.
  const [from = 0, to = 0] = [heapAt[2], heapAt.at(-1)]
  return [
    {
      what: 'heap over an hour of simulation, from minute 15 on',
      value: to - from,
      unit: 'MB more',
      must: { atMost: 5 },
      figures: { answered: run.answered, operations: run.operations, heapMb: heapAt.map((mb) => mb.toFixed(1)).join(' ') },
    },
  ]
}
