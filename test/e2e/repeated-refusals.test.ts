import t from 'tap'
import { event } from '../../src/events/index.ts'
import { runCommand } from '../support/command.ts'
import { browserFor, hire, logIn, pagesOf } from '../support/pages.ts'

const summary = (breaker: string, reason: string, count: number, id = 'operation-denied') =>
  event('events-collapsed', {
    event: id,
    subject: 'scada-1',
    source: '10.0.0.1',
    class: 'control',
    breaker,
    reason,
    count,
    seconds: 60,
    operation: breaker === '' ? '' : 'close',
  })

t.test(
  'of a client that is refused all the time, of which only sums are recorded, the page, top and events --id show how many and when',
  async (t) => {
    const all = await pagesOf(t)
    const { gateway, world } = all
    await hire(all, 'tech', 'FieldTech')
    gateway.journal.note(summary('Q1', 'locked: nobody has unlocked it', 12))
    gateway.journal.note(summary('Q2', 'locked: nobody has unlocked it', 1000))
    gateway.journal.note(summary('', 'more kinds than are counted apart', 7))
    gateway.journal.note(summary('Q1', 'x', 1, 'privilege-denied'))
    await gateway.journal.flush()

    const lines = (await runCommand(world.paths, 'events', '--json', '--id', 'operation-denied')).stdout.trim().split('\n')
    t.equal(lines.length, 3)
    const top = (await runCommand(world.paths, 'top')).stdout
    t.match(top, /close +scada-1 +locked: nobody has unlocked it \(12 more within 60 s\)/)

    const { page, complaints } = await logIn(await browserFor(t, all), all, 'tech', { size: 'phone', path: '/b/Q1' })
    const rows = page.locator('.refused li')
    await rows.filter({ hasText: /^19 refused, last at \d\d:\d\d/ }).waitFor()
    await rows.filter({ hasText: /close scada-1: locked: nobody has unlocked it · 12 more within 60 s/ }).waitFor()
    await rows.filter({ hasText: /operations at several breakers scada-1: .* · 7 more within 60 s/ }).waitFor()
    t.equal(await rows.count(), 3)
    t.same(complaints, [])
  },
)
