import t from 'tap'
import { toInstant } from '../../../../src/admin/cli/text/instant.ts'
import { progressBar } from '../../../../src/admin/cli/text/progress.ts'

t.test('a time is so long ago, a day, or an instant with or without its zone', (t) => {
  const now = Date.UTC(2026, 10, 24, 12)
  t.equal(toInstant('2h', now), '2026-11-24T10:00:00.000Z')
  t.equal(toInstant('3d', now), '2026-11-21T12:00:00.000Z')
  t.equal(toInstant('90s', now), '2026-11-24T11:58:30.000Z')
  t.equal(toInstant('2026-11-24T06:00:00Z', now), '2026-11-24T06:00:00.000Z')
  t.equal(toInstant('2026-11-24T06:00:00+02:00', now), '2026-11-24T04:00:00.000Z')
  t.equal(toInstant('2026-11-24', now), new Date(2026, 10, 24).toISOString(), 'the beginning of the day here')
  for (const wrong of ['yesterday', '2026-13-01', '', '5', '24.11.2026']) t.equal(toInstant(wrong, now), undefined, wrong)
  t.end()
})

t.test('a long command shows a person how far it is, on one line, and a program nothing', (t) => {
  const lines: string[] = []
  const bar = progressBar({ interactive: true, progress: (line) => void lines.push(line) }, 'verifying')
  bar.show(5000, 20_000)
  bar.show(5000, 20_000)
  bar.show(20_000, 20_000)
  bar.end()
  t.match(lines, [/^verifying \[#{8}\.{22}\] {2}25 % {2}5,000$/, /^verifying \[#{30}\] 100 % {2}20,000$/, ''])
  const none: string[] = []
  const silent = progressBar({ interactive: false, progress: (line) => void none.push(line) }, 'verifying')
  silent.show(1, 2)
  silent.end()
  t.same(none, [])
  t.end()
})
