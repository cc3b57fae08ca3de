import { classify } from '../breakers/index.ts'
import { clear, decide, deny } from '../policy/index.ts'
import type { Answer, Asked } from '../upstream/index.ts'
import { answer, refuse, refuseRoute } from './answer.ts'
import { followOutcome } from './outcome.ts'
import type { Site } from './site.ts'
import { allowed, begin } from './story.ts'

/** One request through the rooms. Everything that touches a breaker comes this way, the gateway's own polls too. */
export async function serve(asked: Asked, site: Site): Promise<Answer> {
  const breaker = site.breakers.get(asked.unit)
  if (breaker === undefined) return refuseRoute(asked, site)

  const operation = classify(asked.request, breaker.profile)
  const story = begin(asked, breaker, operation, site)
  const ask = () => decide({ subject: asked.subject, operation, rights: site.rights, locks: breaker.locks(), now: site.clock.now() })
  const verdict = ask()
  if (verdict.kind === 'deny') return refuse(story, verdict, site)

  const record = verdict.record === 'none' ? 'none' : await site.journal.append(allowed(story)) // on disk before the bus
  if (record === 'unavailable') return refuse(story, deny('fail-closed'), site)

  const outcome = await breaker.perform(clear(operation, verdict, record), () => ask().kind === 'allow')
  breaker.saw(asked.request, outcome)
  if (record !== 'none') followOutcome(story, outcome, site, serve)
  return answer(asked.request, outcome)
}
