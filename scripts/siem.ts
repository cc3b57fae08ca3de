import { type EventId, type EventRecord, bounds, catalogue, guide, reserved, techniques } from '../src/events/index.ts'
import { type Format, format } from '../src/syslog/index.ts'
import { sampleOf } from './samples.ts'
import { type Rule, rules } from './siem-rules.ts'

const look = {
  facility: 13,
  hostName: '',
  enterprise: 32473,
  byteOrderMark: false,
  pid: 1234,
  version: '0.1.0',
  maxBytes: 8192,
  zone: 'UTC',
} as const
export const messageOf = (record: EventRecord, as: Format): string => format(record, { ...look, format: as })

/** A sample of a rule; one whose event is only reserved is made out of an operation. */
export function sampleFor({ id, fields = {} }: Rule['matches']): EventRecord {
  if (id in catalogue) return sampleOf(id, fields)
  const { severity, category } = reserved[id as unknown as keyof typeof reserved]
  return { ...sampleOf('operation-done', fields), id, severity, category, text: `${id} on Q1` }
}

/** Everything under config/siem/ that follows from the catalogue: path to content. `npm run generate` writes it, a test compares. */
export function siemFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const rule of rules) {
    files.set(`sigma/${rule.name}.yml`, sigma(rule))
    const copies = rule.repeated?.times ?? 1
    const line = messageOf(sampleFor(rule.matches), 'json')
    files.set(`samples/${rule.name}.log`, `${Array.from({ length: copies }, () => line).join('\n')}\n`)
  }
  files.set('elastic/ingest-pipeline.json', `${JSON.stringify(pipeline(), null, 2)}\n`)
  files.set('splunk/props.conf', props())
  files.set('splunk/transforms.conf', transforms())
  files.set('splunk/breakwall_events.csv', lookup())
  files.set('sentinel/breakwall-parser.kql', kusto())
  return files
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

function sigma(rule: Rule): string {
  const { uuid, title, description, level, technique, selection, repeated, falsePositives, name } = rule
  const tactic =
    technique === 'T0846'
      ? 'attack.discovery'
      : technique === 'T0872'
        ? 'attack.evasion'
        : technique === 'T0804'
          ? 'attack.inhibit_response_function'
          : 'attack.impair_process_control'
  const code = selection['event.code']
  const isSummedUp = repeated !== undefined && bounds[rule.matches.id].kind === 'collapsed'
  const summary = { 'event.code': 'events-collapsed', 'breakwall.event': code }
  const detection = isSummedUp
    ? `detection:\n${sigmaSelection('selection', selection)}\n${sigmaSelection('summary', summary)}\n  condition: selection or summary`
    : `detection:\n${sigmaSelection('selection', selection)}\n  condition: selection`
  const head = (id: string, words: string): string[] => [`title: ${quoted(words)}`, `id: ${id}`, 'status: test']
  const base = [
    '# Written by `npm run generate` from scripts/siem-rules.ts. Fields as the sink format "json" has them (ECS).',
    ...head(uuid, title),
    ...(repeated === undefined ? [] : [`name: ${name.replaceAll('-', '_')}_one`]),
    `description: ${quoted(description)}`,
    `references:\n  - docs/soc/${name}.md`,
    'author: Breakwall',
    'date: 2026-11-24',
    `tags:\n  - ${tactic}\n  - attack.${technique.toLowerCase()}`,
    'logsource:\n  product: breakwall\n  service: gateway',
    detection,
    `falsepositives:\n${falsePositives.map((one) => `  - ${quoted(one)}`).join('\n')}`,
    `level: ${repeated === undefined ? level : 'informational'}`,
  ]
  if (repeated === undefined) return `${base.join('\n')}\n`
  const more = [
    '---',
    ...head(uuid.replace(/^5b/, '6b'), title),
    `correlation:\n  type: event_count\n  rules:\n    - ${name.replaceAll('-', '_')}_one\n  group-by:\n    - ${repeated.by}\n  timespan: ${repeated.within}\n  condition:\n    gte: ${repeated.times}`,
    `level: ${level}`,
  ]
  if (!isSummedUp) return `${[...base, ...more].join('\n')}\n`
  const alone = [
    '---',
    ...head(uuid.replace(/^5b/, '7b'), `${title}, summed up`),
    'logsource:\n  product: breakwall\n  service: gateway',
    `detection:\n${sigmaSelection('selection', summary)}\n    breakwall.count|gte: ${SUM_THAT_FIRES}\n  condition: selection`,
    `level: ${level}`,
  ]
  return `${[...base, ...more, ...alone].join('\n')}\n`
}

/** A summary that counts so many is an alert by itself. With 1 less it is one match among those that are counted, as exact as an event. */
const SUM_THAT_FIRES = 2

const sigmaSelection = (name: string, selection: Readonly<Record<string, Rule['selection'][string] | undefined>>): string =>
  [
    `  ${name}:`,
    ...Object.entries(selection).map(([field, value]) =>
      Array.isArray(value)
        ? `    ${field}:\n${value.map((one) => `      - ${quoted(String(one))}`).join('\n')}`
        : `    ${field}: ${quoted(String(value))}`,
    ),
  ].join('\n')

/** For a sink with format = "json": the header of syslog is taken off, and the rest is ECS already. */
function pipeline() {
  const codes = Object.fromEntries(
    (Object.keys(catalogue) as EventId[]).flatMap((id) => {
      const { technique } = guide[id]
      return technique === 'none' ? [] : [[id, { id: technique, name: techniques[technique] }]]
    }),
  )
  return {
    description: 'Breakwall events in the format json over syslog (RFC 5424). Written by npm run generate.',
    processors: [
      { set: { field: 'event.original', copy_from: 'message' } },
      {
        dissect: {
          field: 'message',
          pattern:
            '<%{log.syslog.priority}>%{log.syslog.version} %{_tmp.time} %{log.syslog.hostname} %{log.syslog.appname} %{log.syslog.procid} %{log.syslog.msgid} [%{_tmp.meta}] %{_tmp.json}',
        },
      },
      { json: { field: '_tmp.json', add_to_root: true, add_to_root_conflict_strategy: 'merge' } },
      { date: { field: '@timestamp', formats: ['ISO8601'] } },
      { remove: { field: '_tmp' } },
      {
        script: {
          lang: 'painless',
          description: 'ATT&CK for ICS technique of the event',
          params: { techniques: codes },
          source:
            "def t = params.techniques[ctx.event.code]; if (t != null) { ctx.threat = ['framework': 'MITRE ATT&CK for ICS', 'technique': ['id': [t.id], 'name': [t.name]]]; }",
        },
      },
    ],
    on_failure: [{ set: { field: 'error.message', value: '{{ _ingest.on_failure_message }}' } }],
  }
}

const props =
  (): string => `# Written by \`npm run generate\`. For a sink with format = "rfc5424" (the default); one sourcetype for all gateways.
[breakwall:rfc5424]
SHOULD_LINEMERGE = false
TRUNCATE = 16384
TIME_PREFIX = ^<\\d+>1\\s
TIME_FORMAT = %Y-%m-%dT%H:%M:%S.%6NZ
MAX_TIMESTAMP_LOOKAHEAD = 32
TZ = UTC
KV_MODE = none
EXTRACT-breakwall_header = ^<(?<syslog_pri>\\d+)>1 \\S+ (?<dvc>\\S+) breakwall (?<process_id>\\d+) (?<signature>[a-z0-9-]+) 
EXTRACT-breakwall_text = ^.*"\\] (?<message>.*)$
REPORT-breakwall_fields = breakwall_fields
FIELDALIAS-user = bw_subject ASNEW user
EVAL-src = replace(bw_source, ":\\d+$", "")
# Every field of an event has bw_ before it: source and host are Splunk's own.
EVAL-action = case(bw_outcome=="denied", "blocked", bw_outcome=="allowed" OR bw_outcome=="done", "allowed", true(), null())
EVAL-vendor_product = "Breakwall"
LOOKUP-breakwall = breakwall_events signature OUTPUT technique, severity_word
`

const transforms = (): string => `# Written by \`npm run generate\`.
[breakwall_fields]
SOURCE_KEY = _raw
REGEX = \\s([A-Za-z]+)="((?:[^"\\\\\\]]|\\\\["\\\\\\]])*)"
FORMAT = bw_$1::$2

[breakwall_events]
filename = breakwall_events.csv
`

const words = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']
const lookup = (): string =>
  [
    'signature,class_id,severity_word,category,technique',
    ...(Object.keys(catalogue) as EventId[]).map((id) => {
      const { classId, severity, category } = catalogue[id]
      const { technique } = guide[id]
      return [id, classId, words[severity] ?? '', category, technique === 'none' ? '' : technique].join(',')
    }),
    '',
  ].join('\n')

/** Keys of CEF that Sentinel has no column for arrive in AdditionalExtensions. */
function kusto(): string {
  const extras = [
    ...new Set(
      (Object.keys(catalogue) as EventId[]).flatMap((id) =>
        [...messageOf(sampleOf(id), 'cef').matchAll(/ (bw[A-Za-z]+)=/g)].map(([, key = '']) => key),
      ),
    ),
  ].sort()
  const column = (key: string): string => key.replace(/^bw/, 'Breakwall')
  const ids = (Object.keys(catalogue) as EventId[])
    .filter((id) => guide[id].technique !== 'none')
    .map((id) => `    "${id}", "${guide[id].technique}"`)
  return `// Written by \`npm run generate\`. Save as the function Breakwall. For a sink with format = "cef" through the Azure Monitor agent.
let Techniques = datatable(EventId: string, Technique: string)[
${ids.join(',\n')}
];
CommonSecurityLog
| where DeviceVendor == "Breakwall" and DeviceProduct == "Breakwall"
| extend
    EventId = Activity,
    ClassId = toint(DeviceEventClassID),
    Seq = tolong(ExternalID),
    Subject = SourceUserName,
    Role = DeviceCustomString3,
    Breaker = DeviceCustomString1,
    Operation = DeviceCustomString2,
    Correlation = DeviceCustomString4,
    Bus = DeviceCustomString5,
    Unit = DeviceCustomNumber1,
    Outcome = EventOutcome,
${extras.map((key) => `    ${column(key)} = extract(@"(?:^|;)${key}=([^;]*)", 1, AdditionalExtensions)`).join(',\n')}
| extend EventTime = todatetime(BreakwallTime)
| lookup kind=leftouter Techniques on EventId
`
}
