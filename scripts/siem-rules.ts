import type { EventId, FieldName, FieldValue, techniques } from '../src/events/index.ts'

type Technique = keyof typeof techniques
type Sample = { readonly id: EventId; readonly fields?: Readonly<Partial<Record<FieldName, FieldValue>>> }

/** One alert of the analyst: a Sigma rule with logs that it must and must not match, and a page of docs/soc/. */
export type Rule = {
  /** The name of its files and of its page. */
  readonly name: string
  /** Never changed: SOCs keep their tuning by it. */
  readonly uuid: string
  readonly title: string
  readonly description: string
  readonly level: 'medium' | 'high' | 'critical'
  readonly technique: Technique
  /** Fields as the format json has them; all must fit. */
  readonly selection: Readonly<Record<string, string | number | readonly (string | number)[]>>
  /**
   * So many matches of one source within a time, where one alone says nothing. A fast repetition is summed up by the gateway, so an
   * `events-collapsed` of this event is a match too, and one that counts two or more fires alone: three alike within a minute.
   */
  readonly repeated?: { readonly by: string; readonly within: string; readonly times: number }
  readonly falsePositives: readonly string[]
  readonly matches: Sample
  readonly passesOver: readonly Sample[]
}

export const rules: readonly Rule[] = [
  {
    name: 'denied-control-from-a-new-source',
    uuid: '5b0d3b64-0a5e-4b2f-9f4e-5f2f0a7c1e01',
    title: 'Breakwall: control of a breaker refused, from an address that never asked before',
    description: 'An address asked for its first operation ever, and was refused. SCADA systems do not change their address unannounced.',
    level: 'high',
    technique: 'T0855',
    selection: { 'event.code': 'operation-denied', 'breakwall.firstFromHere': 'yes', 'breakwall.class': ['control', 'protection-setting'] },
    falsePositives: ['A new SCADA server that was not announced'],
    matches: { id: 'operation-denied' },
    passesOver: [
      { id: 'operation-denied', fields: { firstFromHere: 'no' } },
      { id: 'operation-denied', fields: { class: 'monitor', firstFromHere: 'no' } },
      { id: 'operation-allowed' },
    ],
  },
  {
    name: 'unlock-outside-working-hours',
    uuid: '5b0d3b64-0a5e-4b2f-9f4e-5f2f0a7c1e02',
    title: 'Breakwall: a breaker was unlocked outside working hours',
    description:
      'Somebody opened a remote-control lock when nobody is expected at the switchboard. Needs working-hours in the configuration.',
    level: 'high',
    technique: 'T0831',
    selection: { 'event.code': 'unlocked', 'breakwall.hours': 'outside' },
    falsePositives: ['Work that was planned for the night'],
    matches: { id: 'unlocked' },
    passesOver: [{ id: 'unlocked', fields: { hours: 'inside' } }, { id: 'unlocked', fields: { hours: 'not set' } }, { id: 'locked' }],
  },
  {
    name: 'emergency-open',
    uuid: '5b0d3b64-0a5e-4b2f-9f4e-5f2f0a7c1e03',
    title: 'Breakwall: emergency open',
    description: 'Somebody opened a breaker past its locks.',
    level: 'critical',
    technique: 'T0831',
    selection: { 'event.code': 'emergency-open' },
    falsePositives: ['A drill'],
    matches: { id: 'emergency-open' },
    passesOver: [{ id: 'operation-done' }],
  },
  {
    name: 'repeated-tls-failures',
    uuid: '5b0d3b64-0a5e-4b2f-9f4e-5f2f0a7c1e04',
    title: 'Breakwall: repeated TLS failures of one address',
    description:
      'Handshakes of one listed address fail again and again: somebody tries certificates, versions or ciphers. Fast ones are summed up.',
    level: 'medium',
    technique: 'T0846',
    selection: { 'event.code': 'tls-handshake-failed' },
    repeated: { by: 'source.ip', within: '10m', times: 5 },
    falsePositives: ['A client whose certificate has ended and that tries for ever'],
    matches: { id: 'tls-handshake-failed' },
    passesOver: [{ id: 'connection-opened' }],
  },
  {
    name: 'journal-tampered',
    uuid: '5b0d3b64-0a5e-4b2f-9f4e-5f2f0a7c1e05',
    title: 'Breakwall: the journal was changed, replaced, or has lost events',
    description:
      'The hash chain does not hold, the journal was set aside at start, tags or locks beside it are not what was written, or the disk limit removed events that a sink never got.',
    level: 'critical',
    technique: 'T0872',
    selection: {
      'event.code': [
        ...['journal-tampered', 'journal-replaced', 'states-not-authentic', 'events-dropped', 'events-lost'],
        ...['journal-full', 'journal-busy', 'journal-failing'],
      ],
    },
    falsePositives: ['A failing or full disk', 'A backup program that holds the file'],
    matches: { id: 'journal-tampered' },
    passesOver: [{ id: 'journal-verified' }, { id: 'journal-truncated' }],
  },
  {
    name: 'breaker-moved-unexpectedly',
    uuid: '5b0d3b64-0a5e-4b2f-9f4e-5f2f0a7c1e06',
    title: 'Breakwall: a breaker moved and no operation here had asked for it',
    description:
      'A breaker opened, closed, tripped or was reset without an operation through the gateway: by hand, by protection, or by a way around it.',
    level: 'high',
    technique: 'T0831',
    selection: {
      'event.code': ['breaker-opened', 'breaker-closed', 'breaker-tripped', 'breaker-reset'],
      'breakwall.expected': 'unexpected',
    },
    falsePositives: ['Work by hand at the switchboard', 'A fault in the installation'],
    matches: { id: 'breaker-closed' },
    passesOver: [{ id: 'breaker-closed', fields: { expected: 'expected' } }, { id: 'operation-done' }],
  },
  {
    name: 'sink-silent',
    uuid: '5b0d3b64-0a5e-4b2f-9f4e-5f2f0a7c1e07',
    title: 'Breakwall: events do not arrive',
    description:
      'A sink is cut off or behind its limit. Where nothing at all arrives, no rule on an event can tell: alert on a missing heartbeat too (docs/soc/sink-silent.md).',
    level: 'high',
    technique: 'T0804',
    selection: { 'event.code': ['sink-behind', 'sink-disconnected'] },
    falsePositives: ['Work on the network or on the receiver'],
    matches: { id: 'sink-behind' },
    passesOver: [{ id: 'sink-connected' }, { id: 'heartbeat' }],
  },
]
