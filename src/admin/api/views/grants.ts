import { type Gateway, grantKey, describeGrant } from '../../../gateway/index.ts'
import { isoUs } from '../../../platform/index.ts'
import type { Grant, SettingLimits } from '../../../policy/index.ts'
import type { GrantView } from '../../contract/index.ts'

export function grantView(grant: Grant, { clock, journal }: Pick<Gateway, 'clock' | 'journal'>, now = ''): GrantView {
  const { id, version, client, breaker, for: what, uses, used, window, askedBy, askedUtcUs, reason, workOrder, state } = grant
  const secondsLeft = state.kind === 'approved' ? Math.max(0, Math.ceil((state.until - clock.now()) / 1000)) : 0
  return {
    id,
    version,
    client,
    breaker,
    class: what.class,
    words: describeGrant(what),
    uses,
    used,
    askedBy,
    reason,
    workOrder,
    secondsLeft,
    now,
    becomes: becomes(what),
    from: isoUs(window.fromUtcUs),
    until: isoUs(window.untilUtcUs),
    asked: isoUs(askedUtcUs),
    state: state.kind,
    recorded: journal.recorded(grantKey(id)),
    by: 'by' in state ? state.by : '',
  }
}

function becomes(what: Grant['for']): string {
  if (what.kind === 'class') return ''
  const limits = ({ minimum, maximum }: Pick<SettingLimits, 'minimum' | 'maximum'>): string =>
    minimum === maximum ? String(minimum) : `${minimum} to ${maximum}`
  const also = what.kind === 'setting' ? (what.also ?? []) : []
  return [limits(what), ...also.map((one) => `${one.setting} ${limits(one)}`)].join(', ')
}

/** How old a value may be that stands beside what it may become, milliseconds. */
const FRESH_MS = 30_000
/** Values that are kept. */
const MOST = 200

/** The present values of what requests are about, read from the breakers at most now and then. */
export function createPresentValues(gateway: Gateway): (grant: Grant) => Promise<string> {
  const read = new Map<string, { readonly at: number; readonly value: Promise<number | 'not-read'> }>()
  return async ({ breaker, for: what, state }) => {
    const register = state.kind === 'requested' ? registerOf(what, breaker, gateway) : 'none'
    if (register === 'none') return ''
    const key = JSON.stringify([breaker, register])
    const before = read.get(key)
    const now = gateway.clock.now()
    const found = before !== undefined && now - before.at < FRESH_MS ? before : { at: now, value: gateway.readRegister(breaker, register) }
    if (read.size >= MOST) read.clear()
    read.set(key, found)
    const value = await found.value
    return value === 'not-read' ? '' : String(value)
  }
}

/** The one register that holds it: named by the request, or by a guard of the site for this setting. */
function registerOf(what: Grant['for'], breaker: string, gateway: Gateway): number | 'none' {
  if (what.kind === 'registers') return what.from === what.to ? what.from : 'none'
  if (what.kind === 'class') return 'none'
  for (const { rule, breakers } of gateway.site().guards)
    if (rule.kind === 'value' && rule.setting === what.setting && (breakers === 'all' || breakers.has(breaker))) return rule.register
  return 'none'
}
