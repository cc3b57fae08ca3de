import { event } from '../events/index.ts'
import type { LinkFailure } from './link.ts'
import type { SinkPorts } from './outbox.ts'
import { type SinkSettings, receiverWords } from './settings.ts'

/** What is told of a sink's connection: that it is up, and that it is not, once each. */
export function createReports({ name, receivers, transport }: SinkSettings, { note }: SinkPorts) {
  let state: 'new' | 'connected' | 'failed' | 'returning' = 'new'
  let receiver = receiverWords(transport, receivers[0])
  let why = 'not connected yet'
  let toldReceiver = ''
  const tell = (): void => {
    state = 'connected'
    toldReceiver = receiver
    note(event('sink-connected', { sink: name, receiver }))
  }
  return {
    status: () => ({ name, receiver, connected: why === '', why }),
    connected(words: string): void {
      receiver = words
      why = ''
      // A receiver that takes connections and then nothing would otherwise fill the journal: after a failure it has to take something first.
      if (state === 'failed') state = 'returning'
      else if (state === 'new' || toldReceiver !== words) tell()
    },
    delivered(): void {
      if (state === 'returning') tell()
    },
    failed(failure: LinkFailure, words = receiver): void {
      receiver = words
      why = failure.why
      if (state === 'connected' || state === 'new') note(event('sink-disconnected', { sink: name, receiver, reason: why }))
      state = 'failed'
    },
  }
}
