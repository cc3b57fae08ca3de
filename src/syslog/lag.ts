import { event } from '../events/index.ts'
import { type Cancel, background } from '../platform/index.ts'
import { type Cursor, owed } from './lanes.ts'
import { LAG_MS } from './limits.ts'
import type { SinkPorts } from './sink-ports.ts'
import type { SinkSettings } from './settings.ts'

/** Looks now and then whether the sink is behind its limit. */
export function watchLag({ name, behind }: SinkSettings, { journal, note, clock }: SinkPorts, cursor: () => Cursor) {
  let [count, seconds, isBehind] = [0, 0, false]
  let [cancel, closed]: [Cancel, boolean] = [() => undefined, false]
  async function look(): Promise<void> {
    count = owed(cursor(), journal.head().seq)
    const [oldest] = count === 0 ? [] : await journal.read(cursor().upTo, 1).catch(() => [])
    seconds = oldest === undefined ? 0 : Math.max(0, Math.round((clock.utcUs() - Date.parse(oldest.time) * 1000) / 1e6))
    if (closed) return
    const now = count > behind.events || seconds * 1000 > behind.ms
    if (now && !isBehind) note(event('sink-behind', { sink: name, count, seconds }))
    if (!now && isBehind) note(event('sink-recovered', { sink: name, count }))
    isBehind = now
  }
  function again(): void {
    if (!closed) cancel = clock.after(LAG_MS, () => background(look().finally(again)))
  }
  again()
  return {
    status: () => ({ owed: owed(cursor(), journal.head().seq), owedSeconds: seconds, behind: isBehind }),
    close() {
      closed = true
      cancel()
    },
  }
}
