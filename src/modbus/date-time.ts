/** A date as 43/15 and 43/16 carry it in 8 bytes (DOCA0157EN, "Function 43-16"; TI081 format, 7EN02-0423). */
export type DateTime = {
  /** 2000 to 2127. */
  readonly year: number
  readonly month: number
  readonly day: number
  /** 1 is Sunday; 0 is not used. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  /** Milliseconds of the minute, 0 to 59999. */
  readonly milliseconds: number
  readonly summerTime: boolean
  /** The sender itself does not trust this time. */
  readonly invalid: boolean
}
export const DATE_BYTES = 8

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** Reads 8 bytes, or says what about them is no date. Bits that have no meaning must be 0: what is sent on is the same. */
export function decodeDateTime(bytes: Uint8Array): DateTime | string {
  const [reserved = 0, years = 0, month = 0, days = 0, hours = 0, minutes = 0, high = 0, low = 0] = bytes
  const year = 2000 + (years & 0x7f)
  const day = days & 0x1f
  const hour = hours & 0x1f
  const minute = minutes & 0x3f
  const milliseconds = (high << 8) | low
  if (reserved !== 0 || (years & 0x80) !== 0 || (month & 0xf0) !== 0 || (hours & 0x60) !== 0 || (minutes & 0x40) !== 0)
    return 'reserved bits of the date are set'
  if (month < 1 || month > 12) return `month ${month}`
  if (day < 1 || day > daysIn(year, month)) return `day ${day} of month ${month}`
  if (hour > 23) return `hour ${hour}`
  if (minute > 59) return `minute ${minute}`
  if (milliseconds > 59_999) return `${milliseconds} milliseconds of a minute`
  const summerTime = (hours & 0x80) !== 0
  const invalid = (minutes & 0x80) !== 0
  return { year, month, day, weekday: days >> 5, hour, minute, milliseconds, summerTime, invalid }
}

export function encodeDateTime(date: DateTime): Uint8Array {
  return Uint8Array.of(
    0,
    date.year - 2000,
    date.month,
    date.day | (date.weekday << 5),
    date.hour | (date.summerTime ? 0x80 : 0),
    date.minute | (date.invalid ? 0x80 : 0),
    date.milliseconds >> 8,
    date.milliseconds & 0xff,
  )
}
