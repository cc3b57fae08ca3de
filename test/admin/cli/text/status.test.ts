import t from 'tap'
import type { BreakerView, BusView, LockView, MeView, StatusView, UnitView } from '../../../../src/admin/contract/index.ts'
import { meText } from '../../../../src/admin/cli/commands/login.ts'
import { busesText, useOf } from '../../../../src/admin/cli/text/show-buses.ts'
import { statusText } from '../../../../src/admin/cli/text/status.ts'
import { topLines } from '../../../../src/admin/cli/commands/top.ts'

const locked: LockView = {
  version: 0,
  recorded: true,
  locked: true,
  since: '2026-11-24T06:00:00Z',
  by: 'default',
  reason: 'never unlocked',
}
const unlocked: LockView = {
  version: 1,
  recorded: true,
  locked: false,
  until: '2026-11-24T06:15:00Z',
  secondsLeft: 65,
  by: 'tech',
  reason: 'a test',
  workOrder: '',
}
const breaker: BreakerView = {
  name: 'Q1',
  label: 'Pump 1',
  unit: 1,
  bus: 'rs485-1',
  family: 'ComPacT NSX',
  state: 'open',
  stateAgeMs: 900,
  stateSince: '',
  stateWatched: false,
  reachable: 'yes',
  currents: [],
  locks: { control: locked, 'protection-setting': locked, 'other-setting': locked },
  mode: 'enforce',
  tags: [],
  jobs: [],
  emergencyOpen: false,
  keySwitches: [],
  discarded: {},
}
const bus: BusView = {
  name: 'rs485-1',
  port: '/dev/ttyUSB0 19200 8E1',
  up: true,
  warning: '',
  busy: 0.5,
  sharing: 1,
  answersPerSecond: 8,
  answers: 80,
  transactions: 80,
  waiting: 0,
  p99Ms: 40,
}
/** Nothing is wrong here. */
const good: StatusView = {
  site: 'Plant 7',
  version: '1.2.3',
  configuration: 'abc',
  pages: '',
  listeners: [{ name: 'scada', address: '10.20.0.5:802', kind: 'Modbus/TCP Security', security: 'tls', connections: 1 }],
  clients: [],
  grants: [],
  keySwitches: [{ name: 'door', breakers: [], state: 'closed', why: '', since: '' }],
  masterLock: { on: false, by: '', reason: '', since: '', recorded: true },
  unlock: { longestSeconds: 28_800, shiftEndSeconds: 'not-set' },
  buses: [bus],
  breakers: [breaker],
  vault: { closed: '', factory: [] },
  certificates: [],
  journal: {
    file: 'journal.db',
    seq: 7,
    hash: 'ab',
    bytes: 1e6,
    freeBytes: 1e9,
    key: 'k',
    verified: '2026-11-24T06:00:00Z whole, 7 events',
    verification: 'whole',
  },
  sinks: [
    {
      name: 'soc',
      receiver: 'relp+tls soc:2514',
      state: { kind: 'delivers' },
      connected: true,
      why: '',
      owed: 0,
      owedSeconds: 0,
      behind: false,
      sent: 7,
    },
  ],
  faults: [],
}
const with_ = (patch: Partial<BreakerView>): Partial<StatusView> => ({ breakers: [{ ...breaker, ...patch }] })
const onBus = (patch: Partial<BusView>): Partial<StatusView> => ({ buses: [{ ...bus, ...patch }] })
const journal = (verification: StatusView['journal']['verification'], verified: string): Partial<StatusView> => ({
  journal: { ...good.journal, verification, verified },
})

/** What `status` says, in a state in which it is so. None of it is said of the good one, but for those that are good news. */
const bad: readonly (readonly [Partial<StatusView>, RegExp])[] = [
  [onBus({ up: false }), /bus rs485-1 .* DOWN/],
  [onBus({ warning: 'slow adapter' }), /WARNING: bus rs485-1: slow adapter/],
  [onBus({ busy: 0, answersPerSecond: 0 }), /bus rs485-1 .* idle/],
  [onBus({ busy: 0.9, answersPerSecond: 0 }), /bus rs485-1 .* 90 % busy {2}no answers/],
  [
    { sinks: good.sinks.map((one) => ({ ...one, state: { kind: 'failed', why: 'refused' } as const, connected: false, why: 'refused' })) },
    /NOT CONNECTED[\s\S]*WARNING: sink soc: .*refused/,
  ],
  [
    { sinks: good.sinks.map((one) => ({ ...one, behind: true, owed: 9, owedSeconds: 400 })) },
    /sink soc is behind its limit: 9 events, 400 s/,
  ],
  [
    { faults: [{ part: 'chain', cause: 'other', reason: 'event 3 is wrong' }] },
    /ALARM: every operation is denied: chain: event 3 is wrong/,
  ],
  [journal('broken', 'at noon BROKEN at event 3: edited'), /ALARM: journal verified at noon BROKEN at event 3: edited/],
  [journal('unreadable', 'at noon could not be read: gone'), /ALARM: the journal could not be verified: at noon could not be read: gone/],
  [journal('never', ''), /^not verified since the start$/m],
  [{ vault: { closed: 'no key', factory: [] } }, /WARNING: the vault is closed: no key/],
  [{ vault: { closed: '', factory: ['Q1'] } }, /WARNING: Q1: still the factory password/],
  [
    { certificates: [{ name: 'gw', where: 'listener scada', daysLeft: -1 }] },
    /WARNING: the certificate of gw \(listener scada\) has ended/,
  ],
  [{ certificates: [{ name: 'gw', where: 'listener scada', daysLeft: 7 }] }, /WARNING: the certificate of gw .* ends in 7 days/],
  [{ certificates: [{ name: 'gw', where: 'listener scada', daysLeft: 8 }] }, /note: the certificate of gw .* ends in 8 days/],
  [{ masterLock: { on: true, by: 'ana', reason: 'work', since: '', recorded: true } }, /MASTER LOCK ON, by ana: work$/m],
  [
    { masterLock: { on: true, by: 'ana', reason: 'work', since: '', recorded: false } },
    /MASTER LOCK ON, by ana: work \(not recorded yet\)$/m,
  ],
  [with_({ locks: { ...breaker.locks, control: { ...locked, recorded: false } } }), /LOCKED, not recorded yet/],
  [{ keySwitches: [{ name: 'door', breakers: ['Q1'], state: 'open', why: '', since: '' }] }, /KEY SWITCH BARS Q1: door/],
  [
    { keySwitches: [{ name: 'door', breakers: [], state: 'broken', why: 'a wire', since: '' }] },
    /KEY SWITCH BARS every breaker: door: a wire/,
  ],
  [with_({ mode: 'observe' }), /note: Q1 is only observed/],
  [with_({ reachable: 'no' }), /NO ANSWER/],
  [with_({ stateAgeMs: 'never' }), /not read yet/],
  [with_({ stateAgeMs: 11_000 }), /OPEN \(11 s ago\)/],
  [with_({ discarded: { late: 2 } }), /replies of Q1 discarded: 2 late/],
  [with_({ locks: { ...breaker.locks, control: unlocked } }), /unlocked 01:05 \(tech\)/],
]

t.test('status says what is so, and nothing of it where it is not', (t) => {
  const well = statusText(good)
  for (const said of [
    /bus rs485-1 .* up {2}50 % busy/,
    /sink soc .* connected {2}0 waiting/,
    /last verified .* whole, 7 events/,
    /LOCKED/,
    /OPEN /,
  ])
    t.match(well, said)
  for (const [patch, said] of bad) {
    t.notMatch(well, said)
    t.match(statusText({ ...good, ...patch }), said)
  }
  t.notMatch(well, /WARNING|ALARM|note:/)
  t.end()
})

t.test('a unit answers only when it has; a bus in use is not idle', (t) => {
  const unit: UnitView = {
    breaker: 'Q1',
    bus: 'rs485-1',
    unit: 1,
    state: 'answering',
    transactions: 9,
    replies: 9,
    exceptions: 0,
    timeouts: 0,
    crcErrors: 0,
    late: 0,
    discarded: 0,
    retries: 0,
    backedOff: 0,
    p50Ms: 1,
    p99Ms: 2,
    busShare: 0,
  }
  const said = (patch: Partial<UnitView>): string => busesText({ buses: [bus], units: [{ ...unit, ...patch }] })
  const table: readonly (readonly [Partial<UnitView>, RegExp])[] = [
    [{}, /Q1 .* answers /],
    [{ replies: 0, exceptions: 9 }, /Q1 .* answers /],
    [{ replies: 0, timeouts: 9 }, /Q1 .* no answer yet /],
    [{ transactions: 0, replies: 0 }, /Q1 .* not asked /],
    [{ state: 'silent' }, /Q1 .* SILENT /],
  ]
  for (const [patch, words] of table) t.match(said(patch), words)
  t.notMatch(said({ replies: 0, timeouts: 9 }), /Q1 .* answers /)
  t.equal(useOf({ ...bus, busy: 0, answersPerSecond: 0 }), 'idle')
  t.equal(useOf({ ...bus, busy: 1, answersPerSecond: 0 }), '100 % busy  no answers')
  t.end()
})

t.test('top: nothing was refused, or it cannot be read; whoami: what somebody may now, or what comes first', (t) => {
  t.match(topLines(good, []).join('\n'), /nothing was refused/)
  const unread = topLines(good, 'not-read').join('\n')
  t.match(unread, /cannot be read: it takes the right "events"/)
  t.notMatch(unread, /nothing was refused/)
  const me: MeView = {
    kind: 'person',
    name: 'ana',
    role: 'Engineer',
    pending: 'nothing',
    may: ['look', 'lock'],
    totp: false,
    passkeys: [],
    secondFactor: false,
    session: 's',
  }
  t.match(meText(me), /may: look, lock/)
  t.match(meText({ ...me, pending: 'change-password', may: [] }), /may nothing until the password is changed/)
  t.match(meText({ ...me, pending: 'second-factor', may: [] }), /may nothing until there is a second factor/)
  t.end()
})
