import type { Cancel, Clock } from '../platform/index.ts'
import { CHECKPOINT } from './limits.ts'

/** When the head of the chain is signed: after so many events, or so long after the first that no checkpoint covers. */
export interface Checkpoints {
  /** Whether there are events that none covers. */
  waiting(): boolean
  /** After a commit of so many events; `covered`: a checkpoint was among them. */
  count(events: number, covered: boolean): void
  close(): void
}

/** Without a key: what is not signed proves nothing, and would look like a signature that was taken away. */
export const noCheckpoints: Checkpoints = { waiting: () => false, count: () => undefined, close: () => undefined }

export function createCheckpoints(clock: Clock, write: () => void): Checkpoints {
  let [uncovered, asked, timing] = [0, false, false]
  let cancel: Cancel = () => undefined
  const ask = (): void => {
    if (asked) return
    asked = true
    write()
  }
  return {
    waiting: () => uncovered > 0,
    count(events, covered) {
      if (covered) {
        cancel()
        ;[uncovered, asked, timing] = [0, false, false]
        return
      }
      uncovered += events
      if (uncovered >= CHECKPOINT.events) return ask()
      if (uncovered > 0 && !timing) {
        timing = true
        cancel = clock.after(CHECKPOINT.ms, ask)
      }
    },
    close: () => cancel(),
  }
}
