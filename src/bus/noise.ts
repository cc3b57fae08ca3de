import type { Clock, Monotonic } from '../platform/index.ts'
import { NOISE } from './limits.ts'

/** Whether bytes that answer nobody keep arriving on a serial line: reported once in a while, whatever they do to requests. */
export function watchNoise(clock: Clock, report: (why: string) => void) {
  let bursts: Monotonic[] = []
  let reportedAt: Monotonic | 'never' = 'never'

  function tell(why: string): void {
    const now = clock.now()
    if (reportedAt !== 'never' && now - reportedAt < NOISE.reportedEveryMs) return
    reportedAt = now
    report(why)
  }

  return {
    heard(burst: 'begins' | 'whole'): void {
      // A valid frame is no noise: it is another master's, or a reply that came late.
      if (burst === 'whole') return void bursts.pop()
      const now = clock.now()
      bursts = [...bursts, now].slice(-NOISE.bursts)
      const [first = now] = bursts
      if (bursts.length === NOISE.bursts && now - first <= NOISE.withinMs)
        tell(`bytes that answer nobody arrived ${NOISE.bursts} times within ${Math.ceil((now - first) / 1000)} s`)
    },
    neverSilent: (): void => tell('bytes that answer nobody arrive without a pause: there is no silence for a request'),
  }
}
