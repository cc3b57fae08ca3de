import { catalogue } from '../src/events/index.ts'

const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']

/** docs/events.md: every event of the catalogue with its severity, category, text and fields. */
export function eventsPage(): string {
  const rows = Object.entries(catalogue).map(([id, { classId, severity, graver, category, text, fields }]) => {
    const word = severities[severity] ?? ''
    const level = graver === severity ? word : `${word}; ${severities[graver] ?? ''} for control and protection settings`
    return `| \`${id}\` | ${classId} | ${level} | ${category} | ${text} | ${fields.join(', ')} |`
  })
  return [
    '# Events',
    '',
    'Written by `npm run generate` from `src/events/catalogue.ts`. Every event also carries `seq` (gapless), the time in UTC with microseconds, `boot` and the name of the gateway.',
    'On syslog each is one RFC 5424 message: facility 13 unless configured, MSGID = the id, the fields as structured data `breakwall@32473` (the number for documentation).',
    '',
    '| id | class id | severity | category | text | fields |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
