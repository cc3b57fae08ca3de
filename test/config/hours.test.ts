import t from 'tap'
import { hoursNow } from '../../src/gateway/working-hours.ts'
import { toHours } from '../../src/config/hours.ts'

t.test('working hours are days and times of this machine, over the end of a week too', (t) => {
  t.match(toHours('Mon-Fri 06:00-18:00'), { days: [1, 2, 3, 4, 5], fromMinute: 360, toMinute: 1080 })
  t.match(toHours('Sat 07:30-12:00'), { days: [6], fromMinute: 450, toMinute: 720 })
  t.match(toHours('Fri-Mon 00:00-24:00'), { days: [5, 6, 0, 1], fromMinute: 0, toMinute: 1440 })
  t.match(toHours('Mon-Fri 22:00-06:00'), { days: [1, 2, 3, 4, 5], fromMinute: 1320, toMinute: 360 })
  for (const wrong of ['Mo-Fr 06:00-18:00', 'Mon 6:00-18:00', 'Mon 06:00-24:30', 'Mon 06:00', '', 'Mon-Fri 06:00-06:00'])
    t.equal(toHours(wrong), undefined, wrong)
  t.end()
})

t.test('an instant is inside, outside, or nobody has set them; the end belongs to outside', (t) => {
  const hours = [toHours('Mon-Fri 06:00-18:00'), toHours('Sat 07:00-12:00')].flatMap((one) => one ?? [])
  const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime() * 1000
  const table: readonly (readonly [number, string])[] = [
    [at(24, 6), 'inside'],
    [at(24, 5, 59), 'outside'],
    [at(24, 17, 59), 'inside'],
    [at(24, 18), 'outside'],
    [at(28, 11, 59), 'inside'],
    [at(28, 12), 'outside'],
    [at(29, 10), 'outside'],
  ]
  for (const [us, expected] of table) t.equal(hoursNow(hours, us), expected, new Date(us / 1000).toString())
  t.equal(hoursNow([], at(29, 10)), 'not set')
  t.end()
})

t.test('hours over midnight belong to the day on which they begin, also over the end of a week', (t) => {
  const hours = ['Mon-Fri 22:00-06:00', 'Sat 23:00-00:00'].flatMap((text) => toHours(text) ?? [])
  const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime() * 1000
  const table: readonly (readonly [us: number, expected: string, why: string])[] = [
    [at(23, 5, 59), 'outside', 'Monday before the first of the week: Sunday has none'],
    [at(23, 21, 59), 'outside', 'Monday evening, a minute before'],
    [at(23, 22), 'inside', 'Monday 22:00'],
    [at(24, 0), 'inside', 'Tuesday 00:00 is still of Monday'],
    [at(24, 5, 59), 'inside', 'Tuesday 05:59'],
    [at(24, 6), 'outside', 'Tuesday 06:00'],
    [at(28, 5, 59), 'inside', 'Saturday 05:59 is of Friday'],
    [at(28, 22, 30), 'outside', 'Saturday has other hours'],
    [at(28, 23), 'inside', 'Saturday 23:00'],
    [at(29, 0), 'outside', '00:00 is the end of Saturday'],
    [at(29, 22), 'outside', 'Sunday'],
  ]
  for (const [us, expected, why] of table) t.equal(hoursNow(hours, us), expected, why)
  t.end()
})
