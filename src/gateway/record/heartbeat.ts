import { type SecurityEvent, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Cancel, Clock } from '../../platform/index.ts'

/** So that silence is news. */
export const HEARTBEAT_MS = 15 * 60_000

export type HeartbeatPorts = {
  readonly journal: Pick<Journal, 'onCommitted' | 'note'>
  readonly clock: Clock
  /** Events that wait for a sink, the most of any. */
  readonly lag: () => number
}

/** An event every 15 minutes with what was counted since the last one. */
export function startHeartbeat({ journal, clock, lag }: HeartbeatPorts): Cancel {
  const since = clock.now()
  let [events, denied, operations] = [0, 0, 0]
  const stop = journal.onCommitted((committed: readonly SecurityEvent[]) => {
    events += committed.length
    for (const { id, fields } of committed) {
      if (id === 'events-collapsed' && fields.event === 'operation-denied') denied += Number(fields.count)
      if (id === 'operation-denied') denied += 1
      if (id === 'operation-allowed') operations += 1
    }
  })
  let cancel: Cancel = () => undefined
  const beat = (): void => {
    journal.note(event('heartbeat', { uptimeSeconds: Math.round((clock.now() - since) / 1000), events, denied, operations, lag: lag() }))
    ;[events, denied, operations] = [0, 0, 0]
    cancel = clock.after(HEARTBEAT_MS, beat)
  }
  cancel = clock.after(HEARTBEAT_MS, beat)
  return () => {
    cancel()
    stop()
  }
}
