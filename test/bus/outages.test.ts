import t from 'tap'
import type { Notice } from '../../src/bus/index.ts'
import { RECONNECT_MS, STEADY_AFTER_FLOOD_MS, STEADY_MS } from '../../src/bus/limits.ts'
import { type DropCause, createOutages } from '../../src/bus/outages.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

function outages() {
  const clock = virtualClock()
  const notices: Notice[] = []
  const random = { bytes: () => Uint8Array.of(0), uuid: () => '' }
  const made = createOutages({ clock, random, notice: (notice) => void notices.push(notice) })
  const down = (why: string, cause: Parameters<typeof made.down>[1]): number => made.down(why, cause)
  return { clock, notices, down, works: () => made.works() }
}
const kinds = (notices: readonly Notice[]): string[] => notices.map(({ kind }) => kind)

for (const [cause, steadyMs] of [
  ['no', STEADY_MS],
  ['flood', STEADY_AFTER_FLOOD_MS],
] as const satisfies readonly (readonly [DropCause | 'no', number])[])
  t.test(`a loss (${cause}) is over when an answer comes ${steadyMs} ms after it, and not before`, (t) => {
    const { clock, notices, down, works } = outages()
    down('lost', cause)
    clock.advance(steadyMs - 1)
    works()
    t.same(kinds(notices), ['down'])
    t.ok(down('lost again', 'not-opened') > RECONNECT_MS.first, 'its pauses go on growing')
    clock.advance(1)
    works()
    t.same(kinds(notices), ['down', 'up'])
    t.equal(down('and again', cause), RECONNECT_MS.first, 'the next one is a new one')
    t.end()
  })

t.test('tries that fail do not put off the end of an outage', (t) => {
  const { clock, notices, down, works } = outages()
  down('lost', 'no')
  clock.advance(STEADY_MS)
  down('refused', 'not-opened')
  works()
  t.same(kinds(notices), ['down', 'up'])
  t.end()
})
