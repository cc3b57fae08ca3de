import { type Operation, actOf, carriesFreeBytes, reachesIntoCommands } from '../breakers/index.ts'
import { type ExceptionCode, exceptionCode } from '../modbus/index.ts'
import type { Monotonic } from '../platform/index.ts'
import { causeOfLevel, levelAt } from './acl.ts'
import { type Grant, grants, isInForce } from './grants.ts'
import { type GuardInputs, judgeGuards, needsGrant } from './guards.ts'
import { type Locks, isUnlocked, scopeOf } from './locks.ts'
import { type Rights, mayAsk } from './rights.ts'
import type { Restrictions } from './restrictions.ts'
import { type Subject, subjectName } from './subject.ts'

/** Why an operation does not pass, in words and in its number for the gateway's own unit (docs/own-unit.md): never reused. */
export const refusalReasons = {
  'unknown-operation': { number: 1, text: 'not in the profile of this breaker' },
  'acl-level': { number: 2, text: 'the access control list gives this source no more than reading' },
  role: { number: 3, text: 'its role does not have this right' },
  locked: { number: 4, text: 'nobody at the switchboard has unlocked it' },
  'fail-closed': { number: 5, text: 'what judges or records it cannot be trusted now: breakwall status' },
  'no-password': { number: 6, text: 'the vault has no password for it: breakwall vault set' },
  'command-of-another': { number: 7, text: 'a command of another client runs on this breaker, or its result has not been read' },
  tagged: { number: 8, text: 'somebody works there: a tag hangs on it' },
  'master-lock': { number: 9, text: 'the master lock of the site is on' },
  'key-switch': { number: 10, text: 'the key switch at the switchboard says local, or cannot be read' },
  'no-grant': { number: 11, text: 'it needs a grant that a second person has approved: breakwall grant ask' },
  'value-limit': { number: 12, text: 'its value is outside what the site allows' },
  'rate-limit': { number: 13, text: 'this client has done it as often as it may for now' },
  'outside-hours': { number: 14, text: 'it is not allowed at this time of the week' },
  'select-first': { number: 15, text: 'it takes two: ask for exactly the same once more' },
  'value-not-seen': { number: 16, text: 'a guard limits a value, and this writes values that its profile does not describe' },
  'revocation-unknown': { number: 17, text: 'there is no current revocation list of an authority of its certificate: it only reads' },
  'clear-text': { number: 18, text: 'its listener is in the clear: it only reads there, whatever the access control list gives' },
} as const satisfies Record<string, { readonly number: number; readonly text: string }>
export type RefusalReason = keyof typeof refusalReasons
export const isRefusalReason = (text: string): text is RefusalReason => text in refusalReasons

/** Why a client gets no more than its level: a missing list by the name of its authority. */
export function describeLevelCause(cause: ReturnType<typeof causeOfLevel>): string {
  const { kind } = cause
  return kind === 'revocation-unknown' ? `there is no current revocation list of ${cause.authority}` : refusalReasons[kind].text
}

export type Allow = {
  readonly kind: 'allow'
  readonly record: 'none' | 'write-ahead'
  /** The grant that it is done under; `none` where none is needed. */
  readonly grant: string
  /** What would have been refused where the breaker is only observed. */
  readonly wouldDeny: RefusalReason | 'none'
}
export type Deny = {
  readonly kind: 'deny'
  readonly reason: RefusalReason
  readonly exception: ExceptionCode
  /** Which guard of the site did not agree; empty for all other reasons. */
  readonly guard: string
}
export type Verdict = Allow | Deny

export type Question = {
  readonly subject: Subject
  readonly operation: Operation
  /** The name of the breaker; empty for the gateway's own unit. */
  readonly breaker: string
  readonly rights: Rights
  /** Those of the breaker; `none` where there is nothing that a lock could stand before. */
  readonly locks: Locks | 'none'
  readonly restrictions: Restrictions
  readonly guardInputs: GuardInputs
  /** Asked once more, right before the first byte. */
  readonly recheck: boolean
  /** False while journal, keys, clock or policy are not as they must be: nothing but reading passes then. */
  readonly trusted: boolean
  readonly now: Monotonic
}

/**
 * A refusal is exception 01, whatever its reason (MB-TCP-Security-v36, R-31); what passes by itself in a moment is 06: a client may
 * ask again (V1.1b3, 7). Not so for a selection: a driver that repeats by itself would be its own second decision.
 */
export const deny = (reason: RefusalReason, guard = ''): Deny => ({
  kind: 'deny',
  reason,
  exception: reason === 'command-of-another' ? exceptionCode.busy : exceptionCode.illegalFunction,
  guard,
})
const allow = (record: Allow['record'], grant = 'none'): Allow => ({ kind: 'allow', record, grant, wouldDeny: 'none' })

/** May this be done, now? Everything it needs to know comes in; default is deny. */
export function decide(question: Question): Verdict {
  const verdict = judge(question)
  if (verdict.kind === 'allow' || question.restrictions.mode === 'enforce' || question.subject.kind !== 'client') return verdict
  const { operation, restrictions, trusted } = question
  // Where policy is only observed, what people at the switchboard have put up holds all the same, whatever else would be refused.
  const bar = operation.class === 'monitor' ? 'none' : barOf(restrictions, trusted)
  if (bar !== 'none') return deny(bar)
  if (operation.class === 'file' || reachesIntoCommands(operation.request) || carriesFreeBytes(operation)) return verdict
  return { ...allow(operation.class === 'monitor' ? 'none' : 'write-ahead'), wouldDeny: verdict.reason }
}

/** What bars every operation on a breaker, whoever asks and whatever is unlocked. */
function barOf({ masterLock, keySwitch, tagged }: Restrictions, trusted: boolean): RefusalReason | 'none' {
  if (!trusted) return 'fail-closed'
  if (masterLock) return 'master-lock'
  if (keySwitch) return 'key-switch'
  return tagged ? 'tagged' : 'none'
}

function judge(question: Question): Verdict {
  const { subject, operation, breaker, rights, locks, restrictions, trusted, now } = question
  const scope = scopeOf(operation.class)
  if (scope === 'never') return deny('unknown-operation')
  if (subject.kind === 'gateway') return scope === 'none' ? allow('none') : deny('role')
  // An emergency passes locks, tags and switches, for opening and nothing else (S-27).
  if (subject.kind === 'emergency') {
    if (!restrictions.emergencyOpen || actOf(operation) !== 'open' || operation.class !== 'control') return deny('role')
    return trusted ? allow('write-ahead') : deny('fail-closed')
  }
  const level = levelAt(subject.levels, breaker)
  if (level === 'none' || (scope !== 'none' && level !== 'control')) return deny(causeOfLevel(subject.levels, breaker).kind)
  if (!mayAsk(rights, subject.role, operation.class, breaker)) return deny('role')
  if (scope === 'none') return allow('none')
  const bar = barOf(restrictions, trusted)
  if (bar !== 'none') return deny(bar)
  if (locks === 'none' || !isUnlocked(locks[scope], now)) return deny('locked')
  return judgeLimits(question)
}

/** What the site wants beyond an open lock: a grant where one is needed, and the agreement of every guard. */
function judgeLimits({ subject, operation, breaker, rights, restrictions, guardInputs, recheck, now }: Question): Verdict {
  const role = subject.kind === 'client' ? subject.role : ''
  const wanted = rights.get(role)?.grant.has(operation.class) === true || needsGrant(restrictions.guards, operation, breaker)
  const found: Grant | undefined = restrictions.grants.find(
    (grant) => isInForce(grant, now, recheck) && grants(grant, subjectName(subject), breaker, operation),
  )
  if (wanted && found === undefined) return deny('no-grant')
  const judged = judgeGuards(restrictions.guards, { operation, breaker, now, guardInputs, recheck })
  if (judged !== 'agree') return deny(judged.reason, judged.guard)
  return allow('write-ahead', wanted && found !== undefined ? found.id : 'none')
}
