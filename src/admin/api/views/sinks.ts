import type { Gateway } from '../../../gateway/index.ts'
import type { SinkView } from '../../contract/index.ts'

type SinkStatus = ReturnType<Gateway['sinks']['status']>[number]

/** How a sink stands, as the API shows it: `connected` only when the receiver has confirmed something. */
export function sinkView({ name, receiver, state, owed, owedSeconds, behind, sent }: SinkStatus): SinkView {
  const known = { name, receiver, state, owed, owedSeconds, behind, sent }
  switch (state.kind) {
    case 'delivers':
    case 'sends':
      return { ...known, connected: true, why: '' }
    case 'not-tried':
      return { ...known, connected: false, why: 'not tried yet' }
    case 'opened':
      return { ...known, connected: false, why: 'opened, nothing confirmed yet' }
    case 'failed':
      return { ...known, connected: false, why: state.why }
  }
}
