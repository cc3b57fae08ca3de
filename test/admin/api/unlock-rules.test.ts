import t from 'tap'
import { unlockRules } from '../../../src/admin/api/unlock-rules.ts'

process.env['TZ'] = 'Europe/Berlin'
const leftAt = (iso: string, shiftEnds: readonly number[]): number | 'not-set' =>
  unlockRules({ clock: { utcUs: () => Date.parse(iso) * 1000 }, site: () => ({ longestUnlockMs: 8 * 3600_000, shiftEnds }) })
    .shiftEndSeconds

t.test('"until the end of the shift" ends with the shift, also on the nights when the clock changes', (t) => {
  const threeShifts = [6 * 60, 14 * 60, 22 * 60]
  t.equal(leftAt('2027-03-28T00:30:00Z', threeShifts), 3.5 * 3600, 'spring, 01:30 CET to 06:00 CEST')
  t.equal(leftAt('2027-10-31T00:30:00Z', threeShifts), 4.5 * 3600, 'autumn, the first 02:30 to 06:00 CET')
  t.equal(leftAt('2027-06-01T03:30:00Z', threeShifts), 1800, 'a night without a change')
  t.equal(leftAt('2027-06-01T03:59:30.400Z', threeShifts), 29, 'seconds count, and it never ends after the shift')
  t.equal(leftAt('2027-06-01T03:59:59.900Z', threeShifts), 1, 'a time that can be asked for')
  t.equal(leftAt('2027-06-01T04:00:00Z', threeShifts), 8 * 3600, 'a shift that begins')
  t.equal(leftAt('2027-03-28T00:30:00Z', [150]), 1800, '02:30 does not exist: it is the change at 02:00')
  t.equal(leftAt('2027-03-28T00:30:00Z', []), 'not-set')
  t.end()
})
