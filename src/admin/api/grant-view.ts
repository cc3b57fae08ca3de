import { type Gateway, grantWords } from '../../gateway/index.ts'
import { isoUs } from '../../platform/index.ts'
import type { Grant } from '../../policy/index.ts'
import type { GrantView } from '../contract.ts'

export function grantView(grant: Grant, { clock }: Pick<Gateway, 'clock'>): GrantView {
  const { id, version, client, breaker, for: what, uses, used, window, askedBy, askedUtcUs, reason, workOrder, state } = grant
  const secondsLeft = state.kind === 'approved' ? Math.max(0, Math.ceil((state.until - clock.now()) / 1000)) : 0
  return {
    ...{ id, version, client, breaker, class: what.class, words: grantWords(what), uses, used, askedBy, reason, workOrder, secondsLeft },
    from: isoUs(window.fromUtcUs),
    until: isoUs(window.untilUtcUs),
    asked: isoUs(askedUtcUs),
    state: state.kind,
    by: 'by' in state ? state.by : '',
  }
}
