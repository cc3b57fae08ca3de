import { asSeenBy, classify, judgeOnLine, seal } from '../../breakers/index.ts'
import { clear, decide, deny } from '../../policy/index.ts'
import type { Answer, Asked } from '../../upstream/index.ts'
import { answer, refuse, refuseRoute } from './answer.ts'
import { circumstancesOf, count, observeOnly, ofNoInterest } from './guard-checks.ts'
import { type Stopped, followOutcome, wasTaken } from './outcome.ts'
import { serveOwnUnit } from './own-unit.ts'
import type { Site } from '../site.ts'
import { allowed, begin, noteVaultUse, watchVault } from './operation-context.ts'

/** One request through the rooms. Everything that touches a breaker comes this way, the gateway's own polls too. */
export async function serve(asked: Asked, site: Site): Promise<Answer> {
  if (asked.unit === site.own.unit) return serveOwnUnit(asked, site)
  const breaker = site.breakers.get(asked.unit)
  if (breaker === undefined) return refuseRoute(asked, site)
  const { subject } = asked

  const operation = judgeOnLine(classify(asked.request, breaker.profile), breaker.address)
  const story = begin(asked, breaker, operation, site)
  const circumstances = operation.class === 'monitor' ? ofNoInterest : await circumstancesOf(asked, operation, breaker, site, serve)
  const { name, standing } = breaker
  const ask = (again: boolean) =>
    decide({
      ...{ subject, operation, breaker: name, rights: site.rights(), locks: breaker.locks(), standing, circumstances, again },
      ...site.conditions(),
    })
  const verdict = ask(false)
  if (verdict.kind === 'deny') return refuse(story, verdict, site)
  observeOnly(story, verdict, breaker, site)
  const vault = watchVault(operation, breaker.passwordOf)
  const sealed = seal(operation, vault.passwordOf) // the vault's password, in place of whatever the client sent
  if (sealed === 'no-password') return refuse(story, deny('no-password'), site)
  const turn = breaker.turns.take(subject, operation)
  if (turn === 'busy') return refuse(story, deny('command-of-another'), site)
  if (!count(story, verdict, site)) {
    turn.ended('not-taken')
    return refuse(story, deny('no-grant'), site)
  }

  const record = verdict.record === 'none' ? 'none' : await site.journal.append(allowed(story)) // on disk before the bus
  if (record === 'unavailable') {
    turn.ended('not-taken')
    return refuse(story, deny('fail-closed'), site)
  }
  noteVaultUse(story, vault.level(), site.journal)
  if (record !== 'none') breaker.allowed(operation, story.correlation)

  let stopped: Stopped = 'not-stopped'
  const sending = { overtaken: false }
  const stillHolds = (): boolean => {
    const again = ask(true)
    if (again.kind === 'deny') stopped = again.reason
    else if (record !== 'none' && !asked.wanted()) stopped = 'client-gone'
    if (stopped !== 'not-stopped') return false
    sending.overtaken = !turn.sends() // the last question: from here on it counts as sent, and nobody may stop it
    return !sending.overtaken
  }
  const outcome = await breaker.perform(clear(sealed, verdict, record), asked, stillHolds)
  turn.ended(wasTaken(outcome) ? 'taken' : 'not-taken')
  if (sending.overtaken) return refuse(story, deny('command-of-another'), site)
  turn.saw(asked.request, outcome)
  breaker.saw(asked, outcome)
  if (record !== 'none') followOutcome(story, turn, { outcome, stopped }, site, serve)
  return answer(asked.request, outcome, (reply) => asSeenBy(turn.reader(), asked.request, reply, breaker.profile))
}
