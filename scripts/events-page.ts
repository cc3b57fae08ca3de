import { type Bound, type EventId, bounds, categories, catalogue, guide, reserved, techniques } from '../src/events/index.ts'
import { type Format, format, formats } from '../src/syslog/index.ts'
import { sampleOf } from './samples.ts'

const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']
const names: Readonly<Record<Format, string>> = { rfc5424: 'RFC 5424', rfc3164: 'RFC 3164', cef: 'CEF', json: 'JSON (ECS) in RFC 5424' }

/** docs/events.md: every event of the catalogue with what it means, what to do, its fields and a sample in every format. */
export function eventsPage(): string {
  const ids = Object.keys(catalogue) as EventId[]
  const parts = categories.flatMap((category) => {
    const here = ids.filter((id) => catalogue[id].category === category)
    return here.length === 0 ? [] : [`## ${category}`, '', ...here.flatMap(section)]
  })
  const later = Object.entries(reserved).map(
    ([id, { classId, severity, category, comesWith }]) =>
      `| \`${id}\` | ${classId} | ${severities[severity] ?? ''} | ${category} | ${comesWith} |`,
  )
  return [
    '# Events',
    '',
    'Written by `npm run generate` from the tables in `src/events/`. Every event also carries `seq` (gapless), the time in UTC with microseconds, `boot`, `category` and the',
    'name of the gateway; the same `correlation` joins a request, its decision and its outcome. Ids and class ids are never used again for something else. `events.schema.json` beside',
    'this page describes one line of `breakwall events --json`.',
    '',
    '| id | class id | severity | category |',
    '|---|---|---|---|',
    ...ids.map((id) => `| [\`${id}\`](#${id}) | ${catalogue[id].classId} | ${severityOf(id)} | ${catalogue[id].category} |`),
    '',
    ...parts,
    '## Reserved',
    '',
    'Their ids are set, so that rules can be written now; nothing makes them before the feature is there.',
    '',
    '| id | class id | severity | category | comes with |',
    '|---|---|---|---|---|',
    ...later,
    '',
  ].join('\n')
}

function severityOf(id: EventId): string {
  const { severity, graver } = catalogue[id]
  const word = severities[severity] ?? ''
  return graver === severity ? word : `${word}; ${severities[graver] ?? ''} for control and protection settings`
}

function describeBound(bound: Bound): string {
  switch (bound.kind) {
    case 'collapsed': {
      const first = bound.first === 1 ? 'The first one' : `The first ${bound.first}`
      return `${first} of a kind; \`events-collapsed\` counts the others exactly, after 10 s and then once a minute for as long as it goes on.`
    }
    case 'operation':
      return 'Each one, as fast as the buses and the disk take operations or readings.'
    case 'person':
      return 'Each one: a call by somebody who was let in.'
    case 'watch':
      return 'Each one: the gateway looks by its own clock, or at start and stop.'
    case 'person-or-watch':
      return 'Each one: a call by somebody who was let in, or the gateway itself: a daily check, a restart, a fault.'
    case 'own':
      return 'Each one: the journal makes them for what it writes.'
  }
}

function section(id: EventId): string[] {
  const { fields, text } = catalogue[id]
  const { meaning, action, technique } = guide[id]
  const attack = technique === 'none' ? [] : ['', `ATT&CK for ICS: ${technique}, ${techniques[technique]}.`]
  const samples = formats.map((one) => `${names[one]}\n${format(sampleOf(id), { ...sampleLook, format: one })}`)
  return [
    `### ${id}`,
    '',
    meaning,
    '',
    `**What to do.** ${action}`,
    '',
    `**How many.** ${describeBound(bounds[id])}`,
    ...attack,
    '',
    `Text: \`${text}\`. Fields: ${fields.length === 0 ? 'none of its own' : fields.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    '```text',
    samples.join('\n'),
    '```',
    '',
  ]
}

const sampleLook = {
  facility: 13,
  hostName: '',
  enterprise: 32473,
  byteOrderMark: false,
  pid: 1234,
  version: '0.1.0',
  maxBytes: 8192,
  zone: 'UTC',
} as const

/** JSON schema (2020-12) of one event, as the API, `--json` and an export in lines of JSON have it. */
export function eventsSchema(): string {
  const kinds = (Object.keys(catalogue) as EventId[]).map((id) => {
    const sample = sampleOf(id)
    const properties = Object.fromEntries(
      catalogue[id].fields.map((name) => [name, { type: typeof sample.fields[name] === 'number' ? 'number' : 'string' }]),
    )
    const { severity, graver, category } = catalogue[id]
    return {
      properties: {
        id: { const: id },
        category: { const: category },
        severity: { enum: [...new Set([severity, graver])] },
        fields: { type: 'object', properties, required: [...catalogue[id].fields], additionalProperties: false },
      },
    }
  })
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A security event of Breakwall',
    type: 'object',
    required: ['seq', 'time', 'boot', 'gateway', 'id', 'severity', 'category', 'text', 'fields'],
    properties: {
      seq: { type: 'integer', minimum: 1 },
      time: { type: 'string', format: 'date-time' },
      boot: { type: 'string' },
      gateway: { type: 'string' },
      text: { type: 'string' },
    },
    oneOf: kinds,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
