import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Gateway, jobKey } from '../../../gateway/index.ts'
import { isoUs } from '../../../platform/index.ts'
import { type ManagementAction, type Tag, type TagAction, tagRefusals } from '../../../policy/index.ts'
import { type JobView, hangBody, jobBody, tagActionBody } from '../../contract/index.ts'
import { allowed, refuse } from '../caller.ts'
import { checked } from '../checked.ts'
import { confirmed } from '../confirmed.ts'
import { known } from '../known.ts'
import { NO_DISK } from './lock.ts'
import { paged } from '../paged.ts'
import { tagView } from '../views/breakers.ts'

/** Personal tags and group lock-outs. */
export function tagRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.get('/v1/tags', (request, reply) =>
    allowed(request, reply, 'look', gateway) === undefined
      ? reply
      : paged(
          request,
          reply,
          gateway.tags.tags().tags.map((tag) => tagView(tag, gateway)),
        ),
  )
  app.post<{ Params: { name: string } }>('/v1/breakers/:name/tags', async (request, reply) => {
    const { name } = request.params
    const body = checked(hangBody, request.body, reply)
    if (body === 'refused' || !known(name, gateway, reply)) return reply
    const by = allowed(request, reply, 'tag', gateway, name)?.name
    if (by === undefined) return reply
    const on: Tag['on'] = body.job === '' ? { kind: 'breaker', breaker: name } : { kind: 'job', job: body.job }
    const { reason, workOrder } = body
    return answer({ kind: 'hang', id: gateway.tags.freshId(), on, by, reason, workOrder }, gateway, reply)
  })
  app.post<{ Params: { id: string } }>('/v1/tags/:id', async (request, reply) => {
    const body = checked(tagActionBody, request.body, reply)
    if (body === 'refused') return reply
    const who = allowed(request, reply, rightFor(body.action), gateway)
    if (who === undefined) return reply
    // Two people are two log-ins: a user of the machine can be anybody.
    if (who.kind !== 'person' && body.action.endsWith('-removal'))
      return refuse(reply, 403, 'taking off the tag of somebody else takes a log-in', 'breakwall login NAME')
    return answer({ kind: body.action, id: request.params.id, by: who.name, ...extra(body) } as TagAction, gateway, reply)
  })
  app.get('/v1/jobs', (request, reply) =>
    allowed(request, reply, 'look', gateway) === undefined ? reply : paged(request, reply, jobsView(gateway)),
  )
  app.post('/v1/jobs', async (request, reply) => {
    const body = checked(jobBody, request.body, reply)
    if (body === 'refused' || !body.breakers.every((name) => known(name, gateway, reply))) return reply
    const by = allowed(request, reply, 'tag', gateway)?.name
    if (by === undefined) return reply
    const { name: job, breakers, reason, workOrder } = body
    return answer({ kind: 'start-job', job, breakers, by, reason, workOrder }, gateway, reply)
  })
  app.post<{ Params: { job: string } }>('/v1/jobs/:job/end', async (request, reply) => {
    const by = allowed(request, reply, 'tag', gateway)?.name
    return by === undefined ? reply : answer({ kind: 'end-job', job: request.params.job, by }, gateway, reply)
  })
}

/** A removal is asked for by whoever has that right; the second person is one of those who hang tags themselves. */
const rightFor = (action: string): ManagementAction => (action === 'ask-removal' ? 'remove-tag' : 'tag')

const extra = (body: object): object => ('reason' in body ? { reason: body.reason } : 'to' in body ? { to: body.to } : {})

async function answer(action: TagAction, gateway: Gateway, reply: FastifyReply): Promise<FastifyReply> {
  const done = await gateway.tags.act(action)
  switch (done.kind) {
    case 'unavailable':
      return refuse(reply, 503, ...NO_DISK)
    case 'refused':
      return refuse(reply, done.why.startsWith('no-such') ? 404 : 409, tagRefusals[done.why], 'breakwall tag list')
    case 'done':
      return confirmed(reply, done.recorded, done.tag === 'none' ? jobsView(gateway) : tagView(done.tag, gateway))
  }
}

function jobsView(gateway: Gateway): readonly JobView[] {
  const { jobs, tags } = gateway.tags.tags()
  return jobs.map(({ sinceUtcUs, ...job }) => ({
    ...job,
    recorded: gateway.journal.recorded(jobKey(job.name)),
    since: isoUs(sinceUtcUs),
    tags: tags.filter(({ on }) => on.kind === 'job' && on.job === job.name).map((tag) => tagView(tag, gateway)),
  }))
}
