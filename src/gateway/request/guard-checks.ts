import type { Operation } from '../../breakers/index.ts'
import { event } from '../../events/index.ts'
import { matchReply, toAddress } from '../../modbus/index.ts'
import {
  type Allow,
  type Circumstances,
  type Deny,
  type Verdict,
  isUnder,
  noCircumstances,
  refusalReasons,
  subjectName,
} from '../../policy/index.ts'
import type { Answer, Asked } from '../../upstream/index.ts'
import { type Breaker, type Site, askedByGateway } from '../site.ts'
import { type Story, common } from './operation-context.ts'

type Serve = (asked: Asked, site: Site) => Promise<Answer>

/** What guards need to know of a request. A present value is read from the breaker only where a guard limits the step from it. */
export async function circumstancesOf(
  { subject, unit }: Asked,
  operation: Operation,
  breaker: Breaker,
  site: Site,
  serve: Serve,
): Promise<Circumstances> {
  const before = new Map<string, number>()
  for (const { rule, ...guard } of breaker.standing.guards) {
    if (rule.kind !== 'value' || rule.register === 'none' || !isUnder({ rule, ...guard }, operation, breaker.name)) continue
    const value = await readRegister(unit, rule.register, site, serve)
    if (value !== 'not-read') before.set(rule.setting, value)
  }
  return site.guards.circumstances(subject, operation, breaker.name, (setting) => before.get(setting) ?? 'not-read')
}
/** Reading asks no guard. */
export const ofNoInterest: Circumstances = noCircumstances

/** The present value of one holding register, as any read that the gateway makes by itself. */
export async function readRegister(unit: number, register: number, site: Site, serve: Serve): Promise<number | 'not-read'> {
  const address = toAddress(register - 1)
  if (address === undefined) return 'not-read'
  const request = { kind: 'read-holding-registers', address, quantity: 1 } as const
  const { pdu } = await serve(askedByGateway(unit, request), site)
  if (pdu === 'none') return 'not-read'
  const reply = matchReply(request, pdu)
  return reply.kind === 'registers' ? ((reply.registers[0] ?? 0) << 8) | (reply.registers[1] ?? 0) : 'not-read'
}

/** A refusal that asks for the same once more remembers that it was asked for. */
export function rememberRefusal({ asked: { subject }, operation, breaker }: Story, { reason }: Deny, site: Site): void {
  if (reason === 'select-first') site.guards.selected(subject, operation, breaker.name)
}

/** Tells of what an observed breaker lets pass, and learns from it. */
export function observeOnly(story: Story, verdict: Verdict, breaker: Breaker, site: Site): void {
  if (breaker.standing.mode === 'enforce' || verdict.kind === 'deny' || story.asked.subject.kind !== 'client') return
  const { wouldDeny } = verdict
  site.learning.saw(story, wouldDeny)
  if (wouldDeny === 'none') return
  const reason = `${wouldDeny}: ${refusalReasons[wouldDeny].text}`
  site.journal.note(event('operation-would-deny', { ...common(story), outcome: 'allowed', reason, guard: '' }))
}

/** The operation is about to be recorded: it counts where it is counted. False: the grant that it is done under is over. */
export function count({ asked: { subject }, operation, breaker, correlation }: Story, { record, grant }: Allow, site: Site): boolean {
  if (record === 'none') return true
  if (grant !== 'none' && !site.grants.use(grant, subjectName(subject), correlation)) return false
  site.guards.passed(subject, operation, breaker.name)
  return true
}
