import { type Cancel, type Clock, background } from '../platform/index.ts'
import { CURSOR_MS } from './limits.ts'
import type { SinkPorts } from './sink-ports.ts'

/** Writes a cursor at most once in a while: what a crash makes it forget is sent twice. */
export function createCursorWriter(key: string, journal: SinkPorts['journal'], clock: Clock) {
  let [text, written] = ['', '']
  let timing = false
  let cancel: Cancel = () => undefined
  const write = async (): Promise<void> => {
    timing = false
    if (text === written) return
    const now = text
    if ((await journal.putState(key, now)) === 'written') written = now // otherwise the next one
  }
  return {
    later(cursor: string): void {
      text = cursor
      if (timing) return
      timing = true
      cancel = clock.after(CURSOR_MS, () => background(write()))
    },
    async close(): Promise<void> {
      cancel()
      await write()
    },
  }
}
