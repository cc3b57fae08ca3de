import fc from 'fast-check'
import t from 'tap'
import { type Heard, SILENT_MS, startContact, stepContact } from '../../src/inputs/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'

const DEBOUNCE = 200
type Step = readonly [atMs: number, heard: Heard['kind']]
const run = (steps: readonly Step[]): string => {
  let contact = startContact(toMonotonic(0))
  for (const [at, kind] of steps)
    contact = stepContact(contact, kind === 'lost' ? { kind, why: 'it ended' } : { kind }, toMonotonic(at), DEBOUNCE)
  return contact.state
}

t.test('a contact bars until it was closed for long enough; opening, a dead reader and silence bar at once [S-26] [S-31]', (t) => {
  const closed: Step[] = [0, 100, 200].map((at) => [at, 'closed'])
  const table: readonly (readonly [string, readonly Step[], string])[] = [
    ['nothing was read yet', [], 'broken'],
    ['one reading', [[0, 'closed']], 'broken'],
    ['closed for as long as it takes', closed, 'closed'],
    [
      'bouncing',
      [
        [0, 'closed'],
        [100, 'open'],
        [150, 'closed'],
        [250, 'closed'],
      ],
      'open',
    ],
    ['opened', [...closed, [300, 'open']], 'open'],
    ['the reader ended', [...closed, [300, 'lost']], 'broken'],
    ['time, with a reading not long ago', [...closed, [200 + SILENT_MS, 'time']], 'closed'],
    ['silence', [...closed, [201 + SILENT_MS, 'time']], 'broken'],
    ['back after silence, once', [...closed, [201 + SILENT_MS, 'time'], [2000, 'closed']], 'broken'],
    [
      'closed before and after a silence that nobody saw',
      [
        [0, 'closed'],
        [5000, 'closed'],
      ],
      'broken',
    ],
  ]
  for (const [words, steps, state] of table) t.equal(run(steps), state, words)
  t.end()
})

t.test('whatever is heard, it is closed only when every reading of the debounce time says so', (t) => {
  const step = fc.tuple(fc.integer({ min: 1, max: 2500 }), fc.constantFrom<Heard['kind']>('closed', 'open', 'lost', 'time'))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let at = 0
      const timed: Step[] = steps.map(([wait, kind]) => [(at += wait), kind])
      if (run(timed) !== 'closed') return true
      const readings = timed.filter(([, kind]) => kind !== 'time')
      const [last = 0] = readings.at(-1) ?? []
      const bad = readings.findLastIndex(([, kind]) => kind !== 'closed')
      const [first = Infinity] = readings[bad + 1] ?? []
      return last - first >= DEBOUNCE && at - last <= SILENT_MS
    }),
    { numRuns: 3000 },
  )
  t.end()
})

t.test('a contact that was never read is told as silent, as one that fell silent is', (t) => {
  const start = startContact(toMonotonic(0))
  t.equal(stepContact(start, { kind: 'time' }, toMonotonic(SILENT_MS), DEBOUNCE).why, 'not read yet')
  t.match(stepContact(start, { kind: 'time' }, toMonotonic(SILENT_MS + 1), DEBOUNCE), { state: 'broken', why: /nothing was read/ })
  t.end()
})
