import type { Cancel, Clock, Monotonic } from '../platform/index.ts'
import type { WaitingRequest } from './jobs.ts'
import { MAX_QUEUED } from './limits.ts'

/** Ends what has waited too long for its turn: one timer for all. Nearly all wait equally long, so a new one is due last. */
export interface Expiry {
  /** Whose time was made longer meanwhile is watched once more. */
  watch(waiting: WaitingRequest): void
  close(): void
}

type Due = { readonly waiting: WaitingRequest; readonly at: Monotonic }

export function createExpiry(clock: Clock, expire: (waiting: WaitingRequest) => void): Expiry {
  let watched: Due[] = []
  let cancel: Cancel | 'none' = 'none'

  const waits = ({ over, job }: WaitingRequest): boolean => !over && job !== 'none' && job.state === 'waiting'

  function arm(): void {
    const [first] = watched
    if (first === undefined) return void (cancel = 'none')
    cancel = clock.after(first.at - clock.now(), () => {
      const now = clock.now()
      while (watched[0] !== undefined && watched[0].at <= now) {
        const due = watched.shift()
        if (due !== undefined && waits(due.waiting) && due.waiting.until <= now) expire(due.waiting)
      }
      arm()
    })
  }

  return {
    watch(waiting) {
      // On a fast bus most are answered long before they are due: they are cleared out now and then.
      if (watched.length > 4 * MAX_QUEUED) watched = watched.filter((due) => waits(due.waiting))
      let place = watched.length
      while (place > 0 && (watched[place - 1]?.at ?? 0) > waiting.until) place -= 1
      watched.splice(place, 0, { waiting, at: waiting.until })
      if (cancel === 'none') arm()
    },
    close() {
      if (cancel !== 'none') cancel()
    },
  }
}
