import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type EventId, bounds, catalogue, event, guide, reserved } from '../../src/events/index.ts'
import { eventsPage, eventsSchema } from '../../scripts/events-page.ts'

t.test('the page of events is what the catalogue says', (t) => {
  t.equal(readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8'), eventsPage(), 'run `npm run generate`')
  t.equal(readFileSync(join(import.meta.dirname, '../../docs/events.schema.json'), 'utf8'), eventsSchema(), 'run `npm run generate`')
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

t.test('ids and class ids that were released stay what they are, for ever', (t) => {
  const path = join(import.meta.dirname, '../golden/released-events.txt')
  const released = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  t.ok(released.length > 50, `${released.length} of the last release`)
  for (const line of released) {
    const [id = '', classId = '', category = ''] = line.split(' ')
    t.match(catalogue[id as EventId], { classId: Number(classId), category }, `${id} as it was released`)
  }
  t.end()
})

t.test('a reserved event has no number or id of another, and nothing makes it', (t) => {
  const taken = new Set<number>(Object.values(catalogue).map(({ classId }) => classId))
  for (const [id, { classId }] of Object.entries(reserved)) {
    t.notOk(id in catalogue, id)
    t.notOk(taken.has(classId), `${id}: ${classId}`)
    taken.add(classId)
  }
  t.end()
})

t.test('each event says what it means and what to do', (t) => {
  t.same(Object.keys(guide).sort(), Object.keys(catalogue).sort())
  for (const [id, { meaning, action }] of Object.entries(guide))
    t.ok(/[.`]$/.test(meaning) && /[.`]$/.test(action), `${id}: whole sentences`)
  t.end()
})

t.test('each event says what keeps it from filling the journal; what strangers and clients cause is collapsed [CR 2.9]', (t) => {
  t.same(Object.keys(bounds).sort(), Object.keys(catalogue).sort())
  for (const [id, { fields }] of Object.entries(catalogue)) {
    const names: readonly string[] = fields
    const { kind } = bounds[id as EventId]
    if (names.includes('listener') && id !== 'plaintext-listener-on') t.equal(kind, 'collapsed', `${id} comes from a port`)
    if (kind === 'operation') t.ok(names.includes('breaker'), `${id} is of a breaker`)
  }
  for (const id of ['operation-denied', 'privilege-denied', 'login-failed', 'connection-opened', 'tls-handshake-failed'] as const)
    t.match(bounds[id], { kind: 'collapsed' }, id)
  for (const id of ['operation-allowed', 'operation-done', 'unlocked', 'tag-hung', 'emergency-open'] as const)
    t.not(bounds[id].kind, 'collapsed', `${id} is always an event of its own`)
  for (const id of ['relocked-by-timer', 'grant-expired'] as const) t.equal(bounds[id].kind, 'watch', `${id} comes of a timer`)
  for (const id of ['journal-verified', 'journal-tampered', 'locked', 'change-overtaken', 'vault-default-password'] as const)
    t.equal(bounds[id].kind, 'person-or-watch', `${id} comes of a person or of the gateway itself`)
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
    guard: '',
    reason: 'r',
  }
  t.match(event('operation-denied', { ...asked, class: 'control' }), { severity: 3, fields: { subject: 's\\x0ax' } })
  t.match(event('operation-denied', { ...asked, class: 'clock' }), { severity: 4 })
  t.end()
})
