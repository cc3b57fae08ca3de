import type { EventRecord } from '../events/index.ts'
import type { Clock } from '../platform/index.ts'
import { format } from './format.ts'
import { MAX_DATAGRAM_BYTES, MAX_STREAM_BYTES } from './limits.ts'
import type { LinkFailure, Stage } from './link.ts'
import { openLink } from './open-link.ts'
import { deliverOne } from './one-message.ts'
import { type SinkSettings, describeReceivers, zoneOf } from './settings.ts'

/** How one receiver took a test event: each step on the way, up to the first that failed. */
export type SinkTest = {
  readonly receiver: string
  readonly ok: boolean
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly words: string }[]
}

const steps: readonly { readonly stage: Stage; readonly step: string; readonly fine: string }[] = [
  { stage: 'name', step: 'name', fine: 'the address is known' },
  { stage: 'route', step: 'route', fine: 'the receiver is reached' },
  { stage: 'tls', step: 'TLS', fine: 'TLS is agreed' },
  { stage: 'certificate', step: 'certificate', fine: 'the certificates fit' },
  { stage: 'reply', step: 'reply', fine: 'the receiver has the event' },
]

/** Sends one record to each receiver of a sink on a connection of its own; the sink itself goes on meanwhile. */
export async function testSink(
  settings: SinkSettings,
  record: EventRecord,
  ports: { readonly clock: Clock; readonly pid: number; readonly version: string; readonly zone: string },
): Promise<readonly SinkTest[]> {
  const maxBytes = settings.transport.kind === 'udp' ? MAX_DATAGRAM_BYTES : MAX_STREAM_BYTES
  const message = format(record, { ...settings, pid: ports.pid, version: ports.version, maxBytes, zone: zoneOf(settings, ports.zone) })
  const results: SinkTest[] = []
  for (const receiver of settings.receivers) {
    const tried = await deliverOne(openLink, settings.transport, receiver, message, ports.clock)
    results.push({ receiver: describeReceivers(settings.transport, receiver), ok: tried === 'delivered', steps: stepsOf(settings, tried) })
  }
  return results
}

function stepsOf({ transport }: SinkSettings, tried: 'delivered' | LinkFailure): SinkTest['steps'] {
  const inTls = transport.kind === 'tls' || (transport.kind === 'relp' && transport.tls !== 'none')
  const told: { step: string; ok: boolean; words: string }[] = []
  for (const { stage, step, fine } of steps) {
    if (!inTls && (stage === 'tls' || stage === 'certificate')) continue
    if (tried !== 'delivered' && tried.stage === stage) return [...told, { step, ok: false, words: tried.why }]
    told.push({
      step,
      ok: true,
      words: stage === 'reply' && transport.kind === 'udp' ? 'sent: UDP does not tell whether it arrived' : fine,
    })
  }
  return told
}
