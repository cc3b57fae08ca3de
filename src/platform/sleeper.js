// @ts-check
import { parentPort, workerData } from 'node:worker_threads'

// The thread of precise-timers.ts. Plain JavaScript: a thread that had to strip types first would take ten times the memory.
const changes = new Int32Array(workerData, 0, 1)
const at = new Float64Array(workerData, 8, 1)

for (let seen = 0; ;) {
  Atomics.wait(changes, 0, seen)
  seen = Atomics.load(changes, 0)
  // A new time while it sleeps ends the sleep: it then looks again.
  for (;;) {
    const left = (at[0] ?? 0) - (performance.timeOrigin + performance.now())
    if (left <= 0) {
      parentPort?.postMessage(0)
      break
    }
    if (Atomics.wait(changes, 0, seen, left) !== 'timed-out') {
      seen = Atomics.load(changes, 0)
    }
  }
}
