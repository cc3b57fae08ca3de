import t from 'tap'
import fc from 'fast-check'
import { event } from '../../src/events/index.ts'
import type { Query } from '../../src/journal/index.ts'
import { openQueries } from '../../src/journal/queries.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { journalFile, openJournal, openWriter, origin, something } from '../support/journals.ts'

const denied = (i: number) =>
  event('operation-denied', {
    subject: `s${i % 7}`,
    role: 'Operator',
    source: 'a:1',
    breaker: `Q${i % 5}`,
    bus: 'b',
    unit: 1,
    class: i % 2 === 0 ? 'control' : 'clock',
    operation: 'close',
    functionCode: 16,
    correlation: `c${Math.floor(i / 3)}`,
    outcome: 'denied',
    reason: 'locked',
    firstFromHere: 'no',
    guard: '',
  })

const summary = (i: number) =>
  event('events-collapsed', {
    event: i % 4 === 1 ? 'operation-denied' : 'login-failed',
    subject: `s${i % 7}`,
    source: 'a',
    class: 'control',
    breaker: `Q${i % 5}`,
    operation: 'close',
    reason: 'locked',
    count: i,
    seconds: 60,
  })

t.test('what a query answers is what a walk over everything would [CR 6.1]', async (t) => {
  const path = journalFile(t)
  const writer = await openWriter(path)
  const START = Date.UTC(2026, 0, 1) * 1000
  // A clock that is set back in the middle, and forward again.
  const times = Array.from({ length: 300 }, (_, i) => START + i * 1_000_000 - (i > 100 && i < 180 ? 3_600_000_000 : 0))
  const events = times.map((_, i) =>
    i % 3 === 0
      ? something(i)
      : i % 3 === 1
        ? i % 2 === 0
          ? denied(i)
          : summary(i)
        : event('heartbeat', { uptimeSeconds: i, events: 0, denied: 0, operations: 0, lag: 0 }),
  )
  await writer.write(events.map((told, i) => ({ event: told, utcUs: times[i] ?? 0, monotonicMs: i, state: {} })))
  const all = (await writer.read(0, 1000)).map(
    (text) =>
      JSON.parse(text) as { seq: number; utcUs: number; id: string; severity: number; category: string; fields: Record<string, unknown> },
  )
  const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        after: fc.integer({ min: 0, max: 310 }),
        limit: fc.integer({ min: 1, max: 50 }),
        newest: fc.boolean(),
        sinceUs: some(fc.integer({ min: 0, max: 299 }).map((i) => times[i] ?? 0)),
        untilUs: some(fc.integer({ min: 0, max: 299 }).map((i) => times[i] ?? 0)),
        breaker: some(fc.constantFrom('Q0', 'Q3', 'Q9')),
        subject: some(fc.constantFrom('p3', 's1', 's2')),
        category: some(fc.constantFrom('operation', 'control-system', 'audit-log')),
        mildest: some(fc.integer({ min: 1, max: 7 })),
        id: some(fc.constantFrom('locked', 'heartbeat', 'operation-denied', 'events-collapsed')),
        correlation: some(fc.constantFrom('c1', 'c20')),
      }),
      async (asked) => {
        const wanted = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Query
        const fits = all.filter(
          ({ seq, utcUs, id, severity, category, fields }) =>
            seq > asked.after &&
            utcUs >= (asked.sinceUs ?? 0) &&
            utcUs <= (asked.untilUs ?? Infinity) &&
            fields['breaker'] === (asked.breaker ?? fields['breaker']) &&
            fields['subject'] === (asked.subject ?? fields['subject']) &&
            fields['correlation'] === (asked.correlation ?? fields['correlation']) &&
            category === (asked.category ?? category) &&
            (id === (asked.id ?? id) || (id === 'events-collapsed' && fields['event'] === asked.id)) &&
            severity <= (asked.mildest ?? 7),
        )
        const expected = (asked.newest ? fits.slice(-asked.limit) : fits.slice(0, asked.limit)).map(({ seq }) => seq)
        const got = (await writer.query(wanted)).map((text) => (JSON.parse(text) as { seq: number }).seq)
        return JSON.stringify(got) === JSON.stringify(expected)
      },
    ),
    { numRuns: 400 },
  )
  await writer.close()
})

t.test('every filter is found by an index: SQLite never walks the table for it', async (t) => {
  const path = journalFile(t)
  const writer = await openWriter(path)
  const queries = openQueries(path)
  const base = { after: 0, limit: 100, newest: true }
  const filters: readonly Partial<Query>[] = [
    ...[
      { breaker: 'Q1' },
      { subject: 's1' },
      { category: 'operation' },
      { mildest: 2 },
      { correlation: 'c' },
      { id: 'locked' },
      { id: 'operation-denied' },
    ],
    ...[
      { breaker: 'Q1', mildest: 3 },
      { subject: 's', category: 'operation' },
      { category: 'audit-log', mildest: 3, sinceUs: 5 },
    ],
  ]
  for (const filter of filters)
    for (const line of queries.explain({ ...base, ...filter }))
      t.match(line, /^SEARCH record USING (COVERING )?INDEX/, JSON.stringify(filter))
  for (const line of queries.explain(base)) t.match(line, /^SEARCH record USING INTEGER PRIMARY KEY/)
  queries.close()
  await writer.close()
})

t.test('the story of one operation is found by its correlation, in order', async (t) => {
  const clock = virtualClock()
  const journal = await openJournal(journalFile(t), clock)
  t.equal(origin.gateway, 'g')
  for (let i = 0; i < 9; i++) journal.note(denied(i))
  await journal.flush()
  t.same(
    (await journal.query({ after: 0, limit: 10, correlation: 'c1' })).map(({ seq }) => seq),
    [4, 5, 6],
  )
  await journal.close()
})
