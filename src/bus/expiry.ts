import type { Cancel, Clock } from '../platform/index.ts'
import type { Waiting } from './jobs.ts'
import { MAX_QUEUED } from './limits.ts'

/** Ends what has waited too long for its turn. All wait equally long at most, so whoever came first is due first: one timer for all. */
export interface Expiry {
  watch(waiting: Waiting): void
  close(): void
}

export function createExpiry(clock: Clock, expire: (waiting: Waiting) => void): Expiry {
  let watched: Waiting[] = []
  let cancel: Cancel | 'none' = 'none'

  const waits = ({ over, job }: Waiting): boolean => !over && job !== 'none' && job.state === 'waiting'

  function arm(): void {
    const [first] = watched
    if (first === undefined) return void (cancel = 'none')
    cancel = clock.after(first.until - clock.now(), () => {
      const now = clock.now()
      while (watched[0] !== undefined && watched[0].until <= now) {
        const due = watched.shift()
        if (due !== undefined && waits(due)) expire(due)
      }
      arm()
    })
  }

  return {
    watch(waiting) {
      // On a fast bus most are answered long before they are due: they are cleared out now and then.
      if (watched.length > 4 * MAX_QUEUED) watched = watched.filter(waits)
      watched.push(waiting)
      if (cancel === 'none') arm()
    },
    close() {
      if (cancel !== 'none') cancel()
    },
  }
}
