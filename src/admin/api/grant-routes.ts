import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../../gateway/index.ts'
import { grantRefusals } from '../../policy/index.ts'
import { grantActionBody, grantBody } from '../contract.ts'
import { allowed, refuse } from './caller.ts'
import { checked } from './checked.ts'
import { confirmed } from './confirmed.ts'
import { createPresentValues, grantView } from './grant-view.ts'
import { ifMatch } from './if-match.ts'
import { known } from './known.ts'
import { NO_DISK } from './lock-routes.ts'
import { paged } from './paged.ts'

const words = {
  ...grantRefusals,
  'no-such-grant': 'there is no such grant',
  'too-many': 'there are too many requests and grants: answer some first',
} as const

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
    if (body.for.kind !== 'class' && body.for.minimum > body.for.maximum)
      return refuse(reply, 400, 'the least value is above the greatest', 'a grant for nothing would help nobody')
    const who = allowed(request, reply, 'ask-grant', gateway, body.breaker)
    if (who === undefined) return reply
    if (who.kind === 'system') return refuse(reply, 403, 'asking for a grant takes a log-in', 'breakwall login NAME')
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
