import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** What a gateway that is measured loads first: on SIGUSR2 it says how long its main thread was busy in one go since the last time. */
export type LoopDelay = { readonly p99Ms: number; readonly maxMs: number; readonly peakMb: number }

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  process.on('SIGUSR2', () => {
    const peakKb = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
    const said: LoopDelay = { p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6, peakMb: peakKb / 1024 }
    process.stderr.write(`loop-delay ${JSON.stringify(said)}\n`)
    delay.reset()
  })
}
