import { observe } from '../../breakers/index.ts'
import type { Outcome } from '../../bus/index.ts'
import type { BreakerSettings } from '../../config/index.ts'
import { event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import { type Request, addressOf } from '../../modbus/index.ts'
import { type Cancel, type Clock, background, isoUs } from '../../platform/index.ts'
import type { IncomingRequest } from '../../upstream/index.ts'
import type { Movements } from './movements.ts'
import { serve } from '../request/serve.ts'
import type { Seen } from './seen.ts'
import { type RequestPorts, askedByGateway } from '../request-ports.ts'

/** The gateway asks a breaker itself when nobody else has for this long, milliseconds. */
const STALE_MS = 5000
/** Failures in a row before a breaker counts as offline: one lost frame is no news. */
const FAILURES_TO_OFFLINE = 3

export interface BreakerStates {
  seen(breaker: string): Seen
  observe(breaker: BreakerSettings, request: Request, outcome: Outcome): void
  /** Starts the slow poll of breakers that nobody reads. Returns the way to stop it. */
  start(ports: RequestPorts, breakers: readonly BreakerSettings[]): Cancel
}

/** Learns the state of breakers from the answers that pass anyway. */
export function createBreakerStates(journal: Pick<Journal, 'note'>, clock: Clock, movements: Pick<Movements, 'saw'>): BreakerStates {
  const known = new Map<string, Seen>()
  const failures = new Map<string, number>()
  const seen = (name: string): Seen =>
    known.get(name) ?? { state: 'unknown', currents: [], at: 'never', since: 'never', reachable: 'not-tried' }

  function failed(breaker: BreakerSettings, why: string, weight: number): void {
    const before = failures.get(breaker.name) ?? 0
    failures.set(breaker.name, before + weight)
    if (before >= FAILURES_TO_OFFLINE || before + weight < FAILURES_TO_OFFLINE) return
    known.set(breaker.name, { ...seen(breaker.name), reachable: 'no' })
    journal.note(event('breaker-offline', { breaker: breaker.name, bus: breaker.bus, unit: breaker.unit, reason: why }))
  }

  function answered(breaker: BreakerSettings): void {
    failures.set(breaker.name, 0)
    const before = seen(breaker.name)
    if (before.reachable === 'no') journal.note(event('breaker-online', { breaker: breaker.name, bus: breaker.bus, unit: breaker.unit }))
    known.set(breaker.name, { ...before, reachable: 'yes' })
  }

  return {
    seen,
    observe(breaker, request, outcome) {
      if (outcome.kind === 'backed-off') {
        const { silence } = outcome
        // One request that it never answers is no news of the breaker.
        return silence.of === 'unit' ? failed(breaker, `no reply since ${isoUs(silence.sinceUtcUs)}`, FAILURES_TO_OFFLINE) : undefined
      }
      // A time-out may be the request's own fault: whether the breaker is silent is the bus's to judge, and the next request is told.
      if (outcome.kind === 'no-reply' && outcome.cause === 'silence') return
      if (outcome.kind === 'no-reply' || outcome.kind === 'unreachable') return failed(breaker, outcome.why, 1)
      if (outcome.kind !== 'reply') return
      answered(breaker)
      const observed = observe(request, outcome.reply, breaker.profile.status)
      if (observed === 'nothing') return
      movements.saw(breaker, observed.state)
      const before = seen(breaker.name)
      const currents = observed.currents === 'not-read' ? before.currents : observed.currents
      const same = before.since !== 'never' && before.state === observed.state
      const since = same ? before.since : { utcUs: clock.utcUs(), watched: before.since !== 'never' && before.state !== 'unknown' }
      known.set(breaker.name, { ...before, state: observed.state, currents, at: clock.now(), since })
    },
    start(ports, breakers) {
      let cancel: Cancel = () => undefined
      const round = (): void => {
        for (const breaker of breakers) {
          const { at } = seen(breaker.name)
          const read = statusRead(breaker)
          if (read !== 'none' && (at === 'never' || clock.now() - at > STALE_MS)) background(serve(read, ports))
        }
        cancel = clock.after(STALE_MS, round)
      }
      cancel = clock.after(STALE_MS / 2, round)
      return () => cancel()
    },
  }
}

/** The read that shows a breaker's state, in one request; what has no state is not asked. */
function statusRead({ unit, profile: { status } }: BreakerSettings): IncomingRequest | 'none' {
  if (status === 'none') return 'none'
  const quantity = status.currents + 3 - status.register
  return askedByGateway(unit, { kind: 'read-holding-registers', address: addressOf(status.register), quantity })
}
