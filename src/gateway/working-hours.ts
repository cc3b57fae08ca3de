import type { WorkingHours } from '../config/index.ts'
import { localTime } from '../platform/index.ts'
import { isDuring } from '../policy/index.ts'

/** Whether somebody is expected to be at work now, by this machine's own time zone. */
export function hoursNow(hours: WorkingHours, utcUs: number): 'inside' | 'outside' | 'not set' {
  if (hours.length === 0) return 'not set'
  return isDuring(hours, localTime(utcUs)) ? 'inside' : 'outside'
}
