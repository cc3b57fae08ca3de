const formatters = new Map<string, Intl.DateTimeFormat>()

/** Made once for each zone: that takes longer than a thousand uses. */
function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  formatters.set(zone, made)
  return made
}

/** The time of RFC 3164, 4.1.2 (`Mmm dd hh:mm:ss`, the day padded with a space), of an ISO time in a zone (IANA name). */
export function oldStamp(time: string, zone: string): string {
  const parts = new Map(
    formatterOf(zone)
      .formatToParts(Date.parse(time))
      .map(({ type, value }) => [type, value]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? ''
  return `${part('month')} ${part('day').padStart(2)} ${part('hour')}:${part('minute')}:${part('second')}`
}
