import type { BusView, BusesView, ServicesView, UnitView } from '../../contract/index.ts'
import { table } from './table.ts'

const percent = (part: number): string => `${Math.round(part * 100)} %`
const milliseconds = (ms: number): string => (ms === 0 ? '-' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`)

/** How much of a line is in use, and how many answers each of its transactions gave. */
export function useOf({ busy, sharing, answersPerSecond, p99Ms }: BusView): string {
  if (answersPerSecond === 0) return busy === 0 ? 'idle' : `${percent(busy)} busy  no answers`
  return `${percent(busy)} busy  ${Math.round(answersPerSecond)} answers/s  shared ${sharing.toFixed(1)}x  p99 ${milliseconds(p99Ms)}`
}

function unitState({ state, transactions, replies, exceptions }: UnitView): string {
  if (state === 'silent') return 'SILENT'
  if (transactions === 0) return 'not asked'
  return replies + exceptions === 0 ? 'no answer yet' : 'answers'
}

/** The lines and the units on them, with the counts that say which cable or breaker to look at. */
export function busesText({ buses, units }: BusesView): string {
  const lines = buses.map((bus) => [
    bus.name,
    bus.up ? 'up' : 'DOWN',
    percent(bus.busy),
    bus.answersPerSecond.toFixed(1),
    `${bus.sharing.toFixed(1)}x`,
    String(bus.waiting),
    milliseconds(bus.p99Ms),
    bus.port,
  ])
  const rows = units.map((unit) => [
    unit.breaker,
    unit.bus,
    String(unit.unit),
    unitState(unit),
    String(unit.transactions),
    String(unit.exceptions),
    String(unit.timeouts),
    String(unit.crcErrors),
    String(unit.late),
    String(unit.discarded),
    String(unit.retries),
    String(unit.backedOff),
    milliseconds(unit.p50Ms),
    milliseconds(unit.p99Ms),
    percent(unit.busShare),
  ])
  const warnings = buses.filter(({ warning }) => warning !== '').map(({ name, warning }) => `WARNING: bus ${name}: ${warning}`)
  return [
    table([['Bus', '', 'Busy', 'Answers/s', 'Shared', 'Waiting', 'p99', 'Port'], ...lines]),
    ...warnings,
    '',
    table([
      [
        'Breaker',
        'Bus',
        'Unit',
        '',
        'Sent',
        'Exceptions',
        'No reply',
        'CRC',
        'Late',
        'Other',
        'Retries',
        'Refused',
        'p50',
        'p99',
        'Bus time',
      ],
      ...rows,
    ]),
    '',
    'Busy, Answers/s, Shared and Bus time are of the last 10 s, all else since the start. Refused: answered 0B without asking, since the unit, or just this request, was left without a reply before.',
  ].join('\n')
}

export function servicesText(found: ServicesView): string {
  if (found.length === 0) return 'there is no Ethernet interface'
  return found
    .map(({ bus, host, looked, open }) =>
      open.length === 0
        ? `${bus} (${host}): none of ports ${looked.join(', ')} is open`
        : `${bus} (${host}): OPEN: ${open.join(', ')}: switch it off at the interface`,
    )
    .join('\n')
}
