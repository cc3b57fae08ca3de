import { type Request, encodeRequest, functionCodeOf } from '../modbus/index.ts'
import { type Monotonic, toMonotonic } from '../platform/index.ts'

/** A request that timed out: its reply may still come, and on a serial line nothing in it says which request it answers. */
export type TimedOutRequest = { readonly request: Request; readonly until: Monotonic }

/**
 * A reply may need twice the time that its device is given, counted from the end of its request, even where a question to a silent unit
 * waited shorter. What comes later than that cannot be told from the truth.
 */
export const timedOutRequest = (request: Request, sentUntil: number, replyTimeoutMs: number): TimedOutRequest => ({
  request,
  until: toMonotonic(sentUntil + 2 * replyTimeoutMs),
})

/**
 * When this request may go to a unit that let others time out: not while a late reply to another of the same function could be taken
 * for its own. The same request may go at once: whichever of its replies comes, it
 * answers it; the other is then late.
 */
export function earliestSend(request: Request, dead: readonly TimedOutRequest[], now: Monotonic): Monotonic {
  const alike = dead.filter(({ request: late, until }) => until > now && looksAlike(late, request) && !isSame(late, request))
  return toMonotonic(Math.max(now, ...alike.map(({ until }) => until)))
}

/** Whether this request was asked before and that one may still be answered: then of two replies only one has come. */
export const awaitsLateReply = (request: Request, dead: readonly TimedOutRequest[], now: Monotonic): boolean =>
  dead.some(({ request: late, until }) => until > now && isSame(late, request))

/** Exceptions of one function are all alike, whatever the length of its other replies. */
const looksAlike = (late: Request, request: Request): boolean => functionCodeOf(late) === functionCodeOf(request)

const isSame = (one: Request, other: Request): boolean => Buffer.compare(encodeRequest(one), encodeRequest(other)) === 0
