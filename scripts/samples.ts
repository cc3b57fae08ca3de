import { type EventId, type EventRecord, type FieldName, type FieldValue, catalogue, event } from '../src/events/index.ts'

/** What each field looks like in the samples of the documentation. */
const values: Readonly<Partial<Record<FieldName, FieldValue>>> = {
  ...{ subject: 'scada-1', role: 'Operator', source: '10.20.0.17:50123', listener: 'scada', breaker: 'Q1', bus: 'rs485-1', unit: 1 },
  ...{ class: 'control', operation: 'close circuit breaker Q1', functionCode: 16, correlation: '0b5e9a52-6f5c-4a1e-9a63-0d2f6c1f7a10' },
  ...{
    scope: 'control',
    user: 'ana',
    via: 'console',
    until: '2026-11-23T20:30:00.000000Z',
    answer: 'answered 01',
    firstBytes: '0001000000060103',
  },
  ...{ durationMs: 412, requests: 1204, version: '0.1.0', configuration: '3f1c9a04be71', openOperations: 1, sink: 'soc', function: '8/19' },
  ...{ event: 'connection-refused-acl', count: 12, days: 30, where: 'listener scada', seconds: 10, level: 'operator', mode: 'enforce' },
  ...{
    part: 'journal',
    from: '2026-11-23T20:15:00.000000Z',
    fromSeq: 1,
    toSeq: 2000,
    upTo: 41_000,
    head: 'a3'.repeat(32),
    root: 'b7'.repeat(32),
  },
  ...{ signature: 'q83vEjRWeJA=', key: '625a12c0b6202da2', format: 'csv', file: '/var/lib/breakwall/journal-damaged-20261123T201500.db' },
  ...{ megabytes: 412, receiver: 'relp+tls 10.40.0.9:2514', uptimeSeconds: 86_400, events: 321, denied: 2, operations: 4, lag: 0 },
  ...{
    expected: 'unexpected',
    connected: 'scada-1, hmi-2',
    hours: 'outside',
    firstFromHere: 'yes',
    setting: 'pick-up Ir of Q1',
    old: 'not read',
    new: '400 A',
  },
}

/** Where the usual value of a field would say something that this event never does. */
const own: Readonly<Partial<Record<EventId, Readonly<Partial<Record<FieldName, FieldValue>>>>>> = {
  'operation-denied': { outcome: 'denied', reason: 'locked: nobody at the switchboard has unlocked it' },
  'operation-allowed': { outcome: 'allowed' },
  'operation-done': { outcome: 'done' },
  'operation-refused-by-device': { outcome: 'refused-by-device', reason: 'already closed' },
  'operation-failed': { outcome: 'not-sent', reason: 'the queue of the bus is full' },
  'operation-outcome-unknown': { outcome: 'unknown', reason: 'the gateway ended between the permit and the outcome' },
  unlocked: { subject: 'ana', reason: 'WO-1182 seal change' },
  locked: { subject: 'ana', reason: 'work is done' },
  'gateway-started': { reason: 'a clean stop' },
  'gateway-stopped': { reason: 'SIGTERM' },
  'tls-handshake-failed': { reason: 'the client showed no certificate' },
  'connection-refused-acl': { reason: 'not in the access control list' },
  'login-failed': { subject: 'ana', reason: 'wrong password' },
  'setting-changed': { subject: 'engineer-1', role: 'Engineer', class: 'protection-setting' },
  'journal-tampered': { subject: 'gateway', fromSeq: 1205, reason: 'edited: it does not match its hash' },
  'sink-behind': { count: 12_400, seconds: 900 },
  'sink-disconnected': { reason: 'nothing listens at this address and port' },
  'breaker-reset': { expected: 'expected' },
}

/** One event of a kind as a site could have it, for the documentation, the SIEM packs and their tests. */
export function sampleOf(id: EventId, different: Readonly<Partial<Record<FieldName, FieldValue>>> = {}): EventRecord {
  const fields = Object.fromEntries(
    catalogue[id].fields.map((name) => [name, different[name] ?? own[id]?.[name] ?? values[name] ?? `the ${name} of it`]),
  )
  return {
    ...event(id, fields as never),
    ...{ seq: 41_207, time: '2026-11-23T20:15:00.123456Z', boot: '5f0c1d7a-2c0f-4c0e-8a58-b0a4c2ce1d34', gateway: 'bw-plant7' },
  }
}
