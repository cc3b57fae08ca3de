import type { Clock } from '../../src/platform/index.ts'
import type { Stored } from './journal.ts'

type OracleWorld = {
  readonly clock: Clock
  readonly stored: readonly Stored[]
  readonly broken: (rule: string) => void
  /** Whether the site wants a grant for each operation. */
  readonly grants?: boolean
  /** How long a breaker must have been silent before an operation may be refused for it, milliseconds. */
  readonly leastSilenceMs?: number
}

/** A second opinion on what may reach a breaker: from what people did and what the disk holds, not from the gateway's own decisions. */
export interface Oracle {
  /** A device got something that is no read. */
  readonly operated: (bus: string, address: number, pdu: Buffer) => void
  /** A whole reply of a device has come in time. */
  answered(address: number): void
  /** The gateway has refused an operation, since the breaker has not answered. */
  leftAlone(breaker: string): void
  /** Somebody was told that something is done, and the disk does not hold it. */
  unrecorded(what: string): void
  locked(breaker: string): void
  /** Somebody unlocks: what it allows counts from here, since the moment in which it holds is the disk's; a lock in between ends it. */
  unlocking(breaker: string, forMs: number): void
  /** Something bars a breaker, or all of them (`*`), from this moment on: a tag, the master lock, the key, a role that was taken away. */
  bar(breaker: string, what: string): void
  /** It may be gone from this moment on. */
  unbar(breaker: string, what: string): void
  granted(breaker: string, id: string, uses: number, forMs: number): void
  revoked(id: string): void
  finish(): void
  operations(): number
  /** Operations that were refused for a breaker's silence. */
  refusedForSilence(): number
}

const codes: Readonly<Record<number, string>> = { 904: 'open', 905: 'close' }

export function createOracle({ clock, stored, broken, grants: wantsGrants = false, leastSilenceMs = 0 }: OracleWorld): Oracle {
  const openUntil = new Map<string, number>()
  const sent = new Map<string, number>()
  const bars = new Map<string, Set<string>>()
  const grants = new Map<string, { readonly breaker: string; readonly uses: number; readonly until: number; readonly revoked: boolean }>()
  const barsOf = (breaker: string): string[] => [...(bars.get(breaker) ?? []), ...(bars.get('*') ?? [])]
  const sentTo = (breaker: string): number => Object.values(codes).reduce((sum, verb) => sum + (sent.get(`${verb} ${breaker}`) ?? 0), 0)
  const answeredAt = new Map<string, number>()
  let operations = 0
  let refused = 0

  return {
    answered: (address) => void answeredAt.set(`Q${address}`, clock.now()),
    leftAlone(breaker) {
      refused += 1
      const agoMs = clock.now() - (answeredAt.get(breaker) ?? -Infinity)
      if (agoMs < leastSilenceMs)
        broken(`an operation of ${breaker} was refused for its silence, ${agoMs.toFixed(0)} ms after it had answered`)
    },
    unrecorded: (what) => broken(`${what} was confirmed and is not on the disk`),
    operated(bus, address, pdu) {
      operations += 1
      const breaker = `Q${address}`
      const verb = pdu.length === 46 ? codes[pdu.readUInt16BE(6)] : undefined
      if (verb === undefined) return broken(`${pdu.toString('hex')} reached ${breaker} on ${bus}: nobody may do that`)
      if (clock.now() >= (openUntil.get(breaker) ?? -1)) broken(`${verb} reached ${breaker} while it was locked`)
      for (const what of barsOf(breaker)) broken(`${verb} reached ${breaker} while it was barred: ${what}`)
      const key = `${verb} ${breaker}`
      sent.set(key, (sent.get(key) ?? 0) + 1)
      if (wantsGrants) {
        const its = [...grants.values()].filter((grant) => grant.breaker === breaker)
        if (!its.some(({ until, revoked }) => !revoked && clock.now() < until))
          broken(`${verb} reached ${breaker} without a grant in force`)
        const uses = its.reduce((sum, grant) => sum + grant.uses, 0)
        if (sentTo(breaker) > uses) broken(`${breaker} was operated ${sentTo(breaker)} times under grants for ${uses}`)
      }
      const allowed = stored.filter(
        ({ id, fields }) => id === 'operation-allowed' && fields['breaker'] === breaker && String(fields['operation']).startsWith(verb),
      )
      if ((sent.get(key) ?? 0) > allowed.length)
        broken(`${verb} reached ${breaker} ${sent.get(key)} times, and the disk holds ${allowed.length} permits`)
      if (allowed.some(({ fields }) => fields['role'] !== 'Operator'))
        broken(`${verb} of ${breaker} was allowed to a role without the right`)
    },
    bar: (breaker, what) => void bars.set(breaker, (bars.get(breaker) ?? new Set()).add(what)),
    unbar: (breaker, what) => void bars.get(breaker)?.delete(what),
    granted: (breaker, id, uses, forMs) => void grants.set(id, { breaker, uses, until: clock.now() + forMs, revoked: false }),
    revoked(id) {
      const grant = grants.get(id)
      if (grant !== undefined) grants.set(id, { ...grant, revoked: true })
    },
    locked: (breaker) => void openUntil.delete(breaker),
    unlocking(breaker, forMs) {
      const from = clock.now()
      openUntil.set(breaker, Math.max(openUntil.get(breaker) ?? 0, from + forMs))
    },
    finish() {
      const ended = new Set(['operation-done', 'operation-refused-by-device', 'operation-failed', 'operation-outcome-unknown'])
      const ends = new Map<string, number>()
      for (const { id, fields } of stored)
        if (ended.has(id)) ends.set(String(fields['correlation']), (ends.get(String(fields['correlation'])) ?? 0) + 1)
      for (const { id, fields } of stored) {
        const count = ends.get(String(fields['correlation'])) ?? 0
        if (id === 'operation-allowed' && count !== 1) broken(`operation ${String(fields['correlation'])} has ${count} ends on the record`)
      }
    },
    operations: () => operations,
    refusedForSilence: () => refused,
  }
}
