import type { BreakerView, EventView, LockView, StatusView } from '../../contract/index.ts'
import { useOf } from './show-buses.ts'
import { describeSinkState } from '../commands/sinks.ts'
import { table } from './table.ts'

const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug']

/** The local time of day of an instant in UTC. */
const clockTime = (iso: string): string => new Date(iso).toLocaleTimeString('en-GB')

/** One event on one line: time, severity, what, in words, who. */
export function eventLine(event: EventView): string {
  const who = [event.fields['subject'], event.fields['role'], event.fields['source']].filter((part) => part !== undefined && part !== '')
  const id = event.id.padEnd(27)
  const number = String(event.seq).padStart(6)
  return `${number} ${clockTime(event.time)} ${(severities[event.severity] ?? '?').padEnd(8)} ${id} ${event.text}${who.length > 0 ? `  · ${who.join(' ')}` : ''}`
}

/** A lock as a person says it. */
export function describeLock(lock: LockView): string {
  const record = lock.recorded ? '' : ', not recorded yet'
  if (lock.locked) return `LOCKED${record}`
  const left = `${String(Math.floor(lock.secondsLeft / 60)).padStart(2, '0')}:${String(lock.secondsLeft % 60).padStart(2, '0')}`
  return `unlocked ${left} (${lock.by})${record}`
}

/** The state as on the switchboard; a state that is old or was never read says so. */
export function describeState(breaker: BreakerView): string {
  if (breaker.reachable === 'no') return 'NO ANSWER'
  if (breaker.stateAgeMs === 'never') return 'not read yet'
  const age = breaker.stateAgeMs > 10_000 ? ` (${Math.round(breaker.stateAgeMs / 1000)} s ago)` : ''
  return `${breaker.state.toUpperCase()}${age}`
}

export function statusText(status: StatusView): string {
  const listeners = status.listeners.map(
    (listener) => `listener ${listener.name}  ${listener.address}  ${listener.kind}  ${listener.connections} connected`,
  )
  const buses = status.buses.map((bus) => `bus ${bus.name}  ${bus.port}  ${bus.up ? 'up' : 'DOWN'}  ${useOf(bus)}`)
  return [
    `${status.site} · Breakwall ${status.version} · configuration ${status.configuration}`,
    ...listeners,
    ...buses,
    ...sinkLines(status),
    ...warnings(status),
    '',
    table([
      ['Breaker', 'Unit', 'State', 'A (L1/L2/L3)', 'Remote control', 'Settings'],
      ...status.breakers.map((breaker) => [
        `${breaker.name} ${breaker.family}${breaker.label === '' ? '' : ` · ${breaker.label}`}`,
        String(breaker.unit),
        describeState(breaker),
        breaker.currents.length === 0 ? '-' : breaker.currents.join(' / '),
        describeLock(breaker.locks.control),
        describeLock(breaker.locks['protection-setting']),
      ]),
    ]),
    '',
    `journal ${status.journal.file}  ${status.journal.seq} events, ${megabytes(status.journal.bytes)} of ${megabytes(status.journal.freeBytes)} free, head ${status.journal.hash.slice(0, 16)}…`,
    status.journal.verification === 'never' ? 'not verified since the start' : `last verified ${status.journal.verified}`,
  ].join('\n')
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

const sinkLines = ({ sinks }: StatusView): string[] =>
  sinks.map(
    ({ name, receiver, state, owed }) =>
      `sink ${name}  ${receiver}  ${state.kind === 'failed' ? 'NOT CONNECTED' : describeSinkState(state)}  ${owed} waiting`,
  )

/** What somebody should do something about; nothing when all is well. */
function warnings({ masterLock, keySwitches, vault, breakers, buses, certificates, sinks, faults, journal }: StatusView): string[] {
  const discarded = breakers.flatMap(({ name, discarded: counts }) => {
    const reasons = Object.entries(counts).map(([reason, count]) => `${String(count)} ${reason}`)
    return reasons.length === 0 ? [] : [`note: replies of ${name} discarded: ${reasons.join(', ')}`]
  })
  return [
    ...keySwitches
      .filter(({ state }) => state !== 'closed')
      .map(
        ({ name, breakers: its, why }) => `KEY SWITCH BARS ${its.join(', ') || 'every breaker'}: ${name}${why === '' ? '' : `: ${why}`}`,
      ),
    ...(masterLock.on
      ? [`MASTER LOCK ON, by ${masterLock.by}: ${masterLock.reason}${masterLock.recorded ? '' : ' (not recorded yet)'}`]
      : []),
    ...breakers.flatMap(({ name, tags }) =>
      tags.map(({ owner, reason, recorded }) => `TAG on ${name}: ${owner}: ${reason}${recorded ? '' : ' (not recorded yet)'}`),
    ),
    ...breakers.filter(({ mode }) => mode === 'observe').map(({ name }) => `note: ${name} is only observed: breakwall learn report`),
    ...faults.map(({ part, reason }) => `ALARM: every operation is denied: ${part}: ${reason}`),
    ...verificationAlarm(journal),
    ...sinks
      .filter(({ state, connected, owed }) => state.kind === 'failed' || (!connected && owed > 0))
      .map(({ name, receiver, why }) => `WARNING: sink ${name}: ${receiver}: ${why}: breakwall sink test ${name}`),
    ...sinks
      .filter(({ behind }) => behind)
      .map(({ name, owed, owedSeconds }) => `WARNING: sink ${name} is behind its limit: ${owed} events, ${owedSeconds} s`),
    ...(vault.closed === '' ? [] : [`WARNING: the vault is closed: ${vault.closed}`]),
    ...(vault.factory.length === 0
      ? []
      : [`WARNING: ${vault.factory.join(', ')}: still the factory password; change it at the breaker, then: breakwall vault set NAME`]),
    ...buses.filter(({ warning }) => warning !== '').map(({ name, warning }) => `WARNING: bus ${name}: ${warning}`),
    ...certificates.map(({ name, where, daysLeft }) =>
      daysLeft < 0
        ? `WARNING: the certificate of ${name} (${where}) has ended`
        : `${daysLeft <= 7 ? 'WARNING' : 'note'}: the certificate of ${name} (${where}) ends in ${daysLeft} days: breakwall cert renew`,
    ),
    ...discarded,
  ]
}

function verificationAlarm({ verification, verified }: StatusView['journal']): string[] {
  switch (verification) {
    case 'never':
    case 'whole':
      return []
    case 'broken':
      return [`ALARM: journal verified ${verified}: keep the file, then breakwall journal set-aside`]
    case 'unreadable':
      return [`ALARM: the journal could not be verified: ${verified}: look at the disk, then breakwall verify`]
  }
}

export function locksText(status: StatusView): string {
  const rows = status.breakers.flatMap((breaker) =>
    Object.entries(breaker.locks).map(([scope, lock]) => [
      breaker.name,
      scope,
      describeLock(lock),
      lock.locked ? `since ${clockTime(lock.since)}, by ${lock.by}: ${lock.reason}` : `until ${clockTime(lock.until)}: ${lock.reason}`,
    ]),
  )
  return table([['Breaker', 'Scope', 'Lock', ''], ...rows])
}
