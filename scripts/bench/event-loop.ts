import { request } from 'node:http'
import { join } from 'node:path'
import { realClock } from '../../src/platform/index.ts'
import { started } from './child.ts'
import { filled } from './journal.ts'
import type { LoopDelay } from './loop-delay.ts'
import type { Result } from './result.ts'
import { type BenchGateway, createBenchSite } from './site.ts'

/** Breakers of the site: as many as a large switchboard has. */
const BREAKERS = 64
/** What a read of a bus may wait for because of others, milliseconds. */
const MOST_MS = 20
/** Resident memory beside all of them, MB: three quarters of `MemoryHigh` of the unit. */
const MOST_MB = 384

/** One answer, read to its end and thrown away. Resolves with its status. */
const ask = (socketPath: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, agent: false }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })

/** What may not keep a bus waiting: each goes on for the whole time, one call after the other on each of so many connections. */
const loads: readonly { readonly what: string; readonly connections: number; readonly path: string; readonly method?: 'POST' }[] = [
  { what: 'ten clients that export', connections: 10, path: '/v1/export?format=csv' },
  { what: 'signed bundles', connections: 2, path: '/v1/export?format=bundle' },
  { what: 'verify', connections: 2, path: '/v1/journal/verify', method: 'POST' },
  { what: 'searches that find nothing', connections: 4, path: '/v1/events?id=gateway-stopped&until=2001-01-01T00:00:00Z' },
  { what: 'events, 1000 at a time', connections: 2, path: '/v1/events?limit=1000' },
  { what: 'the report', connections: 2, path: '/v1/report' },
  { what: `status of ${BREAKERS} breakers`, connections: 4, path: '/v1/status' },
  { what: 'metrics', connections: 2, path: '/v1/metrics' },
]

/** How long the main thread of a gateway is busy in one go while people look at a journal of so many events, and what an export takes. */
export async function eventLoop(events: number, seconds: number): Promise<Result[]> {
  const site = createBenchSite()
  const device = await started('device.ts')
  const toml = `address = "127.0.0.1:${device.port}"`
  const units = Array.from({ length: BREAKERS }, (_, i) => i + 1)
  try {
    const gateway = await site.start(
      [{ name: 'eth', toml, breakers: units }],
      ['--import', join(import.meta.dirname, 'loop-delay.ts')],
      '',
      async (state) => (await filled(join(state, 'journal.db'), events)).close(),
    )
    const results: Result[] = []
    await delayOf(gateway)
    for (const load of [undefined, ...loads]) {
      const until = realClock.now() + seconds * 1000
      const asks = async (): Promise<void> => {
        while (load !== undefined && realClock.now() < until)
          if ((await ask(gateway.socket, load.path, load.method)) === 503) await pause(100)
      }
      await Promise.all([pause(seconds * 1000), ...Array.from({ length: load?.connections ?? 0 }, asks)])
      const { p99Ms, maxMs, peakMb } = await delayOf(gateway)
      const unit = `ms, longest ${Math.round(maxMs)}, memory ${Math.round(peakMb)} MB`
      const what = `main thread (p99) beside ${load?.what ?? 'nothing'}`
      results.push({ what, value: p99Ms, unit, must: { atMost: MOST_MS }, figures: { maxMs, peakMb, events } })
    }
    const peakMb = Math.max(...results.map(({ figures }) => Number(figures['peakMb'])))
    await gateway.stop()
    return [...results, { what: 'memory of all this', value: peakMb, unit: 'MB', must: { atMost: MOST_MB }, figures: { events } }]
  } finally {
    device.process.kill()
    site.close()
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => void realClock.after(ms, resolve))

function delayOf({ process: child }: BenchGateway): Promise<LoopDelay> {
  return new Promise((resolve) => {
    let said = ''
    const hear = (chunk: Buffer): void => {
      said += chunk.toString('utf8')
      const found = /^loop-delay (.*)\n/m.exec(said)?.[1]
      if (found === undefined) return
      child.stderr?.off('data', hear)
      resolve(JSON.parse(found) as LoopDelay)
    }
    child.stderr?.on('data', hear)
    child.kill('SIGUSR2')
  })
}
