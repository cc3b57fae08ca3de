import { Worker } from 'node:worker_threads'
import type { Cancel, Monotonic } from './clock.ts'

type Timer = { readonly at: Monotonic; readonly run: () => void }

/**
 * Timers that Node does not have: its own count in milliseconds, a line at 115200 baud wants 1.75 of them. One thread of this
 * process sleeps in the kernel until the next one is due, so no core is burnt and the event loop stays free. Never early: a timer
 * that is called before its time waits again. Late by the wake-up of two threads, about 0.1 ms.
 */
export function createPreciseTimers(now: () => Monotonic): (ms: number, run: () => void) => Cancel {
  let timers: Timer[] = []
  let sleeper: Sleeper | undefined

  function next(): void {
    const first = timers[0]
    if (first === undefined) return sleeper?.rest()
    sleeper ??= startSleeper(due)
    sleeper.wakeAt(first.at)
  }

  function due(): void {
    while (timers[0] !== undefined && timers[0].at <= now()) timers.shift()?.run()
    next()
  }

  return (ms, run) => {
    const timer: Timer = { at: (now() + Math.max(0, ms)) as Monotonic, run }
    const place = timers.findIndex((other) => other.at > timer.at)
    timers.splice(place === -1 ? timers.length : place, 0, timer)
    if (timers[0] === timer) next()
    return () => {
      timers = timers.filter((other) => other !== timer)
      if (timers.length === 0) sleeper?.rest()
    }
  }
}

/** Like any timer of Node, one that is due holds the process; at rest the thread does not. */
type Sleeper = { wakeAt(at: Monotonic): void; rest(): void }

/** The thread and this one share two numbers: how often a time was set, and the last one that was. */
function startSleeper(woke: () => void): Sleeper {
  const shared = new SharedArrayBuffer(16)
  const changes = new Int32Array(shared, 0, 1)
  const at = new Float64Array(shared, 8, 1)
  const worker = new Worker(new URL('./sleeper.js', import.meta.url), {
    workerData: shared,
    // Node starts a thread with room for a whole program; this one runs ten lines.
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 },
    execArgv: [],
    env: {},
  })
  worker.on('message', woke)
  worker.on('error', (error) => {
    throw error // without it no serial line may send: a bug, and systemd starts the gateway again
  })
  return {
    rest: () => worker.unref(),
    wakeAt(time) {
      worker.ref()
      at[0] = performance.timeOrigin + time
      Atomics.add(changes, 0, 1)
      Atomics.notify(changes, 0)
    },
  }
}
