import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { started } from './child.ts'
import { type Way, cpuSeconds, startHaproxy } from './haproxy.ts'
import { type LoadClient, loadClient, percentile, read } from './load.ts'
import type { Result } from './result.ts'
import { type BenchSite, createBenchSite } from './site.ts'

/** The whole firewall over Ethernet beside what only moves bytes: requests a second and latencies, in turns within one run. */
const ROUNDS = 5
const scenes = [
  { connections: 1, depth: 1 },
  { connections: 8, depth: 1 },
  { connections: 64, depth: 1 },
  { connections: 8, depth: 8 },
] as const
type Scene = (typeof scenes)[number]
type Sample = { readonly rate: number; readonly p50: number; readonly p99: number; readonly cpuUs: number }

async function clientsOf(site: BenchSite, port: number, count: number): Promise<LoadClient[]> {
  const { ca, cert, key } = site.files('load')
  const pem = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<LoadClient>((resolve, reject) => {
          // The same suite for all: what is compared is the way, not the cipher.
          const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ciphers: 'TLS_AES_128_GCM_SHA256', ...pem })
          socket.setNoDelay(true)
          socket.once('secureConnect', () => resolve(loadClient(socket)))
          socket.once('error', reject)
        }),
    ),
  )
}

async function measure(site: BenchSite, way: Way, { connections, depth }: Scene, seconds: number): Promise<Sample> {
  const clients = await clientsOf(site, way.port, connections)
  const from = performance.now() + 200
  const before = 1e6 * cpuSeconds(way.process.pid)
  // Each connection reads registers of its own, so that the gateway can share nothing.
  const all = await Promise.all(
    clients.map((client, i) => {
      let at = 0
      return client.saturate(depth, () => read(1, 100 + 20 * i + (at++ % depth), 10), from, from + seconds * 1000)
    }),
  )
  const spent = 1e6 * cpuSeconds(way.process.pid) - before
  for (const client of clients) client.close()
  const latencies = all.flatMap((measured) => measured.latencies)
  if (all.some((measured) => measured.exceptions > 0)) throw new Error(`${way.name} answered with exceptions`)
  const rate = latencies.length / seconds
  return { rate, p50: percentile(latencies, 50), p99: percentile(latencies, 99), cpuUs: spent / (rate * (seconds + 0.2)) }
}

const middle = (samples: readonly Sample[], pick: (sample: Sample) => number): number => percentile(samples.map(pick), 50)

export async function ethernet(seconds: number): Promise<Result[]> {
  const site = createBenchSite()
  const device = await started('device.ts')
  const { ca, cert, key } = site.files('gateway')
  site.files('load')
  const toml = `address = "127.0.0.1:${device.port}"\nconnections = 4\nin-flight = 16`
  const gateway = await site.start([{ name: 'eth', toml, breakers: [1] }])
  const pipe = await started('tls-pipe.ts', String(device.port), cert, key, ca)
  const haproxy = await startHaproxy(site, device.port)
  const ways: Way[] = [
    { name: 'gateway', port: gateway.port, process: gateway.process },
    { name: 'node-pipe', ...pipe },
    ...(haproxy === undefined ? [] : [haproxy]),
  ]
  const results: Result[] = []
  try {
    for (const scene of scenes) {
      const samples = new Map<string, Sample[]>(ways.map(({ name }) => [name, []]))
      for (let round = 0; round <= ROUNDS; round++)
        for (const way of ways) {
          const sample = await measure(site, way, scene, seconds / ROUNDS)
          if (round > 0) samples.get(way.name)?.push(sample) // the first round warms up
        }
      results.push(...judge(scene, samples))
    }
  } finally {
    await gateway.stop()
    for (const child of [device.process, pipe.process, haproxy?.process]) {
      child?.removeAllListeners('exit')
      child?.kill()
    }
    site.close()
  }
  return results
}

function judge({ connections, depth }: Scene, samples: ReadonlyMap<string, readonly Sample[]>): Result[] {
  const where = `${connections} ${connections === 1 ? 'connection' : 'connections'} of depth ${depth}`
  const of = (name: string, pick: (sample: Sample) => number): number => middle(samples.get(name) ?? [], pick)
  const figures = Object.fromEntries(
    [...samples.keys()].flatMap((name) => [
      [`${name}PerSecond`, of(name, ({ rate }) => rate)],
      [`${name}P50Ms`, of(name, ({ p50 }) => p50)],
      [`${name}P99Ms`, of(name, ({ p99 }) => p99)],
      [`${name}CpuUs`, of(name, ({ cpuUs: us }) => us)],
    ]),
  )
  const other = samples.has('haproxy') ? 'haproxy' : 'node-pipe'
  const times = `x ${other}`
  const ratio = (pick: (sample: Sample) => number): number => of('gateway', pick) / of(other, pick)
  // Only haproxy has limits: where it is not installed the ratios to the pipe are shown and judge nothing.
  const only = <T extends object>(must: T): T | object => (other === 'haproxy' ? must : {})
  if (connections === 1)
    return [
      { what: `p50, ${where}`, value: ratio(({ p50 }) => p50), unit: times, must: only({ atMost: 1.3 }), figures },
      { what: `p99, ${where}`, value: ratio(({ p99 }) => p99), unit: times, must: only({ atMost: 2 }), figures },
    ]
  const must = depth === 1 ? { atLeast: 1 } : { atLeast: 0.8, goal: 1.1 }
  return [{ what: `requests/s, ${where}`, value: ratio(({ rate }) => rate), unit: times, must: only(must), figures }]
}
