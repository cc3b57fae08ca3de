import type { CheckedSite } from '../../src/config/index.ts'
import type { Chance } from './chance.ts'
import type { SimBreaker } from './client.ts'

type Profile = CheckedSite['breakers'][number]['profile']
type Breaker = CheckedSite['breakers'][number]

const roleWith = (...classes: readonly ('monitor' | 'control' | 'other-setting')[]) => ({
  classes: new Set(classes),
  grant: new Set<never>(),
  breakers: 'all' as const,
  manage: new Set<never>(),
})

const grantGuard: CheckedSite['guards'][number] = {
  name: 'two people',
  classes: new Set(['control']),
  acts: 'all',
  breakers: 'all',
  rule: { kind: 'grant' },
}

/** ComPacT NSX behind an IFM or IFE (DOCA0091EN). */
const DESTINATION = 4353
const BAUDS = [9600, 19200, 38400, 115200] as const

/** A small site by chance: a serial line and an interface, one to four breakers on each. */
export function simSite(profile: Profile, chance: Chance): { readonly site: CheckedSite; readonly breakers: readonly SimBreaker[] } {
  const scheduling = { unwantedServices: [], readRetries: chance.below(3), longestWaitMs: chance.pick([500, 3000]) }
  const replyTimeoutMs = chance.pick([100, 200, 600])
  const refresh = chance.happens(0.3) ? [{ from: 32_000, to: 32_060, everyMs: 1000 }] : []
  const on = (bus: string, from: number): Breaker[] =>
    Array.from({ length: 1 + chance.below(4) }, (_, i) => ({
      name: `Q${from + i}`,
      label: '',
      bus,
      replyTimeoutMs,
      refresh,
      profile,
      account: undefined,
      unit: (from + i) as Breaker['unit'],
      address: (from + i) as Breaker['address'],
    }))
  const breakers = [...on('line', 1), ...on('eth', 11)]
  const site: CheckedSite = {
    name: 'simulated',
    hash: '',
    stateDirectory: '',
    apiSocket: '',
    ownUnit: 255,
    vaultFile: '',
    vaultKeyFile: '',
    listeners: [],
    console: 'none',
    authorityDirectory: '',
    people: {
      inactivityMs: 300_000,
      maximumAttempts: 5,
      lockingMs: 900_000,
      passwordLength: 12,
      passwordHistory: 10,
      passwordMaximumAgeMs: 'off',
      pinMaximumAgeMs: 'off',
      sessionLifeMs: 28_800_000,
      sessionsPerUser: 3,
      sessions: 50,
      panelUser: 'none',
      banner: '',
      secondFactor: new Set(),
      withoutLogin: new Set(),
    },
    sinks: [],
    journal: { keepMs: 0, bytes: 0, mostBytes: 0, lowBytes: 0 },
    workingHours: [],
    observed: new Set(),
    // On some sites each operation needs a grant.
    guards: chance.happens(0.3) ? [grantGuard] : [],
    keySwitches: [{ name: 'key', breakers: 'all', source: { kind: 'pin', port: '', pin: 'CTS' }, debounceMs: 150 }],
    emergencyOpen: false,
    longestUnlockMs: 28_800_000,
    shiftEnds: [],
    buses: [
      {
        name: 'line',
        kind: 'serial',
        path: '',
        baud: chance.pick(BAUDS),
        parity: 'even',
        stopBits: 1,
        echo: 'no',
        direction: 'adapter',
        ...scheduling,
      },
      { name: 'eth', kind: 'tcp', host: '', port: 0, tls: 'none', connections: 1, pipelined: 12, ...scheduling },
    ],
    breakers,
    rights: new Map([
      ['Operator', roleWith('monitor', 'control')],
      ['Engineer', roleWith('monitor', 'other-setting')],
      ['Viewer', roleWith('monitor')],
    ]),
  }
  return { site, breakers: breakers.map(({ unit, address }) => ({ unit, address, destination: DESTINATION })) }
}
