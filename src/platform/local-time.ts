/** Minutes by which local time is ahead of UTC at an instant (milliseconds since 1970, UTC): +60 for CET, +120 for CEST. */
export type OffsetAt = (utcMs: number) => number

/** The offset of this machine's time zone (TZ or /etc/localtime), with its daylight-saving changes. */
export const machineOffset: OffsetAt = (utcMs) => -new Date(utcMs).getTimezoneOffset()

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const modulo = (value: number, by: number): number => ((value % by) + by) % by

/** Day of the week (0 is Sunday) and minute of the day (0-1439) of an instant in microseconds, in this machine's time zone. */
export function localTime(us: number, offsetAt: OffsetAt = machineOffset): { readonly weekday: number; readonly minute: number } {
  const utcMs = Math.floor(us / 1000)
  const there = new Date(utcMs + offsetAt(utcMs) * MINUTE_MS)
  return { weekday: there.getUTCDay(), minute: there.getUTCHours() * 60 + there.getUTCMinutes() }
}

/**
 * The first instant after `afterUs` at which local clocks show `minute` (0-1439) of a day, or jump over it; microseconds since 1970, UTC.
 * A time that does not exist on the night of a change is the instant of the change; one that exists twice is whichever comes next.
 * Never the difference of two wall-clock times: that is an hour wrong when the clock changes in between.
 * Assumes at most one change of the offset within a day, as all zones have it.
 */
export function nextLocalTime(afterUs: number, minute: number, offsetAt: OffsetAt = machineOffset): number {
  const afterMs = Math.floor(afterUs / 1000)
  const offset = offsetAt(afterMs)
  const first = nextAtOffset(afterMs, minute, offset)
  const later = offsetAt(first)
  if (later === offset) return first * 1000
  const changeMs = firstWith(offsetAt, later, afterMs, first)
  const untilMinute = modulo(minute * MINUTE_MS - (changeMs + offset * MINUTE_MS), DAY_MS)
  const isSkipped = untilMinute < (later - offset) * MINUTE_MS
  return (isSkipped ? changeMs : nextAtOffset(changeMs - 1, minute, later)) * 1000
}

/** The same for a clock that never changes its offset; milliseconds. */
const nextAtOffset = (afterMs: number, minute: number, offset: number): number =>
  afterMs + DAY_MS - modulo(afterMs + (offset - minute) * MINUTE_MS, DAY_MS)

/** The first millisecond that has the offset `later`, which `untilMs` has and `fromMs` has not. */
function firstWith(offsetAt: OffsetAt, later: number, fromMs: number, untilMs: number): number {
  let [before, from] = [fromMs, untilMs]
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2)
    if (offsetAt(middle) === later) from = middle
    else before = middle
  }
  return from
}

/** The time zone of this machine, its IANA name such as `Europe/Berlin`; `UTC` where none is set up. */
export function machineZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return timeZone === 'Etc/Unknown' ? 'UTC' : timeZone
}
