import { redactFor, classify, judgeOnLine, insertPassword } from '../../breakers/index.ts'
import { clear, decide, deny, noGuardInputs } from '../../policy/index.ts'
import type { Answer, IncomingRequest } from '../../upstream/index.ts'
import { answer, refuse, refuseRoute } from './answer.ts'
import { guardInputsOf, count, observeOnly } from './guard-checks.ts'
import { type Stopped, followOutcome, wasTaken } from './outcome.ts'
import { serveOwnUnit } from './own-unit.ts'
import type { RequestPorts } from '../request-ports.ts'
import { allowed, startOperation, noteVaultUse, watchVault } from './operation-context.ts'

/** One request through the rooms. Everything that touches a breaker comes this way, the gateway's own polls too. */
export async function serve(asked: IncomingRequest, ports: RequestPorts): Promise<Answer> {
  if (asked.unit === ports.own.unit) return serveOwnUnit(asked, ports)
  const breaker = ports.breakers.get(asked.unit)
  if (breaker === undefined) return refuseRoute(asked, ports)
  const { subject } = asked

  const operation = judgeOnLine(classify(asked.request, breaker.profile), breaker.address)
  const context = startOperation(asked, breaker, operation, ports)
  const guardInputs = operation.class === 'monitor' ? noGuardInputs : await guardInputsOf(asked, operation, breaker, ports, serve)
  const { name, restrictions } = breaker
  const decideNow = (recheck: boolean) =>
    decide({
      subject,
      operation,
      breaker: name,
      rights: ports.rights(),
      locks: breaker.locks(),
      restrictions,
      guardInputs,
      recheck,
      ...ports.conditions(),
    })
  const verdict = decideNow(false)
  if (verdict.kind === 'deny') return refuse(context, verdict, ports)
  observeOnly(context, verdict, breaker, ports)
  const vault = watchVault(operation, breaker.passwordOf)
  const withPassword = insertPassword(operation, vault.passwordOf) // the vault's password, in place of whatever the client sent
  if (withPassword === 'no-password') return refuse(context, deny('no-password'), ports)
  const turn = breaker.commandTurns.take(subject, operation)
  if (turn === 'busy') return refuse(context, deny('command-of-another'), ports)
  if (!count(context, verdict, ports)) {
    turn.ended('not-taken')
    return refuse(context, deny('no-grant'), ports)
  }

  const record = verdict.record === 'none' ? 'none' : await ports.journal.append(allowed(context)) // on disk before the bus
  if (record === 'unavailable') {
    turn.ended('not-taken')
    return refuse(context, deny('fail-closed'), ports)
  }
  noteVaultUse(context, vault.level(), ports.journal)
  if (record !== 'none') breaker.allowed(operation, context.correlation)

  let stopped: Stopped = 'not-stopped'
  const sending = { overtaken: false }
  const stillHolds = (): boolean => {
    const again = decideNow(true)
    if (again.kind === 'deny') stopped = again.reason
    else if (record !== 'none' && !asked.stillConnected()) stopped = 'client-gone'
    if (stopped !== 'not-stopped') return false
    sending.overtaken = !turn.sends() // the last question: from here on it counts as sent, and nobody may stop it
    return !sending.overtaken
  }
  const outcome = await breaker.perform(clear(withPassword, verdict, record), asked, stillHolds)
  turn.ended(wasTaken(outcome) ? 'taken' : 'not-taken')
  if (sending.overtaken) return refuse(context, deny('command-of-another'), ports)
  turn.saw(asked.request, outcome)
  breaker.observe(asked, outcome)
  if (record !== 'none') followOutcome(context, turn, { outcome, stopped }, ports, serve)
  return answer(asked.request, outcome, (reply) => redactFor(turn.reader(), asked.request, reply, breaker.profile))
}
