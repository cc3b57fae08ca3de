import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { catalogue, event } from '../../src/events/index.ts'
import { eventsPage } from '../../scripts/events-page.ts'

t.test('the page of events is what the catalogue says', (t) => {
  t.equal(readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8'), eventsPage(), 'run `npm run generate`')
  t.end()
})

t.test('ids and class ids are unique and fit a syslog header; texts use only fields that the event has', (t) => {
  const entries = Object.entries(catalogue)
  t.equal(new Set(entries.map(([, { classId }]) => classId)).size, entries.length)
  for (const [id, { text, fields }] of entries) {
    t.match(id, /^[a-z][a-z0-9-]{0,31}$/)
    for (const [, name = ''] of text.matchAll(/\{(\w+)\}/g)) t.ok((fields as readonly string[]).includes(name), `${id}: ${name}`)
  }
  t.end()
})

t.test('control is graver, and control characters are shown', (t) => {
  const asked = {
    subject: 's\nx',
    role: 'r',
    source: 'a',
    breaker: 'Q1',
    bus: 'b',
    unit: 1,
    operation: 'o',
    functionCode: 16,
    correlation: 'c',
    outcome: 'denied',
    firstFromHere: 'no',
    reason: 'r',
  }
  t.match(event('operation-denied', { ...asked, class: 'control' }), { severity: 3, fields: { subject: 's\\x0ax' } })
  t.match(event('operation-denied', { ...asked, class: 'clock' }), { severity: 4 })
  t.end()
})
