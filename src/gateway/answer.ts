import type { Outcome } from '../bus/index.ts'
import { type EventId, event } from '../events/index.ts'
import { type Request, encodeException, encodeReply, exceptionCode, functionCodeOf } from '../modbus/index.ts'
import { type Deny, refusalReasons, subjectName, subjectRole, subjectSource } from '../policy/index.ts'
import type { Answer, Asked } from '../upstream/index.ts'
import type { Site } from './site.ts'
import { type Story, common } from './story.ts'

/** A denied request: the event says why, the client learns only that it may not. */
export function refuse(story: Story, verdict: Deny, site: Site): Answer {
  site.journal.note(
    event('operation-denied', { ...common(story), outcome: 'denied', reason: `${verdict.reason}: ${refusalReasons[verdict.reason]}` }),
  )
  return { pdu: encodeException(functionCodeOf(story.asked.request), verdict.exception) }
}

/** A unit that names no breaker, before any decision: a right belongs to a breaker. */
export function refuseRoute({ subject, unit, request }: Asked, site: Site): Answer {
  const id = unit === 0 ? 'broadcast-refused' : ('unit-unknown' satisfies EventId)
  const functionCode = functionCodeOf(request)
  const who = { subject: subjectName(subject), role: subjectRole(subject), source: subjectSource(subject) }
  site.journal.note(event(id, { ...who, unit, functionCode, answer: 'answered 0A' }))
  return { pdu: encodeException(functionCode, exceptionCode.gatewayPathUnavailable) }
}

/** What a client hears of an outcome: the device's reply made anew, or the exception that says how far its request came. */
export function answer(request: Request, outcome: Outcome): Answer {
  const exception = (code: number): Answer => ({ pdu: encodeException(functionCodeOf(request), code) })
  switch (outcome.kind) {
    case 'reply':
      return { pdu: encodeReply(request, outcome.reply) }
    case 'no-reply':
      return exception(exceptionCode.targetFailedToRespond)
    case 'unreachable':
      return exception(exceptionCode.gatewayPathUnavailable)
    case 'withdrawn':
      return exception(exceptionCode.illegalFunction)
    case 'busy':
      return exception(exceptionCode.busy)
  }
}
