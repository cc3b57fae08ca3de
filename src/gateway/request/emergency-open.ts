import { openRequest } from '../../breakers/index.ts'
import { event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Clock, Monotonic, Random } from '../../platform/index.ts'
import { type ConnectionId, toConnectionId } from '../../policy/index.ts'
import type { Answer, IncomingRequest } from '../../upstream/index.ts'
import type { Recorded } from '../control/recorded-state.ts'
import type { Breaker } from '../request-ports.ts'

/** The second step has to come within this, milliseconds. */
export const CONFIRM_MS = 30_000
/** First steps of one person that wait for their second: the next one takes the place of the oldest of the same person. */
export const MAX_FIRST_STEPS = 3

export type EmergencyDone =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly why: 'off' | 'no-command' | 'not-confirmed' | 'unavailable' | 'not-passed' }

/** Opening a breaker whatever is locked or tagged, in two steps of the same person (S-27). Closing never comes this way. */
export interface Emergency {
  /** First step. Returns what the second has to bring along. */
  ask(
    breaker: string,
    by: Who,
    reason: string,
  ): { readonly kind: 'asked'; readonly ticket: string; readonly recorded: Promise<Recorded> } | EmergencyDone
  confirm(ticket: string, by: Who): Promise<EmergencyDone>
}
export type Who = { readonly name: string; readonly source: string }

type Parts = {
  readonly enabled: () => boolean
  readonly breakers: ReadonlyMap<string, Pick<Breaker, 'profile' | 'unit'>>
  readonly serve: (asked: IncomingRequest) => Promise<Answer>
  readonly journal: Pick<Journal, 'append' | 'keep'>
  readonly clock: Clock
  readonly random: Random
}

export function createEmergency({ enabled, breakers, serve, journal, clock, random }: Parts): Emergency {
  type Waiting = { readonly breaker: string; readonly by: Who; readonly reason: string; readonly until: Monotonic }
  const waiting = new Map<string, Waiting>()
  let turns = 0
  // Below every connection of a client: they are counted upwards from 0.
  const connection = (): ConnectionId => toConnectionId((turns -= 1))
  const refused = (why: Extract<EmergencyDone, { kind: 'refused' }>['why']): EmergencyDone => ({ kind: 'refused', why })

  return {
    ask(name, by, reason) {
      if (!enabled()) return refused('off')
      const breaker = breakers.get(name)
      if (breaker === undefined || openRequest(breaker.profile) === 'none') return refused('no-command')
      const ticket = random.uuid()
      // Nobody else's: whoever asks often takes no other person's emergency away.
      for (const [key, { until }] of waiting) if (clock.now() >= until) waiting.delete(key)
      const own = [...waiting].filter(([, one]) => one.by.name === by.name)
      if (own.length >= MAX_FIRST_STEPS) waiting.delete(own[0]?.[0] ?? '')
      waiting.set(ticket, { breaker: name, by, reason, until: (clock.now() + CONFIRM_MS) as Monotonic })
      const kept = journal.keep(event('emergency-open-asked', { subject: by.name, source: by.source, breaker: name, reason }), {})
      return { kind: 'asked', ticket, recorded: kept.then((id) => (id === 'not-yet' ? 'not-yet' : 'recorded')) }
    },
    async confirm(ticket, by) {
      const found = waiting.get(ticket)
      waiting.delete(ticket)
      if (found === undefined || clock.now() >= found.until || found.by.name !== by.name) return refused('not-confirmed')
      const breaker = breakers.get(found.breaker)
      const request = breaker === undefined ? 'none' : openRequest(breaker.profile)
      if (breaker === undefined || request === 'none' || !enabled()) return refused('off')
      const told = { subject: by.name, source: by.source, breaker: found.breaker, reason: found.reason }
      if ((await journal.append(event('emergency-open', told))) === 'unavailable') return refused('unavailable')
      const subject = { kind: 'emergency', name: by.name, source: by.source, connection: connection() } as const
      const { pdu } = await serve({ subject, unit: breaker.unit, transaction: 0, request, stillConnected: () => true })
      return pdu !== 'none' && (pdu[0] ?? 0x80) < 0x80 ? { kind: 'sent' } : refused('not-passed')
    },
  }
}
