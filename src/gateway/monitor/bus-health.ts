import type { Notice } from '../../bus/index.ts'
import type { BreakerSettings } from '../../config/index.ts'
import { type SecurityEvent, event } from '../../events/index.ts'
import type { MismatchReason } from '../../modbus/index.ts'
import type { Log } from '../../platform/index.ts'

/** How many replies of a breaker were discarded, and for what. */
export type Discarded = Readonly<Partial<Record<MismatchReason, number>>>

/** What the buses have told: which are down, what slows them, and which replies they threw away. */
export interface Health {
  busIsUp(bus: string): boolean
  discarded(breaker: string): Discarded
  /** What is wrong with a bus that works; empty when nothing is. */
  warning(bus: string): string
  /** What a bus calls with each of its notices. */
  noticer(bus: string): (notice: Notice) => void
}

export function createHealth(breakers: readonly BreakerSettings[], note: (event: SecurityEvent) => void, log: Pick<Log, 'warn'>): Health {
  const warnings = new Map<string, string>()
  const down = new Set<string>()
  const discarded = new Map<string, Partial<Record<MismatchReason, number>>>()

  function count(breaker: string, reason: MismatchReason): void {
    const counts = discarded.get(breaker) ?? {}
    counts[reason] = (counts[reason] ?? 0) + 1
    discarded.set(breaker, counts)
  }

  return {
    busIsUp: (bus) => !down.has(bus),
    discarded: (breaker) => discarded.get(breaker) ?? {},
    warning: (bus) => warnings.get(bus) ?? '',
    noticer: (bus) => (notice) => {
      switch (notice.kind) {
        case 'down':
          down.add(bus)
          return note(event('bus-down', { bus, reason: notice.why }))
        case 'up':
          down.delete(bus)
          return note(event('bus-up', { bus }))
        case 'foreign': {
          const { unit, functionCode } = notice
          const reason = `somebody else asks unit ${unit} (function code ${functionCode})`
          return note(event('foreign-master-suspected', { bus, unit, functionCode, reason }))
        }
        case 'noisy':
          return note(event('bus-noisy', { bus, reason: notice.why }))
        case 'warning':
          warnings.set(bus, notice.why)
          return log.warn(`bus ${bus}: ${notice.why}`)
        case 'discarded': {
          const breaker = breakers.find((candidate) => candidate.bus === bus && candidate.address === notice.address)
          if (breaker !== undefined) count(breaker.name, notice.reason)
          const reason = `${notice.reason}: ${notice.why}`
          return note(event('response-invalid', { breaker: breaker?.name ?? '', bus, unit: breaker?.unit ?? 0, reason }))
        }
      }
    },
  }
}
