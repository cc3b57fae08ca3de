import t from 'tap'
import { NOISE } from '../../src/bus/limits.ts'
import { watchNoise } from '../../src/bus/noise.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

function watched() {
  const clock = virtualClock()
  const reports: string[] = []
  const noise = watchNoise(clock, (why) => void reports.push(why))
  const bursts = (count: number, everyMs: number): void => {
    for (let i = 0; i < count; i++) {
      noise.heard('begins')
      clock.advance(everyMs)
    }
  }
  return { clock, noise, reports, bursts }
}

t.test('so many bursts within the time make a line noisy; one fewer, or the same over a longer time, does not', (t) => {
  const few = watched()
  few.bursts(NOISE.bursts - 1, 100)
  t.same(few.reports, [])
  few.bursts(1, 100)
  t.match(few.reports, [/20 times within 2 s/])
  const slow = watched()
  slow.bursts(10 * NOISE.bursts, NOISE.withinMs / (NOISE.bursts - 1) + 1)
  t.same(slow.reports, [])
  t.end()
})

t.test('a burst that turns out to be a valid frame is none: late replies and another master are no noise', (t) => {
  const { noise, reports } = watched()
  for (let i = 0; i < 10 * NOISE.bursts; i++) {
    noise.heard('begins')
    noise.heard('whole')
  }
  t.same(reports, [])
  t.end()
})

t.test('a noisy line is reported once in an hour, whichever way it shows', (t) => {
  const { clock, noise, reports, bursts } = watched()
  noise.neverSilent()
  bursts(10 * NOISE.bursts, 100)
  noise.neverSilent()
  t.match(reports, [/no silence for a request/])
  clock.advance(NOISE.reportedEveryMs)
  noise.neverSilent()
  t.equal(reports.length, 2)
  t.end()
})
