import type { Cleared } from '../policy/index.ts'
import type { Exchanged, Line, Target } from './line.ts'
import { type Queue, dequeue, emptyQueue, enqueue, priorityOf } from './scheduler.ts'

/** How an operation ended, for its client and for the record. */
export type Outcome =
  | Exchanged
  /** The queue is full. Not one byte was sent. */
  | { readonly kind: 'busy' }

export interface Bus {
  /** Puts one operation on the line when its turn comes; `stillHolds` is asked once more right before its first byte. */
  perform(cleared: Cleared, target: Target, stillHolds: () => boolean): Promise<Outcome>
  close(): Promise<void>
}

type Job = {
  readonly cleared: Cleared
  readonly target: Target
  readonly stillHolds: () => boolean
  readonly end: (outcome: Outcome) => void
}

/** One queue before one line. An operation is sent at most once: nothing here repeats one. */
export function createBus(line: Line): Bus {
  let queue: Queue<Job> = emptyQueue
  let working = false

  async function work(): Promise<void> {
    if (working) return
    working = true
    for (let next = dequeue(queue); next !== 'empty'; next = dequeue(queue)) {
      const [job, rest] = next
      queue = rest
      job.end(await line.exchange(job.target, job.cleared.operation.request, job.stillHolds))
    }
    working = false
  }

  return {
    perform: (cleared, target, stillHolds) =>
      new Promise((resolve) => {
        const longer = enqueue<Job>(queue, priorityOf(cleared.operation), { cleared, target, stillHolds, end: resolve })
        if (longer === 'full') return resolve({ kind: 'busy' })
        queue = longer
        void work()
      }),
    close: () => line.close(),
  }
}
