import { type EventRecord, event } from '../../src/events/index.ts'
import type { Clock } from '../../src/platform/index.ts'

/** Lets what has arrived, and what follows from it, be taken in: sockets on loopback within this process included. */
export async function turns(count = 40): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A journal in memory; a week of it is made as it is read. */
export function memoryJournal(clock: Clock, head: number) {
  const states = new Map<string, string>()
  const listeners = new Set<() => void>()
  const last = { seq: head }
  const at = (seq: number): EventRecord => ({
    ...event('locked', { subject: 's', breaker: 'Q1', scope: 'control', reason: String(seq) }),
    seq,
    time: new Date(clock.utcUs() / 1000).toISOString().replace('Z', '000Z'),
    boot: 'b',
    gateway: 'g',
  })
  return {
    states: () => Promise.resolve(states as ReadonlyMap<string, string>),
    putState(key: string, value: string) {
      states.set(key, value)
      return Promise.resolve('written' as const)
    },
    head: () => ({ seq: last.seq, hash: '' }),
    read: (after: number, limit: number) =>
      Promise.resolve(Array.from({ length: Math.max(0, Math.min(limit, last.seq - after)) }, (_, i) => at(after + 1 + i))),
    onCommitted(run: () => void) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
    add(): number {
      last.seq += 1
      for (const run of listeners) run()
      return last.seq
    },
    stored: states,
  }
}
