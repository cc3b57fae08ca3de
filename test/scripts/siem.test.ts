import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { type EventId, bounds, catalogue, event, techniques } from '../../src/events/index.ts'
import { createEventCollapsing } from '../../src/gateway/record/event-collapsing.ts'
import { sampleOf } from '../../scripts/samples.ts'
import { rules } from '../../scripts/siem-rules.ts'
import { messageOf, sampleFor, siemFiles } from '../../scripts/siem.ts'
import { parseRfc5424 } from '../support/rfc5424.ts'

const folder = join(import.meta.dirname, '../../config/siem')
const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
      value,
    )

t.test('the packs for SIEMs are what the catalogue says', (t) => {
  for (const [path, content] of siemFiles()) t.equal(read(path), content, `${path}: npm run generate`)
  t.end()
})

type Selection = Record<string, string | number | string[]>
type Sigma = {
  id: string
  title: string
  level: string
  tags?: string[]
  detection?: { condition: string } & Record<string, Selection | string>
  correlation?: { type: string; 'group-by': string[]; timespan: string; condition: { gte: number } }
}

function fits(event: unknown, selection: Selection): boolean {
  return Object.entries(selection).every(([field, wanted]) => {
    const [name = '', modifier] = field.split('|')
    if (modifier === undefined) return [wanted].flat().includes(String(at(event, name)))
    if (modifier !== 'gte') throw new Error(`"${modifier}" is not read here`)
    return Number(at(event, name)) >= Number(wanted)
  })
}

/** Events that one rule of a file matches by itself. */
function matchesOf({ detection }: Sigma, events: readonly unknown[]): readonly unknown[] {
  const names = detection?.condition.split(' or ') ?? []
  return events.filter((event) =>
    names.some((name) => {
      const selection = detection?.[name]
      if (typeof selection !== 'object') throw new Error(`there is no selection "${name}"`)
      return fits(event, selection)
    }),
  )
}

/** Whether one of the rules in a file is hit by some lines of log, as a Sigma backend would read both. */
function hits([base, correlation, alone]: readonly Sigma[], lines: readonly string[]): boolean {
  if (base === undefined) throw new Error('an empty file')
  const events = lines.map((line) => JSON.parse(parseRfc5424(Buffer.from(line)).text) as unknown)
  const matching = matchesOf(base, events)
  if (correlation?.correlation === undefined) return matching.length > 0
  if (alone !== undefined && matchesOf(alone, events).length > 0) return true
  const { 'group-by': by, condition } = correlation.correlation
  const groups = new Map<string, number>()
  for (const event of matching) {
    const group = by.map((field) => String(at(event, field))).join()
    groups.set(group, (groups.get(group) ?? 0) + 1)
  }
  return [...groups].some(([group, count]) => !group.includes('undefined') && count >= condition.gte)
}

t.test('each Sigma rule hits its sample and passes over what is close to it; each has its page [CR 6.2]', (t) => {
  t.same(new Set(globSync('sigma/*.yml', { cwd: folder })), new Set(rules.map(({ name }) => `sigma/${name}.yml`)), 'and there is no other')
  t.equal(new Set(rules.map(({ uuid }) => uuid)).size, rules.length)
  for (const rule of rules) {
    const documents = parseAllDocuments(read(`sigma/${rule.name}.yml`)).map((document) => {
      t.same(document.errors, [], rule.name)
      return document.toJS() as Sigma
    })
    const lines = read(`samples/${rule.name}.log`).split('\n').slice(0, -1)
    t.ok(hits(documents, lines), `${rule.name} hits its sample`)
    for (const other of rule.passesOver)
      t.notOk(
        hits(
          documents,
          Array.from({ length: 10 }, () => messageOf(sampleFor(other), 'json')),
        ),
        `${rule.name} passes over ${other.id}`,
      )
    if (rule.repeated !== undefined) t.notOk(hits(documents, lines.slice(1)), 'one less is not enough')
    for (const tag of documents[0]?.tags ?? []) {
      const number = /^attack\.(t\d{4})$/.exec(tag)?.[1]
      if (number !== undefined) t.ok(number.toUpperCase() in techniques, tag)
    }
    const page = join(folder, '../../docs/soc', `${rule.name}.md`)
    t.ok(existsSync(page) && readFileSync(page, 'utf8').length > 800, `docs/soc/${rule.name}.md`)
  }
  t.end()
})

/** What a receiver gets of failures at these seconds, through the summing up of repeated events. */
function failuresAt(seconds: readonly number[], id: 'tls-handshake-failed' | 'connection-refused-acl'): readonly string[] {
  const clock = virtualClock()
  const lines: string[] = []
  const floods = createEventCollapsing((happened) => lines.push(messageOf({ ...sampleOf(happened.id), ...happened }, 'json')), clock)
  let now = 0
  for (const second of seconds) {
    clock.advance((second - now) * 1000)
    now = second
    floods.note(event(id, { source: '10.0.0.9:4711', listener: 'scada', reason: 'the client showed no certificate' }))
  }
  clock.advance(Math.max(0, 600 - now) * 1000)
  return lines
}
const each = (seconds: number, times: number): readonly number[] => Array.from({ length: times }, (_, i) => i * seconds)

t.test('failures that are repeated faster than they are recorded fire the rule as slow ones do, and a few do not', (t) => {
  const documents = parseAllDocuments(read('sigma/repeated-tls-failures.yml')).map((document) => document.toJS() as Sigma)
  const table: readonly [string, readonly number[], boolean][] = [
    ['a thousand a second', Array.from({ length: 1000 }, () => 0), true],
    ['one every 5 s', each(5, 120), true],
    ['one every 9 s', each(9, 66), true],
    ['one every 20 s behind two at once', [0, ...each(20, 30)], true],
    ['one every 2 min', each(120, 5), true],
    ['five at once', [0, 0, 0, 0, 0], true],
    ['five: one, one within 10 s, one in each minute that follows', [0, 5, 30, 90, 150], true],
    ['four, slowly', each(120, 4), false],
    ['two at once', [0, 0], false],
  ]
  for (const [what, seconds, fires] of table) t.equal(hits(documents, failuresAt(seconds, 'tls-handshake-failed')), fires, what)
  t.notOk(hits(documents, failuresAt(each(1, 600), 'connection-refused-acl')), 'sums of other events are not counted')
  t.end()
})

t.test('each rule that counts events which are summed up counts the sums too', (t) => {
  for (const { name, repeated, matches } of rules)
    if (repeated !== undefined && bounds[matches.id].kind === 'collapsed')
      t.match(read(`sigma/${name}.yml`), new RegExp(`breakwall\\.event: '${matches.id}'`), name)
  t.end()
})

/** The processors of the Elastic pipeline that shape an event; the script is Elasticsearch's own. */
function ingest(message: string): Record<string, unknown> {
  const { processors } = JSON.parse(read('elastic/ingest-pipeline.json')) as { processors: Record<string, Record<string, string>>[] }
  const event: Record<string, unknown> = { message }
  const set = (path: string, value: unknown): void => {
    const keys = path.split('.')
    let inner = event
    for (const key of keys.slice(0, -1)) inner = (inner[key] ??= {}) as Record<string, unknown>
    inner[keys.at(-1) ?? ''] = value
  }
  for (const processor of processors) {
    const [kind = '', options = {}] = Object.entries(processor)[0] ?? []
    if (kind === 'set') set(options['field'] ?? '', at(event, options['copy_from'] ?? ''))
    else if (kind === 'dissect') {
      const names: string[] = []
      const pattern = (options['pattern'] ?? '')
        .split(/%\{([^}]+)\}/)
        .map((part, i) => (i % 2 === 0 ? part.replace(/[[\]<>.*+?^$()|\\]/g, '\\$&') : (names.push(part), '(.*?)')))
        .join('')
      const found = new RegExp(`^${pattern}$`, 's').exec(message)
      if (found === null) throw new Error('the pattern does not fit')
      names.forEach((name, i) => set(name, found[i + 1]))
    } else if (kind === 'json') Object.assign(event, JSON.parse(String(at(event, options['field'] ?? ''))))
    else if (kind === 'remove') Reflect.deleteProperty(event, options['field'] ?? '')
  }
  return event
}

t.test('the Elastic pipeline makes an ECS event of every event there is', (t) => {
  for (const id of Object.keys(catalogue) as EventId[]) {
    const made = ingest(messageOf(sampleOf(id), 'json'))
    t.match(
      made,
      {
        event: { code: id, sequence: 41_207 },
        observer: { product: 'Breakwall' },
        breakwall: { seq: 41_207 },
        log: { syslog: { msgid: id } },
      },
      id,
    )
    t.notOk('_tmp' in made)
  }
  t.end()
})

t.test('the Splunk pack finds header, text and every field in every event there is', (t) => {
  const props = Object.fromEntries(
    read('splunk/props.conf')
      .split('\n')
      .flatMap((line) => {
        const found = /^([A-Z_a-z-]+) = (.*)$/.exec(line)
        return found === null ? [] : [[found[1] ?? '', found[2] ?? '']]
      }),
  )
  const header = new RegExp(props['EXTRACT-breakwall_header'] ?? '')
  const text = new RegExp(props['EXTRACT-breakwall_text'] ?? '')
  const field = new RegExp(/^REGEX = (.*)$/m.exec(read('splunk/transforms.conf'))?.[1] ?? '', 'g')
  const lookup = read('splunk/breakwall_events.csv')
  for (const id of Object.keys(catalogue) as EventId[]) {
    const record = sampleOf(id)
    const line = messageOf(record, 'rfc5424')
    t.equal(header.exec(line)?.groups?.['signature'], id)
    t.equal(text.exec(line)?.groups?.['message'], record.text, id)
    const fields = Object.fromEntries([...line.matchAll(field)].map(([, name = '', value = '']) => [name, value]))
    for (const [name, value] of Object.entries(record.fields)) t.equal(fields[name], String(value), `${id} ${name}`)
    t.ok(lookup.includes(`\n${id},`), id)
  }
  t.end()
})

t.test('the Sentinel parser asks for keys that CEF really has, and for all of its own', (t) => {
  const kql = read('sentinel/breakwall-parser.kql')
  const asked = new Set([...kql.matchAll(/\(\?:\^\|;\)(bw\w+)=/g)].map(([, key = '']) => key))
  const there = new Set(
    (Object.keys(catalogue) as EventId[]).flatMap((id) =>
      [...messageOf(sampleOf(id), 'cef').matchAll(/ (bw\w+)=/g)].map(([, key = '']) => key),
    ),
  )
  t.same([...asked].sort(), [...there].sort())
  t.equal((kql.match(/\(/g) ?? []).length, (kql.match(/\)/g) ?? []).length)
  t.end()
})
