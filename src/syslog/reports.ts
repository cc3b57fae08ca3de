import { event } from '../events/index.ts'
import type { Cancel } from '../platform/index.ts'
import { MOST_STEADY_MS, STEADY_MS } from './limits.ts'
import type { LinkFailure } from './link.ts'
import type { SinkPorts } from './sink-ports.ts'
import { type SinkSettings, describeReceivers } from './settings.ts'

/** What is known of the way to a receiver. Opened is not delivered. */
export type SinkState =
  | { readonly kind: 'not-tried' }
  /** A connection is open, and nothing was confirmed since the last failure. */
  | { readonly kind: 'opened' }
  /** The receiver has confirmed events, and nothing has failed since. */
  | { readonly kind: 'delivers' }
  /** Over UDP: this machine sends them, and nobody can know more. */
  | { readonly kind: 'sends' }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * The state of a sink's connection, and its events: that events go to a receiver, and that they do not, once each. After a failure the
 * receiver first has to work for a while: one that takes an event and fails again would otherwise feed itself with events about it.
 */
export function createReports({ name, receivers, transport }: SinkSettings, { note, clock }: Pick<SinkPorts, 'note' | 'clock'>) {
  const words = (to: SinkSettings['receivers'][0]): string => describeReceivers(transport, to)
  let state: SinkState = { kind: 'not-tried' }
  let receiver = words(receivers[0])
  /** What the events have said last. */
  let told: { readonly kind: 'nothing' | 'fails' } | { readonly kind: 'delivers'; readonly to: string } = { kind: 'nothing' }
  let toldMs = 0
  let provingMs: number = STEADY_MS
  let proven = false
  let proving: { readonly to: string; readonly cancel: Cancel } | 'nobody' = 'nobody'

  const stopProving = (): void => {
    if (proving !== 'nobody') proving.cancel()
    proving = 'nobody'
  }
  const tell = (to: string, how: 'at-first' | 'proven'): void => {
    stopProving()
    told = { kind: 'delivers', to }
    toldMs = clock.now()
    proven = how === 'proven'
    note(event('sink-connected', { sink: name, receiver: to }))
  }
  return {
    status: () => ({ receiver, state }),
    opened(by: SinkSettings['receivers'][0]): void {
      const same = receiver === words(by)
      receiver = words(by)
      if (!same || (state.kind !== 'delivers' && state.kind !== 'sends')) state = { kind: 'opened' }
    },
    delivered(by: SinkSettings['receivers'][0]): void {
      receiver = words(by)
      state = { kind: transport.kind === 'udp' ? 'sends' : 'delivers' }
      if (told.kind === 'delivers' && told.to === receiver) return stopProving()
      if (told.kind === 'nothing') return tell(receiver, 'at-first')
      if (proving !== 'nobody' && proving.to === receiver) return
      stopProving()
      const to = receiver
      proving = { to, cancel: clock.after(provingMs, () => tell(to, 'proven')) }
    },
    failed(by: SinkSettings['receivers'][0], { why }: LinkFailure): void {
      receiver = words(by)
      state = { kind: 'failed', why }
      if (proving !== 'nobody' && proving.to === receiver) stopProving()
      if (told.kind === 'fails' || (told.kind === 'delivers' && told.to !== receiver)) return
      if (clock.now() - toldMs >= MOST_STEADY_MS) provingMs = STEADY_MS
      else if (proven) provingMs = Math.min(4 * provingMs, MOST_STEADY_MS)
      told = { kind: 'fails' }
      note(event('sink-disconnected', { sink: name, receiver, reason: why }))
    },
    close: stopProving,
  }
}
