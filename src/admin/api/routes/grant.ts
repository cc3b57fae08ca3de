import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { type OperationClass, type Profile, alsoWritten, hasSetting, namedSettings } from '../../../breakers/index.ts'
import type { Gateway } from '../../../gateway/index.ts'
import { type SettingLimits, grantRefusals } from '../../../policy/index.ts'
import { grantActionBody, grantBody, type grantForBody } from '../../contract/index.ts'
import { allowed, refuse } from '../caller.ts'
import { checked } from '../checked.ts'
import { confirmed } from '../confirmed.ts'
import { createPresentValues, grantView } from '../views/grants.ts'
import { ifMatch } from '../if-match.ts'
import { known } from '../known.ts'
import { NO_DISK } from './lock.ts'
import { paged } from '../paged.ts'

const words = {
  ...grantRefusals,
  'no-such-grant': 'there is no such grant',
  'too-many': 'there are too many requests and grants: answer some first',
} as const

type For = z.infer<typeof grantForBody>
const alsoOf = (what: For): readonly SettingLimits[] => (what.kind === 'setting' ? (what.also ?? []) : [])

const profileOf = (breaker: string, gateway: Gateway): Profile => {
  const found = gateway.site().breakers.find(({ name }) => name === breaker)
  if (found === undefined) throw new Error(`breaker ${breaker} was known a moment ago`)
  return found.profile
}

/** A grant that could never let anything pass: its settings are in no command of the profile, or the command writes others as well. */
function uselessGrant(what: For, profile: Profile): 'useful' | { readonly why: string; readonly hint: string } {
  if (what.kind !== 'setting') return 'useful'
  const settings = [what, ...alsoOf(what)].map(({ setting }) => setting)
  const which = (one: OperationClass): boolean => one === what.class
  const unknown = settings.find((setting) => !hasSetting(profile, setting, which))
  if (unknown !== undefined) {
    const known = namedSettings(profile, which)
    const hint =
      known.length === 0 ? 'its profile names no settings: ask for registers, or the class' : `expected one of ${known.join(', ')}`
    return { why: `no ${what.class} of this breaker has a setting "${unknown}"`, hint }
  }
  const commands = alsoWritten(profile, what.class, settings)
  const [first] = commands
  if (first === undefined || commands.some((one) => one.settings.length === 0 && !one.withoutName)) return 'useful'
  const { code, settings: others, withoutName } = commands.find((one) => !one.withoutName) ?? first
  const why = `command ${code} also writes ${[...others, ...(withoutName ? ['values without a name'] : [])].join(', ')}`
  return {
    why: `${why}: a grant covers every value of a request, or it does not hold`,
    hint: withoutName ? `ask for the class: --class ${what.class}` : `name them too, such as --also "${others[0] ?? ''}=FROM-TO"`,
  }
}

/** Leave for one client to do one thing: asked for by one person, answered by another. */
export function grantRoutes(app: FastifyInstance, gateway: Gateway): void {
  const presentOf = createPresentValues(gateway)
  app.get('/v1/grants', async (request, reply) => {
    if (allowed(request, reply, 'look', gateway) === undefined) return reply
    const all = gateway.grants.list().map(async (grant) => grantView(grant, gateway, await presentOf(grant)))
    return paged(request, reply, await Promise.all(all))
  })
  app.get<{ Params: { id: string } }>('/v1/grants/:id', async (request, reply) => {
    if (allowed(request, reply, 'look', gateway) === undefined) return reply
    const grant = gateway.grants.list().find(({ id }) => id === request.params.id)
    if (grant === undefined) return refuse(reply, 404, words['no-such-grant'], 'breakwall grant list')
    return reply.header('etag', `"${grant.version}"`).send(grantView(grant, gateway, await presentOf(grant)))
  })
  app.post('/v1/grants', async (request, reply) => {
    const body = checked(grantBody, request.body, reply)
    if (body === 'refused' || !known(body.breaker, gateway, reply)) return reply
    if (body.for.kind !== 'class' && [body.for, ...alsoOf(body.for)].some(({ minimum, maximum }) => minimum > maximum))
      return refuse(reply, 400, 'the least value is above the greatest', 'a grant for nothing would help nobody')
    const who = allowed(request, reply, 'ask-grant', gateway, body.breaker)
    if (who === undefined) return reply
    if (who.kind === 'system') return refuse(reply, 403, 'asking for a grant takes a log-in', 'breakwall login NAME')
    const useless = uselessGrant(body.for, profileOf(body.breaker, gateway))
    if (useless !== 'useful') return refuse(reply, 422, useless.why, useless.hint)
    const { startsSeconds, forSeconds, ...rest } = body
    const done = await gateway.grants.ask({ ...rest, startsMs: startsSeconds * 1000, lengthMs: forSeconds * 1000 }, who.name)
    if (done.kind === 'done') return confirmed(reply, done.recorded, grantView(done.grant, gateway))
    return done.kind === 'refused' ? refuse(reply, 409, words[done.why], 'breakwall grant list') : refuse(reply, 503, ...NO_DISK)
  })
  app.post<{ Params: { id: string } }>('/v1/grants/:id', async (request, reply) => {
    const body = checked(grantActionBody, request.body, reply)
    if (body === 'refused') return reply
    const breaker = gateway.grants.list().find(({ id }) => id === request.params.id)?.breaker ?? ''
    const who = allowed(request, reply, 'approve-grant', gateway, breaker)
    if (who === undefined) return reply
    if (who.kind !== 'person') return refuse(reply, 403, 'answering takes a log-in', 'breakwall login NAME')
    const { action: kind, reason } = body
    const version = body.version ?? ifMatch(request)
    if (version === 'any') return refuse(reply, 428, 'which version was looked at is missing', 'send it as "version", or in If-Match')
    const done = await gateway.grants.act(request.params.id, { kind, by: who.name, reason, version })
    if (done.kind === 'done') return confirmed(reply, done.recorded, grantView(done.grant, gateway))
    return done.kind === 'refused' ? refuse(reply, 409, words[done.why], 'breakwall grant list') : refuse(reply, 503, ...NO_DISK)
  })
}
