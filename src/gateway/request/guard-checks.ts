import type { Operation } from '../../breakers/index.ts'
import { event } from '../../events/index.ts'
import { matchReply, toAddress } from '../../modbus/index.ts'
import { type Allow, type GuardInputs, type Deny, type Verdict, isUnder, refusalReasons, subjectName } from '../../policy/index.ts'
import type { Answer, IncomingRequest } from '../../upstream/index.ts'
import { type Breaker, type RequestPorts, askedByGateway } from '../request-ports.ts'
import { type OperationContext, eventFields } from './operation-context.ts'

type Serve = (asked: IncomingRequest, ports: RequestPorts) => Promise<Answer>

/** What guards need to know of a request. A present value is read from the breaker only where a guard limits the step from it. */
export async function guardInputsOf(
  { subject, unit }: IncomingRequest,
  operation: Operation,
  breaker: Breaker,
  ports: RequestPorts,
  serve: Serve,
): Promise<GuardInputs> {
  const before = new Map<string, number>()
  for (const { rule, ...guard } of breaker.restrictions.guards) {
    if (rule.kind !== 'value' || rule.register === 'none' || !isUnder({ rule, ...guard }, operation, breaker.name)) continue
    const value = await readRegister(unit, rule.register, ports, serve)
    if (value !== 'not-read') before.set(rule.setting, value)
  }
  return ports.guardHistory.guardInputs(subject, operation, breaker.name, (setting) => before.get(setting) ?? 'not-read')
}

/** The present value of one holding register, as any read that the gateway makes by itself. */
export async function readRegister(unit: number, register: number, ports: RequestPorts, serve: Serve): Promise<number | 'not-read'> {
  const address = toAddress(register - 1)
  if (address === undefined) return 'not-read'
  const request = { kind: 'read-holding-registers', address, quantity: 1 } as const
  const { pdu } = await serve(askedByGateway(unit, request), ports)
  if (pdu === 'none') return 'not-read'
  const reply = matchReply(request, pdu)
  return reply.kind === 'registers' ? ((reply.registers[0] ?? 0) << 8) | (reply.registers[1] ?? 0) : 'not-read'
}

/** A refusal that asks for the same once more remembers that it was asked for. */
export function rememberRefusal({ asked: { subject }, operation, breaker }: OperationContext, { reason }: Deny, ports: RequestPorts): void {
  if (reason === 'select-first') ports.guardHistory.selected(subject, operation, breaker.name)
}

/** Tells of what an observed breaker lets pass, and learns from it. */
export function observeOnly(context: OperationContext, verdict: Verdict, breaker: Breaker, ports: RequestPorts): void {
  if (breaker.restrictions.mode === 'enforce' || verdict.kind === 'deny' || context.asked.subject.kind !== 'client') return
  const { wouldDeny } = verdict
  ports.observedRequests.count(context, wouldDeny)
  if (wouldDeny === 'none') return
  const reason = `${wouldDeny}: ${refusalReasons[wouldDeny].text}`
  ports.journal.note(event('operation-would-deny', { ...eventFields(context), outcome: 'allowed', reason, guard: '' }))
}

/** The operation is about to be recorded: it counts where it is counted. False: the grant that it is done under is over. */
export function count(
  { asked: { subject }, operation, breaker, correlation }: OperationContext,
  { record, grant }: Allow,
  ports: RequestPorts,
): boolean {
  if (record === 'none') return true
  if (grant !== 'none' && !ports.grants.use(grant, subjectName(subject), correlation)) return false
  ports.guardHistory.passed(subject, operation, breaker.name)
  return true
}
