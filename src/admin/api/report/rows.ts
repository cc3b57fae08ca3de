import { isoUs } from '../../../platform/index.ts'
import { separationOfDuties } from '../../../policy/index.ts'
import { accessListRow } from './access-list.ts'
import type { ReportFacts } from './facts.ts'
import { defaultPasswords, passwordsInVault, secondFactors, sessionsEnd, sinksDeliver } from './judges.ts'
import { type Judged, judged, listed } from './verdict.ts'
import { describeVerification } from '../views/verification-words.ts'

/** One requirement of the cybersecurity guide (DOCA0122EN-10) and how this site stands to it. */
export type ReportRow = { readonly requirement: string; readonly what: string } & Judged

type Rule = { readonly requirement: string; readonly what: string; readonly judge: (facts: ReportFacts) => Judged }

const DAY_US = 24 * 60 * 60 * 1_000_000
/** The chain is walked once a day: a walk that is older than this did not happen when it was due, microseconds. */
const VERIFIED_WITHIN_US = 2 * DAY_US
/** Certificates that end within this are named, days. */
const SOON_DAYS = 60
/** What a user of this machine may do without a log-in and nothing moves or is given away by it. */
const harmless: ReadonlySet<string> = new Set(['look', 'events', 'lock'])

/** Every state that the report claims, each computed from facts that may say the opposite. */
const access = {
  'default-passwords': { requirement: 'S-01', what: 'no default passwords', judge: defaultPasswords },
  'clear-text-listeners': {
    requirement: 'S-02 S-09',
    what: 'no clear-text listener',
    judge: ({ listeners }) =>
      judged(listed(listeners.filter(({ kind }) => kind !== 'tls').map(({ name }) => `${name} is in clear text`)), 'TLS only'),
  },
  'duties-apart': {
    requirement: 'S-04',
    what: 'duties kept apart',
    judge({ rights }) {
      const both = [...rights].flatMap(([role, its]) => (separationOfDuties(its) === 'kept' ? [] : [`${role} ${separationOfDuties(its)}`]))
      return judged(listed(both), `${rights.size} roles; none both administers and operates`)
    },
  },
  'log-ins': {
    requirement: 'S-05 CR 1.1',
    what: 'people log in before they act',
    judge({ people }) {
      const without = [...people.settings.withoutLogin].filter((action) => !harmless.has(action))
      return judged(
        without.length > 0 && `users of this machine may without a log-in: ${without.join(', ')}`,
        'users of this machine may without a log-in only look, or lock',
      )
    },
  },
  'second-factors': { requirement: 'CR 1.1 RE 2', what: 'who administers needs a second factor', judge: secondFactors },
  vault: { requirement: 'S-14 S-17', what: 'passwords of breakers in the vault', judge: passwordsInVault },
  locked: {
    requirement: 'S-29 S-31',
    what: 'locked when not needed',
    judge({ breakers }) {
      const open = breakers.flatMap(({ name, mode, unlocked }) => [
        ...unlocked.map(({ scope, untilUtcUs }) => `${name} ${scope} until ${isoUs(untilUtcUs)}`),
        ...(mode === 'observe' ? [`${name} is only observed: its locks hold nothing back`] : []),
      ])
      return judged(listed(open), `${breakers.length} breakers, all of them locked`)
    },
  },
  'access-list': { requirement: 'S-34', what: 'access control list', judge: accessListRow },
} as const satisfies Record<string, Rule>

const paths = {
  certificates: {
    requirement: 'S-09',
    what: 'certificates do not end soon',
    judge({ certificates }) {
      const ending = certificates
        .filter(({ daysLeft }) => daysLeft <= SOON_DAYS)
        .map(({ name, daysLeft }) => (daysLeft < 0 ? `${name} has ended` : `${name} ends in ${daysLeft} days`))
      const none = certificates.length === 0 && 'no certificate is known'
      return judged(none || listed(ending), `${certificates.length} known, none ends within ${SOON_DAYS} days`)
    },
  },
  revocation: {
    requirement: 'S-09 CR 1.9',
    what: 'certificates can be revoked',
    judge({ listeners }) {
      const without = listeners.filter(({ kind, revocationLists }) => kind === 'tls' && revocationLists === 0)
      const none = listeners.every(({ kind }) => kind !== 'tls') && 'no listener asks for a certificate'
      return judged(none || listed(without.map(({ name }) => `${name} has no revocation list`)), 'every TLS listener has a revocation list')
    },
  },
  'interfaces-in-tls': {
    requirement: 'S-38',
    what: 'TLS towards interfaces that know it',
    judge({ buses }) {
      const plain = buses.filter(({ link }) => link === 'clear-text').map(({ name }) => `${name} in clear text`)
      const inTls = buses.filter(({ link }) => link === 'tls').length
      return judged(listed(plain), inTls === 0 ? 'there is no Ethernet bus' : `${inTls} Ethernet buses, all of them in TLS`)
    },
  },
  enforced: {
    requirement: 'S-30',
    what: 'what is enforced',
    judge: ({ breakers }) =>
      judged(listed(breakers.filter(({ mode }) => mode === 'observe').map(({ name }) => `${name} only observed`)), 'every breaker'),
  },
  'trusted-parts': {
    requirement: 'CR 3.6',
    what: 'parts that can be trusted',
    judge: ({ faults }) => judged(listed(faults.map(({ part, reason }) => `${part}: ${reason}`)), 'no self-test has failed'),
  },
} as const satisfies Record<string, Rule>

const records = {
  sinks: { requirement: 'S-10 S-39', what: 'events reach the SOC', judge: sinksDeliver },
  'journal-signed': {
    requirement: 'CR 3.9',
    what: 'the journal is signed',
    judge: ({ journal: { key } }) => judged(key === '' && 'no key signs its checkpoints', `key ${key}`),
  },
  'journal-verified': {
    requirement: 'CR 2.8',
    what: 'the journal was verified',
    judge({ journal: { verification }, nowUtcUs }) {
      const words = describeVerification(verification)
      if (verification.kind === 'never') return { state: 'open', words: 'not since the start' }
      if (verification.kind !== 'whole') return { state: 'open', words }
      return judged(nowUtcUs - verification.atUtcUs > VERIFIED_WITHIN_US && `not for two days; last ${words}`, words)
    },
  },
  clock: {
    requirement: 'CR 2.11',
    what: 'the clock is kept right',
    judge({ clock }) {
      if (clock === 'unknown') return { state: 'open', words: 'this machine does not say whether a time service does' }
      return judged(!clock && 'no time service does', 'a time service does')
    },
  },
} as const satisfies Record<string, Rule>

const people = {
  sessions: { requirement: 'S-22 S-23', what: 'sessions end and wrong log-ins lock', judge: sessionsEnd },
  checklist: {
    requirement: 'S-25 S-26 S-28',
    what: 'checklist of the breakers',
    judge({ checklist }) {
      const due = checklist.filter((one) => one.due).length
      const done = `${checklist.length - due} of ${checklist.length} items are signed for`
      if (checklist.length === 0) return { state: 'people', words: 'there is no list for these families' }
      return judged(due > 0 && `${due} items are due; ${done}`, done)
    },
  },
} as const satisfies Record<string, Rule>

/** Every row that claims a state. Each has a pair of facts in the tests: one that meets it, one that leaves it open. */
export const rules = { ...access, ...paths, ...records, ...people } as const satisfies Record<string, Rule>
export type RuleId = keyof typeof rules

/** What people see to: the gateway shows what it knows of it and claims nothing. */
const seenToByPeople: readonly { readonly requirement: string; readonly what: string; readonly words: (facts: ReportFacts) => string }[] = [
  {
    requirement: 'S-27',
    what: 'emergency opening of locked areas',
    words({ emergencyOpen, rights }) {
      const roles = [...rights].filter(([, { manage }]) => manage.has('emergency-open')).map(([role]) => role)
      if (!emergencyOpen) return 'off here: how the site opens in an emergency is in its own procedure'
      return roles.length === 0 ? 'on, but no role may do it' : `on for ${roles.join(', ')}: passes locks and tags, to open only`
    },
  },
  {
    requirement: 'S-33',
    what: 'FTP, Telnet and HTTP off on the interfaces',
    words: () => 'breakwall services looks now; what it found before is in the events',
  },
  {
    requirement: 'S-35',
    what: 'networks kept apart',
    words: () => 'firewall and zones around the gateway: to be shown by their own records',
  },
  { requirement: 'S-45', what: 'advisories are read', words: () => 'somebody follows the advisories of the makers' },
  {
    requirement: 'CR 7.3',
    what: 'copies for a restore',
    words: () => 'the configuration, the key of the vault and the authority, kept elsewhere: to be shown by their own records',
  },
]

export function reportRows(facts: ReportFacts): readonly ReportRow[] {
  return [
    ...Object.values(rules).map(({ requirement, what, judge }: Rule) => ({ requirement, what, ...judge(facts) })),
    ...seenToByPeople.map(({ requirement, what, words }) => ({ requirement, what, state: 'people' as const, words: words(facts) })),
  ]
}
