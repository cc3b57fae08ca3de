import t from 'tap'
import { type AccessEntry, type AccessLevel, type ManagementAction, type RoleRights } from '../../../../src/policy/index.ts'
import type { ReportFacts } from '../../../../src/admin/api/report/facts.ts'
import { type RuleId, reportRows, rules } from '../../../../src/admin/api/report/rows.ts'

const entry = (from: string, level: AccessLevel = 'control', line = 1): AccessEntry => ({ from, level, breakers: 'all', line })
const role = (manage: readonly ManagementAction[], classes: RoleRights['classes'] = new Set()): RoleRights => ({
  classes,
  grant: new Set(),
  breakers: 'all',
  manage: new Set(manage),
})
const day = 24 * 60 * 60 * 1_000_000
const now = 1_800_000_000_000_000

/** A site that meets every row. */
const good: ReportFacts = {
  nowUtcUs: now,
  listeners: [{ name: 'scada', kind: 'tls', revocationLists: 1, access: [entry('10.20.0.16/28'), entry('10.20.0.0/24', 'read', 2)] }],
  buses: [
    { name: 'rs485-1', link: 'serial' },
    { name: 'tie', link: 'tls' },
  ],
  breakers: [{ name: 'Q1', mode: 'enforce', unlocked: [], lacksPassword: false }],
  rights: new Map([
    ['SecurityAdmin', role(['users', 'configuration'])],
    ['Operator', role(['look'], new Set(['monitor', 'control']))],
  ]),
  people: {
    settings: {
      inactivityMs: 300_000,
      maximumAttempts: 5,
      lockingMs: 900_000,
      passwordLength: 12,
      passwordHistory: 10,
      passwordMaximumAgeMs: 'off',
      pinMaximumAgeMs: 'off',
      sessionLifeMs: 8 * 3_600_000,
      sessionsPerUser: 3,
      sessions: 50,
      secondFactor: new Set(['SecurityAdmin']),
      withoutLogin: new Set(['look', 'events', 'lock']),
      panelUser: 'none',
      banner: '',
    },
    accounts: { kind: 'there' },
    users: [{ name: 'ana', role: 'SecurityAdmin', secondFactor: true }],
  },
  vault: { kind: 'open', entries: [{ breaker: 'Q1', factory: false }] },
  emergencyOpen: false,
  certificates: [{ name: 'gateway', daysLeft: 61 }],
  sinks: [{ name: 'soc', confirms: true, connected: true, behind: false }],
  journal: { key: 'ab12', verification: { kind: 'whole', atUtcUs: now - day, records: 7 } },
  clock: true,
  faults: [],
  checklist: [{ due: false }],
}

type Patch = Partial<ReportFacts>
type Case = readonly [Patch, RegExp]
const listening = (access: readonly AccessEntry[], kind: 'tls' | 'clear-text' = 'tls'): Patch => ({
  listeners: [{ name: 'scada', kind, revocationLists: 1, access }],
})
const people = (patch: Partial<ReportFacts['people']>): Patch => ({ people: { ...good.people, ...patch } })
const settings = (patch: Partial<ReportFacts['people']['settings']>): Patch => people({ settings: { ...good.people.settings, ...patch } })
const breaker = (patch: Partial<ReportFacts['breakers'][number]>): Patch => ({
  breakers: good.breakers.map((one) => ({ ...one, ...patch })),
})
const sink = (patch: Partial<ReportFacts['sinks'][number]>): Patch => ({ sinks: good.sinks.map((one) => ({ ...one, ...patch })) })
const verification = (last: ReportFacts['journal']['verification']): Patch => ({ journal: { key: 'ab12', verification: last } })
const noVault: Patch = { vault: { kind: 'open', entries: [] } }

/** Each row in facts that meet it and in facts that leave it open, with what it says of them. A row without both does not compile. */
const cases = {
  'default-passwords': {
    met: [
      [{}, /none in the vault is that of the factory/],
      [noVault, /^no breaker here takes a password$/],
    ],
    open: [
      [people({ accounts: { kind: 'none' } }), /nobody has set it up/],
      [people({ accounts: { kind: 'closed', why: 'the key is wrong' } }), /users cannot be read: the key is wrong/],
      [{ vault: { kind: 'closed', why: 'no key' } }, /vault is closed/],
      [{ vault: { kind: 'open', entries: [{ breaker: 'Q1', factory: true }] } }, /Q1 has that of the factory/],
      [{ ...noVault, ...breaker({ lacksPassword: true }) }, /that of Q1 is not in the vault: unknown/],
    ],
  },
  'clear-text-listeners': { met: [[{}, /TLS only/]], open: [[listening([], 'clear-text'), /^scada is in clear text$/]] },
  'duties-apart': {
    met: [[{}, /2 roles; none both/]],
    open: [[{ rights: new Map([['Boss', role(['users', 'unlock'])]]) }, /Boss administers \(users\) and operates \(unlock\)/]],
  },
  'log-ins': {
    met: [[{}, /without a log-in only look, or lock/]],
    open: [[settings({ withoutLogin: new Set(['look', 'unlock'] as const) }), /without a log-in: unlock/]],
  },
  'second-factors': {
    met: [[{}, /^SecurityAdmin: needed/]],
    open: [
      [settings({ secondFactor: new Set() }), /role SecurityAdmin needs none/],
      [people({ users: [{ name: 'ana', role: 'SecurityAdmin', secondFactor: false }] }), /ana \(SecurityAdmin\) has none yet/],
      [{ rights: new Map() }, /no role administers/],
    ],
  },
  vault: {
    met: [
      [{}, /^1 passwords in the vault$/],
      [noVault, /^no breaker here takes a password$/],
    ],
    open: [
      [{ vault: { kind: 'closed', why: 'no key' } }, /closed: no key/],
      [{ ...noVault, ...breaker({ lacksPassword: true }) }, /^no password is in the vault: commands that need one are refused \(Q1\)$/],
      [breaker({ lacksPassword: true }), /commands that need one of Q1 are refused/],
    ],
  },
  locked: {
    met: [[{}, /all of them locked/]],
    open: [
      [breaker({ unlocked: [{ scope: 'control', untilUtcUs: now }] }), /Q1 control until 2027-/],
      [breaker({ mode: 'observe' }), /Q1 is only observed/],
    ],
  },
  'access-list': {
    met: [
      [{}, /^2 entries, none of them wide$/],
      [listening([entry('10.20.0.0/16'), entry('2001:db8::/48')]), /none of them wide/],
      [listening([entry('10.0.0.0/8', 'read')]), /none of them wide/],
    ],
    open: [
      [listening([entry('0.0.0.0/0')]), /every IPv4 address may control by scada/],
      [listening([entry('0.0.0.0/1'), entry('128.0.0.0/1')]), /every IPv4 address may control by scada/],
      [listening([entry('::/1'), entry('8000::/1')]), /every IPv6 address may control by scada/],
      [listening([entry('2000::/3', 'control', 9)]), /2000::\/3 \(line 9\) may control/],
      [listening([entry('10.0.0.0/8', 'control', 4)]), /10.0.0.0\/8 \(line 4\) may control/],
      [listening(Array.from({ length: 32 }, (_, i) => entry(`10.${i}.0.0/16`))), /2097152 IPv4 .* may control by scada/],
      [
        listening([
          { ...entry('0.0.0.0/1'), breakers: ['Q1'] },
          { ...entry('128.0.0.0/1'), breakers: ['Q1'] },
        ]),
        /every IPv4 address may control/,
      ],
      [listening([entry('0.0.0.0/0', 'read')], 'clear-text'), /every IPv4 address may reach scada/],
    ],
  },
  certificates: {
    met: [[{}, /1 known, none ends/]],
    open: [
      [{ certificates: [{ name: 'gateway', daysLeft: 60 }] }, /gateway ends in 60 days/],
      [{ certificates: [{ name: 'gateway', daysLeft: -1 }] }, /gateway has ended/],
      [{ certificates: [] }, /no certificate is known/],
    ],
  },
  revocation: {
    met: [[{}, /every TLS listener/]],
    open: [
      [{ listeners: good.listeners.map((one) => ({ ...one, revocationLists: 0 })) }, /scada has no revocation list/],
      [listening([], 'clear-text'), /no listener asks for a certificate/],
    ],
  },
  'interfaces-in-tls': {
    met: [
      [{}, /1 Ethernet buses, all of them in TLS/],
      [{ buses: [{ name: 'rs485-1', link: 'serial' }] }, /there is no Ethernet bus/],
    ],
    open: [[{ buses: [{ name: 'tie', link: 'clear-text' }] }, /^tie in clear text$/]],
  },
  enforced: { met: [[{}, /every breaker/]], open: [[breaker({ mode: 'observe' }), /Q1 only observed/]] },
  'trusted-parts': {
    met: [[{}, /no self-test has failed/]],
    open: [[{ faults: [{ part: 'chain', reason: 'event 3 is wrong' }] }, /chain: event 3 is wrong/]],
  },
  sinks: {
    met: [[{}, /1 sinks, each connected and within its limit/]],
    open: [
      [{ sinks: [] }, /no sink is configured/],
      [sink({ connected: false }), /soc is not connected/],
      [sink({ behind: true }), /soc is behind its limit/],
      [sink({ confirms: false }), /over UDP only/],
    ],
  },
  'journal-signed': {
    met: [[{}, /key ab12/]],
    open: [[{ journal: { ...good.journal, key: '' } }, /no key signs/]],
  },
  'journal-verified': {
    met: [[{}, /whole, 7 events/]],
    open: [
      [verification({ kind: 'never' }), /not since the start/],
      [verification({ kind: 'broken', atUtcUs: now, seq: 5, reason: 'edited: its text' }), /BROKEN at event 5: edited/],
      [verification({ kind: 'unreadable', atUtcUs: now, reason: 'no such table' }), /could not be read: no such table/],
      [verification({ kind: 'whole', atUtcUs: now - 3 * day, records: 7 }), /not for two days; last .* whole, 7 events/],
    ],
  },
  clock: {
    met: [[{}, /a time service does/]],
    open: [
      [{ clock: false }, /^no time service does$/],
      [{ clock: 'unknown' }, /does not say/],
    ],
  },
  sessions: {
    met: [[{}, /after 5 min without use; 5 wrong log-ins lock for 15 min/]],
    open: [
      [settings({ inactivityMs: 3_600_000 }), /end after 60 min \(usual: 5 min\)/],
      [settings({ maximumAttempts: 10 }), /10 wrong log-ins/],
      [settings({ lockingMs: 60_000 }), /locked for 1 min/],
    ],
  },
  checklist: { met: [[{}, /1 of 1 items are signed for/]], open: [[{ checklist: [{ due: true }] }, /1 items are due; 0 of 1/]] },
} as const satisfies Record<RuleId, { readonly met: readonly [Case, ...Case[]]; readonly open: readonly [Case, ...Case[]] }>

t.test('each row of the report is met by facts that meet it, and open by facts that do not [S-02] [S-34] [CR 2.8] [CR 3.6]', (t) => {
  t.same(Object.keys(cases).sort(), Object.keys(rules).sort(), 'every row has its pair')
  for (const [id, pair] of Object.entries(cases))
    for (const state of ['met', 'open'] as const)
      for (const [patch, words] of pair[state]) {
        const judged = rules[id as RuleId].judge({ ...good, ...patch })
        t.match(judged, { state, words }, `${id} ${state}: ${judged.words}`)
      }
  t.end()
})

t.test('what no program sees is claimed by no row, and says what is known of it', (t) => {
  const rows = reportRows(good)
  t.equal(rows.length - Object.keys(rules).length, rows.filter(({ state }) => state === 'people').length)
  t.same(
    rows.filter(({ state }) => state === 'open'),
    [],
    'a good site has no open point',
  )
  const emergency = (facts: Patch) => reportRows({ ...good, ...facts }).find(({ requirement }) => requirement === 'S-27')
  t.match(emergency({}), { state: 'people', words: /^off here/ })
  t.match(emergency({ emergencyOpen: true }), { words: /no role may do it/ })
  t.match(emergency({ emergencyOpen: true, rights: new Map([['Tech', role(['emergency-open'])]]) }), {
    words: /on for Tech: .* to open only/,
  })
  t.match(rules.checklist.judge({ ...good, checklist: [] }), { state: 'people', words: /no list for these families/ })
  t.end()
})
