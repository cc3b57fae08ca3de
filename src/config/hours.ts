/** Days (0 is Sunday) and minutes of the day, of this machine's own time zone; to before from: over midnight, of the day on which it begins. */
export type WorkingHours = readonly { readonly days: readonly number[]; readonly fromMinute: number; readonly toMinute: number }[]

const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const pattern = /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat)(?:-(Sun|Mon|Tue|Wed|Thu|Fri|Sat))? ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/

/** `Mon-Fri 06:00-18:00`, `Sat 07:00-12:00`; 24:00 is the end of a day. `Mon-Fri 22:00-06:00` is over midnight: the last ends on Saturday. */
export function toHours(text: string): WorkingHours[number] | undefined {
  const found = pattern.exec(text)
  if (found === null) return undefined
  const [, first = '', last = first, fromHour, fromRest, toHour, toRest] = found
  const [from, to] = [names.indexOf(first as 'Sun'), names.indexOf(last as 'Sun')]
  const days = Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, i) => (from + i) % 7)
  const [fromMinute, toMinute] = [Number(fromHour) * 60 + Number(fromRest), Number(toHour) * 60 + Number(toRest)]
  return fromMinute !== toMinute && toMinute <= 24 * 60 ? { days, fromMinute, toMinute } : undefined
}
