import { toSeconds } from './duration.ts'

/** An instant as the API takes it: so long ago (2h), a day, or a time of this machine's zone unless it names one. Undefined when it is none. */
export function toInstant(text: string, nowMs: number): string | undefined {
  const days = /^(\d{1,4})d$/.exec(text)?.[1]
  const seconds = days === undefined ? toSeconds(text) : Number(days) * 86_400
  if (seconds !== undefined) return new Date(nowMs - seconds * 1000).toISOString()
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined
  // A date alone is its beginning here, not in UTC.
  const parsed = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text)
  return Number.isNaN(parsed.getTime()) ? undefined : parsed.toISOString()
}
