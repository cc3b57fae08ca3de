import type { EventId } from './event.ts'

/** What keeps an event from filling the journal, whoever causes it. */
export type Bound =
  /**
   * The first ones of a kind are events, all others like them are counted, exactly, in `events-collapsed`. `by`: who shares the number of
   * kinds that are counted apart: one client or person, one device or receiver, or all who reach a port without being known.
   */
  | { readonly kind: 'collapsed'; readonly first: number; readonly by: 'client' | 'device' | 'anybody' }
  /** A permitted operation or what came of it: no faster than commits to the disk and the buses, and never collapsed. */
  | { readonly kind: 'operation' }
  /** What somebody who is logged in, or may use the socket of the machine, does: one call each. */
  | { readonly kind: 'person' }
  /** A change of something that the gateway looks at by its own clock, or that happens at start and stop. */
  | { readonly kind: 'watch' }
  /** Both: a call of somebody who was let in, and the gateway by itself at a bounded rate (a daily check, a restart, a fault). */
  | { readonly kind: 'person-or-watch' }
  /** The journal's own: a bounded number for what it writes. */
  | { readonly kind: 'own' }

const client = (first: number): Bound => ({ kind: 'collapsed', first, by: 'client' })
const device = (first: number): Bound => ({ kind: 'collapsed', first, by: 'device' })
const anybody = (first: number): Bound => ({ kind: 'collapsed', first, by: 'anybody' })
const operation: Bound = { kind: 'operation' }
const person: Bound = { kind: 'person' }
const watch: Bound = { kind: 'watch' }
const personOrWatch: Bound = { kind: 'person-or-watch' }
const own: Bound = { kind: 'own' }

/** The bound of each event of the catalogue. One flat literal: an event without a bound, a misspelt id and a doubled id do not compile. */
export const bounds: Readonly<Record<EventId, Bound>> = {
  // system
  'gateway-started': watch,
  'gateway-stopped': watch,
  'gateway-crash-recovered': watch,
  'self-test-failed': watch,
  'fail-closed-entered': device(20),
  'fail-closed-left': device(20),
  'watchdog-late': watch,
  'bus-down': device(20),
  'bus-up': device(20),
  'breaker-offline': device(20),
  'breaker-online': device(20),
  'clock-jump': watch,
  'clock-unsynchronised': watch,
  'clock-synchronised': watch,
  heartbeat: watch,
  'foreign-master-suspected': device(1),
  'bus-is-another': device(5),
  'bus-noisy': device(5),
  'device-identity-changed': operation,
  'device-clear-text-service': person,
  'capture-started': person,
  'sink-disconnected': device(20),
  'sink-recovered': device(20),
  'sink-connected': device(20),
  'sink-behind': device(20),
  'sink-tested': person,
  'audit-exported': person,
  'export-incomplete': person,
  'debugger-refused': watch,
  'journal-verified': personOrWatch,
  'journal-tampered': personOrWatch,
  'events-dropped': own,
  'events-lost': own,
  'disk-low': watch,
  'journal-full': own,
  'journal-busy': own,
  'journal-failing': own,
  'journal-silent': own,
  'record-overdue': own,
  'journal-truncated': own,
  checkpoint: own,
  'journal-replaced': watch,
  'states-not-authentic': watch,
  'states-accepted': person,
  'tag-restored': watch,
  'journal-key-made': watch,
  'crl-updated': watch,
  'crl-refused': watch,
  'crl-stale': watch,
  'certificate-expiring': watch,
  'certificate-expired': watch,
  // access
  'config-reloaded': person,
  'config-rejected': person,
  'connection-refused-acl': anybody(1),
  'connection-limit': anybody(1),
  'tls-handshake-failed': anybody(1),
  'connection-opened': client(20),
  'connection-closed': client(20),
  'role-missing': client(5),
  'role-invalid': client(5),
  'access-withdrawn': client(20),
  'privilege-denied': client(5),
  'plaintext-listener-on': watch,
  'vault-opened': watch,
  'vault-closed': watch,
  'secrets-not-recorded': watch,
  'vault-changed': person,
  'vault-default-password': personOrWatch,
  'vault-used': operation,
  'vault-password-old': watch,
  'login-succeeded': client(20),
  'login-failed': anybody(10),
  'login-locked': anybody(10),
  logout: client(20),
  'session-expired': client(20),
  'password-changed': person,
  'password-expiring': client(5),
  'pin-expiring': client(5),
  'password-reset': person,
  'user-created': person,
  'user-changed': person,
  'user-disabled': person,
  'user-deleted': person,
  'service-created': person,
  'service-removed': person,
  'certificate-enrolled': person,
  // operation
  'frame-malformed': client(1),
  'function-unsupported': client(1),
  'unit-unknown': client(1),
  'broadcast-refused': client(1),
  'response-invalid': device(1),
  'events-collapsed': own,
  'operation-denied': client(5),
  'operation-would-deny': operation,
  'operation-allowed': operation,
  'operation-done': operation,
  'operation-refused-by-device': operation,
  'operation-failed': operation,
  'operation-outcome-unknown': operation,
  'setting-changed': operation,
  unlocked: person,
  locked: personOrWatch,
  'relocked-by-timer': watch,
  'checklist-signed': person,
  'tag-hung': person,
  'tag-removed': person,
  'tag-removed-by-other': person,
  'tag-removal-asked': person,
  'tag-offered': person,
  'tag-passed': person,
  'master-lock-on': person,
  'master-lock-off': person,
  'key-switch-on': device(20),
  'key-switch-off': device(20),
  'grant-requested': person,
  'grant-approved': person,
  'grant-refused': person,
  'grant-used': operation,
  'grant-expired': watch,
  'grant-revoked': person,
  'emergency-open': person,
  'emergency-open-asked': person,
  'lock-out-started': person,
  'lock-out-ended': person,
  'change-overtaken': personOrWatch,
  'breaker-tripped': operation,
  'breaker-opened': operation,
  'breaker-closed': operation,
  'breaker-reset': operation,
} satisfies Record<EventId, Bound>
