import type { FieldName } from './fields.ts'

/** Syslog severities (RFC 5424, table 2). */
export type Severity = 1 | 2 | 3 | 4 | 5 | 6 | 7
/** The categories of IEC 62443-4-2 CR 2.8, and `operation` for what was done to a breaker. */
export type Category =
  'access-control' | 'request-error' | 'control-system' | 'backup-restore' | 'configuration-change' | 'audit-log' | 'operation'

type Definition = {
  /** For CEF; like the id never reused or changed once released. */
  readonly classId: number
  readonly severity: Severity
  /** Instead of `severity` when the field `class` is control or protection-setting. */
  readonly graver?: Severity
  readonly category: Category
  readonly text: string
  readonly fields: readonly FieldName[]
}

const asked = ['subject', 'role', 'source', 'breaker', 'bus', 'unit', 'class', 'operation', 'functionCode', 'correlation'] as const

/** Every security event there is. An event exists only by a line of this table; a missing field does not compile. */
export const catalogue = {
  'gateway-started': d(101, 5, 'control-system', 'Breakwall {version} started, configuration {configuration}', [
    'version',
    'configuration',
  ]),
  'config-reloaded': d(104, 4, 'configuration-change', '{subject} put configuration {configuration} in force: {reason}', [
    'subject',
    'configuration',
    'reason',
  ]),
  'config-rejected': d(105, 3, 'configuration-change', 'configuration not taken from {subject}: {reason}', ['subject', 'reason']),
  'gateway-stopped': d(102, 5, 'control-system', 'stopped in order: {reason}', ['reason']),
  'gateway-crash-recovered': d(
    103,
    2,
    'control-system',
    'the previous run ended without a stop; {openOperations} operations of unknown outcome',
    ['openOperations'],
  ),
  'bus-down': d(110, 3, 'control-system', 'bus {bus} is down: {reason}', ['bus', 'reason']),
  'bus-up': d(111, 5, 'control-system', 'bus {bus} is up', ['bus']),
  'breaker-offline': d(112, 4, 'control-system', '{breaker} does not answer: {reason}', ['breaker', 'bus', 'unit', 'reason']),
  'breaker-online': d(113, 5, 'control-system', '{breaker} answers again', ['breaker', 'bus', 'unit']),
  'capture-started': d(116, 5, 'control-system', '{subject} records what passes on bus {bus}', ['subject', 'bus']),
  'foreign-master-suspected': d(117, 2, 'control-system', 'bus {bus}: {reason}', ['bus', 'unit', 'functionCode', 'reason']),
  'sink-disconnected': d(120, 4, 'audit-log', 'sink {sink} does not take events: {reason}', ['sink', 'reason']),
  'sink-recovered': d(121, 5, 'audit-log', 'sink {sink} takes events again', ['sink']),
  'connection-refused-acl': d(201, 4, 'access-control', 'connection from {source} refused: {reason}', ['source', 'listener', 'reason']),
  'connection-limit': d(202, 4, 'access-control', 'connection from {source} refused: {reason}', ['source', 'listener', 'reason']),
  'connection-opened': d(203, 6, 'access-control', '{subject} connected as {role}', ['subject', 'role', 'source', 'listener']),
  'connection-closed': d(204, 6, 'access-control', '{subject} left after {requests} requests: {reason}', [
    'subject',
    'role',
    'source',
    'listener',
    'reason',
    'requests',
    'durationMs',
  ]),
  'tls-handshake-failed': d(205, 4, 'access-control', 'TLS handshake with {source} failed: {reason}', ['source', 'listener', 'reason']),
  'role-missing': d(206, 4, 'access-control', '{subject} has no role in its certificate: it gets the rights of none', [
    'subject',
    'source',
    'listener',
  ]),
  'role-invalid': d(207, 4, 'access-control', 'role of {subject}: {reason}', ['subject', 'source', 'listener', 'reason']),
  'privilege-denied': d(208, 4, 'access-control', '{subject} may not {operation}: {reason}', ['subject', 'source', 'operation', 'reason']),
  'access-withdrawn': d(209, 4, 'access-control', '{subject} lost its connection: {reason}', [
    'subject',
    'role',
    'source',
    'listener',
    'reason',
  ]),
  'plaintext-listener-on': d(210, 4, 'access-control', 'listener {listener} takes Modbus in the clear on {source}: reading only', [
    'listener',
    'source',
  ]),
  'crl-updated': d(211, 5, 'control-system', 'revocation list of {subject}: {count} revoked, next by {until}', [
    'subject',
    'count',
    'until',
  ]),
  'crl-stale': d(212, 3, 'control-system', 'revocation list of {subject}: {reason}', ['subject', 'reason']),
  'certificate-expiring': d(213, 4, 'control-system', 'the certificate of {subject} ({where}) ends in {days} days, on {until}', [
    'subject',
    'where',
    'days',
    'until',
  ]),
  'certificate-expired': d(214, 3, 'control-system', 'the certificate of {subject} ({where}) has ended on {until}', [
    'subject',
    'where',
    'until',
  ]),
  'vault-opened': d(220, 5, 'access-control', 'the vault of breaker passwords is open: {count} passwords', ['count']),
  'vault-closed': d(221, 3, 'access-control', 'the vault of breaker passwords cannot be opened: {reason}', ['reason']),
  'vault-changed': d(222, 4, 'access-control', '{subject} changed the vault: {reason}', ['subject', 'breaker', 'level', 'reason']),
  'vault-default-password': d(223, 3, 'access-control', 'the {level} password of {breaker} is the one it left the factory with', [
    'breaker',
    'level',
  ]),
  'vault-used': d(224, 6, 'access-control', 'the {level} password of {breaker} was put into a command of {subject}', [
    'subject',
    'breaker',
    'level',
    'correlation',
  ]),
  'vault-password-old': d(225, 4, 'access-control', 'the {level} password of {breaker} is {days} days old', ['breaker', 'level', 'days']),
  'login-succeeded': d(230, 5, 'access-control', '{subject} logged in as {role} ({via})', ['subject', 'role', 'source', 'via']),
  'login-failed': d(231, 4, 'access-control', 'log-in of {subject} failed: {reason}', ['subject', 'source', 'reason']),
  'login-locked': d(232, 3, 'access-control', 'log-ins of {subject} are locked until {until}: {reason}', [
    'subject',
    'source',
    'reason',
    'until',
  ]),
  logout: d(233, 6, 'access-control', '{subject} logged out', ['subject', 'source']),
  'session-expired': d(234, 6, 'access-control', 'a session of {subject} ended: {reason}', ['subject', 'source', 'reason']),
  'password-changed': d(235, 5, 'access-control', '{subject} changed {reason}', ['subject', 'source', 'reason']),
  'password-expiring': d(236, 5, 'access-control', 'the password of {subject} is too old in {days} days', ['subject', 'days']),
  'password-reset': d(237, 5, 'access-control', '{subject} gave {user} a new password', ['subject', 'source', 'user']),
  'user-created': d(238, 5, 'configuration-change', '{subject} created user {user} with the role {role}', [
    'subject',
    'source',
    'user',
    'role',
  ]),
  'user-changed': d(239, 5, 'configuration-change', '{subject} changed user {user}: {reason}', ['subject', 'source', 'user', 'reason']),
  'user-disabled': d(240, 5, 'configuration-change', '{subject} disabled user {user}', ['subject', 'source', 'user']),
  'user-deleted': d(241, 5, 'configuration-change', '{subject} removed user {user}', ['subject', 'source', 'user']),
  'service-created': d(242, 5, 'configuration-change', '{subject} gave script {user} a token for {reason} until {until}', [
    'subject',
    'source',
    'user',
    'reason',
    'until',
  ]),
  'service-removed': d(243, 5, 'configuration-change', '{subject} took the token of script {user} away', ['subject', 'source', 'user']),
  'certificate-enrolled': d(244, 5, 'configuration-change', '{subject} was given a certificate for {user}, role {role}, serial {reason}', [
    'subject',
    'source',
    'user',
    'role',
    'reason',
  ]),
  'frame-malformed': d(301, 4, 'request-error', 'malformed frame: {reason}; {answer}', [
    'subject',
    'role',
    'source',
    'unit',
    'functionCode',
    'reason',
    'answer',
    'firstBytes',
  ]),
  'function-unsupported': d(302, 4, 'request-error', 'function {function} is not supported; {answer}', [
    'subject',
    'role',
    'source',
    'unit',
    'functionCode',
    'function',
    'answer',
  ]),
  'unit-unknown': d(303, 4, 'request-error', 'unit {unit} is not configured; {answer}', [
    'subject',
    'role',
    'source',
    'unit',
    'functionCode',
    'answer',
  ]),
  'broadcast-refused': d(304, 4, 'request-error', 'broadcast is never forwarded; {answer}', [
    'subject',
    'role',
    'source',
    'unit',
    'functionCode',
    'answer',
  ]),
  'response-invalid': d(305, 4, 'request-error', 'reply of {breaker} discarded: {reason}', ['breaker', 'bus', 'unit', 'reason']),
  'events-collapsed': d(306, 4, 'request-error', '{count} more of {event} from {source} within {seconds} s: {reason}', [
    'event',
    'source',
    'breaker',
    'reason',
    'count',
    'seconds',
  ]),
  'operation-denied': d(401, 4, 'operation', 'denied: {operation}: {reason}', [...asked, 'outcome', 'reason'], 3),
  'operation-allowed': d(402, 5, 'operation', 'allowed: {operation}', [...asked, 'outcome'], 4),
  'operation-done': d(403, 5, 'operation', 'done: {operation}', [...asked, 'outcome', 'durationMs']),
  'operation-refused-by-device': d(404, 4, 'operation', 'the breaker refused: {operation}: {reason}', [
    ...asked,
    'outcome',
    'reason',
    'durationMs',
  ]),
  'operation-failed': d(405, 4, 'operation', 'not sent: {operation}: {reason}', [...asked, 'outcome', 'reason', 'durationMs']),
  'operation-outcome-unknown': d(406, 2, 'operation', 'outcome unknown: {operation}: {reason}', [...asked, 'outcome', 'reason']),
  unlocked: d(410, 4, 'operation', '{breaker} {scope} unlocked until {until} by {subject}: {reason}', [
    'subject',
    'breaker',
    'scope',
    'until',
    'reason',
  ]),
  locked: d(411, 5, 'operation', '{breaker} {scope} locked by {subject}: {reason}', ['subject', 'breaker', 'scope', 'reason']),
  'relocked-by-timer': d(412, 5, 'operation', '{breaker} {scope} locked: its time was over', ['breaker', 'scope']),
} as const satisfies Record<string, Definition>

function d<const F extends readonly FieldName[]>(
  classId: number,
  severity: Severity,
  category: Category,
  text: string,
  fields: F,
  graver: Severity = severity,
): { classId: number; severity: Severity; graver: Severity; category: Category; text: string; fields: F } {
  return { classId, severity, graver, category, text, fields }
}
