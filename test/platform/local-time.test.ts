import t from 'tap'
import { type OffsetAt, localTime, nextLocalTime } from '../../src/platform/index.ts'
import { offsetIn } from '../support/zones.ts'

const berlin = offsetIn('Europe/Berlin')
const us = (iso: string): number => Date.parse(iso) * 1000
const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))

t.test('the next time of day of a zone is found over the nights on which its clock changes', (t) => {
  const table: readonly (readonly [zone: OffsetAt, now: string, time: string, next: string, why: string])[] = [
    [berlin, '2027-03-27T22:30:00Z', '06:00', '2027-03-28T04:00:00Z', 'spring, from before midnight'],
    [berlin, '2027-03-28T00:30:00Z', '06:00', '2027-03-28T04:00:00Z', 'spring, from 01:30 CET: 3 h 30 min, not 4 h 30 min'],
    [berlin, '2027-03-28T01:30:00Z', '06:00', '2027-03-28T04:00:00Z', 'spring, after the change'],
    [berlin, '2027-03-28T00:30:00Z', '02:30', '2027-03-28T01:00:00Z', 'a time that does not exist is the change itself'],
    [berlin, '2027-03-28T00:30:00Z', '02:00', '2027-03-28T01:00:00Z', 'the first time that does not exist'],
    [berlin, '2027-03-28T00:30:00Z', '03:00', '2027-03-28T01:00:00Z', 'the first time after the gap'],
    [berlin, '2027-03-28T01:00:00Z', '02:30', '2027-03-29T00:30:00Z', 'after the gap: the next day'],
    [berlin, '2027-10-30T20:00:00Z', '06:00', '2027-10-31T05:00:00Z', 'autumn, from before midnight'],
    [berlin, '2027-10-31T00:30:00Z', '06:00', '2027-10-31T05:00:00Z', 'autumn, from 02:30 CEST: 4 h 30 min'],
    [berlin, '2027-10-31T01:30:00Z', '06:00', '2027-10-31T05:00:00Z', 'autumn, from 02:30 CET'],
    [berlin, '2027-10-30T23:30:00Z', '02:30', '2027-10-31T00:30:00Z', 'a time that exists twice: the first'],
    [berlin, '2027-10-31T00:45:00Z', '02:30', '2027-10-31T01:30:00Z', 'a time that exists twice: the second, after the first'],
    [berlin, '2027-10-31T01:30:00Z', '02:30', '2027-11-01T01:30:00Z', 'after both: the next day'],
    [berlin, '2027-10-30T04:00:00Z', '06:00', '2027-10-31T05:00:00Z', 'a day of 25 hours, from exactly 06:00'],
    [berlin, '2027-03-27T05:00:00Z', '06:00', '2027-03-28T04:00:00Z', 'a day of 23 hours, from exactly 06:00'],
    [berlin, '2027-07-01T03:59:59.999Z', '06:00', '2027-07-01T04:00:00Z', 'a millisecond before'],
    [offsetIn('Asia/Kolkata'), '2027-03-28T00:30:00Z', '06:00', '2027-03-29T00:30:00Z', 'a zone without changes, at the time itself'],
    [offsetIn('Asia/Kolkata'), '2027-03-28T00:31:00Z', '06:00', '2027-03-29T00:30:00Z', 'a zone without changes'],
    [offsetIn('Etc/UTC'), '2027-03-28T23:59:59Z', '00:00', '2027-03-29T00:00:00Z', 'UTC'],
    [offsetIn('Australia/Lord_Howe'), '2027-10-02T15:00:00Z', '02:15', '2027-10-02T15:30:00Z', 'a change of half an hour'],
    [offsetIn('America/St_Johns'), '2027-03-14T04:00:00Z', '06:00', '2027-03-14T08:30:00Z', 'west of Greenwich, with half an hour'],
  ]
  for (const [zone, now, time, expected, why] of table) {
    const next = nextLocalTime(us(now), minuteOf(time), zone)
    t.equal(new Date(next / 1000).toISOString(), new Date(expected).toISOString(), `${now} ${time}: ${why}`)
  }
  t.end()
})

t.test('around each change of a year, it is the first instant that a walk over the minutes finds', (t) => {
  const minutes = [0, 150, 360, 1439]
  for (const zone of [berlin, offsetIn('America/Santiago')]) {
    const changes = Array.from({ length: 365 * 24 }, (_, hour) => Date.UTC(2027, 0, 1, hour)).filter(
      (ms) => zone(ms) !== zone(ms - 3600_000),
    )
    t.equal(changes.length, 2)
    for (const change of changes)
      for (const minute of minutes)
        for (let from = change - 26 * 3600_000; from < change + 2 * 3600_000; from += 45 * 60_000) {
          let at = from
          let shown = localTime(at * 1000, zone).minute
          for (;;) {
            at += 60_000
            const next = localTime(at * 1000, zone).minute
            const passed = (next - shown + 1440) % 1440
            // A jump forward passes over times; one backward does not show them.
            const isForward = passed < 720
            if (isForward && (minute - shown - 1 + 1440) % 1440 < passed) break
            shown = next
          }
          if (nextLocalTime(from * 1000, minute, zone) !== at * 1000)
            t.equal(
              new Date(nextLocalTime(from * 1000, minute, zone) / 1000).toISOString(),
              new Date(at).toISOString(),
              `${from} ${minute}`,
            )
        }
  }
  t.end()
})

t.test('an instant of the machine itself, before and after a change', (t) => {
  process.env['TZ'] = 'Europe/Berlin'
  t.same(localTime(us('2027-03-28T00:59:00Z')), { weekday: 0, minute: 119 })
  t.same(localTime(us('2027-03-28T01:00:00Z')), { weekday: 0, minute: 180 })
  t.equal(nextLocalTime(us('2027-03-28T00:30:00Z'), 360), us('2027-03-28T04:00:00Z'))
  t.end()
})
