import { type SecurityEvent, event } from '../../events/index.ts'
import { isoUs } from '../../platform/index.ts'

/** Days before the end at which it is told, the first time that each has come; 0 is the end itself. */
export const WARN_DAYS = [60, 30, 7, 1] as const
const DAY_MS = 24 * 60 * 60_000

type Ends = { readonly name: string; readonly where: string; readonly expiresMs: number }

/** The step that has come and was not told yet (`toldAt`: the lowest that was), or `nothing`. */
export function expiryStep(
  { name: subject, where, expiresMs }: Ends,
  nowMs: number,
  toldAt: number,
): { readonly step: number; readonly event: SecurityEvent } | 'nothing' {
  const days = Math.ceil((expiresMs - nowMs) / DAY_MS)
  const step = days <= 0 ? 0 : WARN_DAYS.findLast((limit) => days <= limit)
  if (step === undefined || toldAt <= step) return 'nothing'
  const until = isoUs(expiresMs * 1000)
  return {
    step,
    event:
      step === 0 ? event('certificate-expired', { subject, where, until }) : event('certificate-expiring', { subject, where, days, until }),
  }
}
