import fc from 'fast-check'
import t from 'tap'
import { type Cursor, decodeCursor, delivered, encodeCursor, owed, split } from '../../src/syslog/lanes.ts'

t.test('a cursor is what it was after it was stored; anything else means that nothing was delivered', (t) => {
  for (const cursor of [
    { upTo: 0, live: 'none' },
    { upTo: 41, live: 'none' },
    { upTo: 41, live: { from: 90_000, upTo: 90_017 } },
  ] as const)
    t.same(decodeCursor(encodeCursor(cursor)), cursor)
  for (const text of [undefined, '', 'x', '{}', '{"upTo":1,"live":[1]}', '{"upTo":1.5,"live":[2,3]}', 'null', '"7"'])
    t.same(decodeCursor(text), { upTo: 0, live: 'none' }, String(text))
  t.end()
})

t.test('a long backlog gets a lane of its own, a short one does not, and never a second one', (t) => {
  t.same(split({ upTo: 100, live: 'none' }, 5000), { upTo: 100, live: 'none' })
  const two = split({ upTo: 100, live: 'none' }, 90_000)
  t.same(two, { upTo: 100, live: { from: 90_001, upTo: 90_000 } })
  t.same(split(two, 200_000), two)
  t.equal(owed(two, 90_000), 89_900)
  t.equal(owed(two, 90_010), 89_910)
  t.end()
})

t.test('whatever arrives in whatever order of lanes, the cursor covers exactly what was delivered, and the lanes meet in the end', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 300 }),
      fc.infiniteStream(fc.boolean()),
      (backlog, fresh, choose) => {
        let cursor: Cursor = { upTo: 0, live: { from: backlog + 1, upTo: backlog } }
        let [old, young] = [0, backlog]
        const head = backlog + fresh
        const choices = choose[Symbol.iterator]()
        while (old < backlog || young < head) {
          const takeOld = old < backlog && (young >= head || choices.next().value === true)
          if (takeOld) cursor = delivered(cursor, 'backlog', (old += 1))
          else cursor = delivered(cursor, 'live', (young += 1))
          const covered = cursor.live === 'none' ? cursor.upTo : cursor.upTo + Math.max(0, cursor.live.upTo - cursor.live.from + 1)
          if (covered !== old + (young - backlog)) return false
          if (owed(cursor, head) !== head - covered) return false
        }
        return cursor.live === 'none' && cursor.upTo === head
      },
    ),
    { numRuns: 300 },
  )
  t.end()
})
