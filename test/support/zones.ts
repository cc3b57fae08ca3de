import type { OffsetAt } from '../../src/platform/index.ts'

/** The offset of a named zone by ICU's tables: nothing of it is computed by the code under test. */
export function offsetIn(timeZone: string): OffsetAt {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (utcMs) => {
    const parts = new Map(format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]))
    const part = (type: string): number => parts.get(type as Intl.DateTimeFormatPartTypes) ?? NaN
    const there = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return Math.round((there - Math.floor(utcMs / 1000) * 1000) / 60_000)
  }
}
