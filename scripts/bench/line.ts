import { physicalLimit, startTrueLine } from '../../hil/rig/true-line.ts'
import { percentile, read } from './load.ts'
import { mbusdRate } from './mbusd.ts'
import type { Result } from './result.ts'
import { createBenchSite } from './site.ts'

/** How much of a serial line one client can use: FC 3 of 10 registers, 5 ms device delay, each byte at its time. */
export async function line(seconds: number): Promise<Result[]> {
  const results: Result[] = []
  for (const [baud, atLeast, goal] of [
    [19200, 0.97, 0.98],
    [115200, 0.93, 0.96],
  ] as const) {
    const rig = await startTrueLine({ baud, deviceDelayMs: 5, addresses: [1] })
    const site = createBenchSite()
    const gateway = await site.start([{ name: 'line', toml: `port = "${rig.path}"\nbaud = ${baud}\necho = "no"`, breakers: [1] }])
    const client = await site.client(gateway.port, 'scada')
    let at = 0
    const from = performance.now() + 1000
    const measured = await client.saturate(4, () => read(1, 12_000 + (at++ % 90), 10), from, from + seconds * 1000)
    client.close()
    await gateway.stop()
    const seen = rig.counts()
    const mbusd = await mbusdRate(rig, baud, seconds)
    await rig.close()
    site.close()
    const limit = physicalLimit(baud, 5, 10)
    const rate = measured.latencies.length / seconds
    results.push({
      what: `bus use at ${baud} baud, one client`,
      value: rate / limit,
      unit: 'of the physical limit',
      must: { atLeast, goal },
      figures: { rate, limit, p99Ms: percentile(measured.latencies, 99), exceptions: measured.exceptions, mbusdRate: mbusd, ...seen },
    })
    results.push({
      what: `t3.5 violations and collisions at ${baud} baud`,
      value: seen.gapViolations + seen.collisions,
      unit: 'frames',
      must: { atMost: 0 },
      figures: seen,
    })
  }
  return results
}
