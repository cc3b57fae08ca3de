import { event } from '../events/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock } from '../platform/index.ts'
import { formatRfc5424 } from './format.ts'
import { openUdp } from './transport-udp.ts'

export type SinkSettings = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly facility: number
  /** Severities above this number are not sent. */
  readonly mildest: number
}

export interface Sink {
  /** Resolves when everything that is in the journal now was sent, or cannot be. */
  close(): Promise<void>
}

const BATCH = 200
/** Pause before a message that was not taken is sent again, milliseconds: doubled each time up to the second. */
const RETRY_MS = { first: 500, most: 30_000 } as const

/** Ships the journal by a cursor that is kept in it: the journal is the queue, and a restart goes on where the last one stopped. */
export async function startSink(settings: SinkSettings, journal: Journal, clock: Clock, pid: number): Promise<Sink> {
  const transport = openUdp(settings.host, settings.port)
  const key = `cursor/${settings.name}`
  let cursor = Number((await journal.states(key)).get(key) ?? 0)
  let running: Promise<void> | 'idle' = 'idle'
  let more = false
  let retryMs: number = RETRY_MS.first
  let failing = false
  let told = false

  function wake(): void {
    more = true
    if (running !== 'idle' || failing) return
    running = ship().finally(() => {
      running = 'idle'
      if (more && !failing) wake()
    })
  }

  async function ship(): Promise<void> {
    while (more && !failing) {
      more = false
      const records = await journal.read(cursor, BATCH)
      for (const record of records) {
        if (record.severity <= settings.mildest && !(await send(formatRfc5424(record, settings.facility, pid)))) break
        cursor = record.seq
      }
      if (records.length === 0) continue
      await journal.putState(key, String(cursor))
      if (cursor < journal.head().seq) more = true
    }
  }

  async function send(message: string): Promise<boolean> {
    const sent = await transport.send(message)
    if (sent === 'sent') {
      retryMs = RETRY_MS.first
      if (told) journal.note(event('sink-recovered', { sink: settings.name }))
      told = false
      return true
    }
    if (!told) journal.note(event('sink-disconnected', { sink: settings.name, reason: sent.why }))
    told = true
    failing = true
    clock.after(retryMs, () => {
      failing = false
      wake()
    })
    retryMs = Math.min(retryMs * 2, RETRY_MS.most)
    return false
  }

  const stop = journal.onCommitted(wake)
  wake()
  return {
    async close() {
      stop()
      wake()
      while (running !== 'idle') await running
      transport.close()
    },
  }
}
