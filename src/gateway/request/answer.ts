import type { Outcome } from '../../bus/index.ts'
import { type EventId, event } from '../../events/index.ts'
import { type Reply, type Request, encodeException, encodeReply, exceptionCode, functionCodeOf } from '../../modbus/index.ts'
import {
  type Deny,
  causeOfLevel,
  describeLevelCause,
  describeUnknownRole,
  refusalReasons,
  standingOfRole,
  subjectName,
  subjectRole,
  subjectSource,
} from '../../policy/index.ts'
import type { Answer, IncomingRequest } from '../../upstream/index.ts'
import { rememberRefusal } from './guard-checks.ts'
import type { RequestPorts } from '../request-ports.ts'
import { type OperationContext, eventFields } from './operation-context.ts'

/** A denied request: the event says why, the client learns only that it may not; it may read more from the gateway's own unit. */
export function refuse(context: OperationContext, verdict: Deny, ports: RequestPorts): Answer {
  const said = eventFields(context)
  const { subject, request } = context.asked
  const functionCode = functionCodeOf(request)
  rememberRefusal(context, verdict, ports)
  const reason = `${verdict.reason}: ${describeRefusal(context, verdict, ports)}`
  ports.journal.note(
    event('operation-denied', { ...said, outcome: 'denied', reason, guard: verdict.guard, firstFromHere: context.first ? 'yes' : 'no' }),
  )
  const { unit, operation: words } = said
  ports.lastRefusals.note(subjectName(subject), { reason: verdict.reason, unit, functionCode, words, at: ports.clock.now() })
  return { pdu: encodeException(functionCode, verdict.exception), refused: true }
}

function describeRefusal({ asked: { subject }, breaker }: OperationContext, { reason }: Deny, ports: RequestPorts): string {
  if (reason === 'revocation-unknown' && subject.kind === 'client') return describeLevelCause(causeOfLevel(subject.levels, breaker.name))
  const role = subjectRole(subject)
  const standing = standingOfRole(ports.rights(), role)
  // NULL is no role of a site unless it says so: its certificate has none.
  const isUnknown = reason === 'role' && subject.kind === 'client' && role !== 'NULL' && standing.kind !== 'known'
  return isUnknown ? describeUnknownRole(role, standing) : refusalReasons[reason].text
}

/** A unit that names no breaker, before any decision: a right belongs to a breaker. */
export function refuseRoute({ subject, unit, request }: IncomingRequest, ports: RequestPorts): Answer {
  const id = unit === 0 ? 'broadcast-refused' : ('unit-unknown' satisfies EventId)
  const functionCode = functionCodeOf(request)
  const who = { subject: subjectName(subject), role: subjectRole(subject), source: subjectSource(subject) }
  ports.journal.note(event(id, { ...who, unit, functionCode, answer: 'answered 0A' }))
  return { pdu: encodeException(functionCode, exceptionCode.gatewayPathUnavailable), notAsked: true }
}

/** What a client hears of an outcome: the device's reply made anew, as `seen` leaves it, or the exception that says how far it came. */
export function answer(request: Request, outcome: Outcome, seen: (reply: Reply) => Reply): Answer {
  const exception = (code: number): Answer => ({ pdu: encodeException(functionCodeOf(request), code) })
  switch (outcome.kind) {
    case 'reply':
      return { pdu: encodeReply(request, seen(outcome.reply)) }
    case 'sent':
      return { pdu: 'none' }
    case 'no-reply':
      return exception(exceptionCode.targetFailedToRespond)
    case 'backed-off':
      return { ...exception(exceptionCode.targetFailedToRespond), notAsked: true }
    case 'unreachable':
      return { ...exception(exceptionCode.gatewayPathUnavailable), notAsked: true }
    case 'withdrawn':
      return exception(exceptionCode.illegalFunction)
    case 'busy':
      return { ...exception(exceptionCode.busy), notAsked: true }
    case 'expired':
      return exception(exceptionCode.busy)
  }
}
