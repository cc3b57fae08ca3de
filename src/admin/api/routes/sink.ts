import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../../../gateway/index.ts'
import { allowed, refuse } from '../caller.ts'
import { sinkView } from '../views/sinks.ts'

/** Where events go: how each sink stands, and a test of one. */
export function sinkRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.get('/v1/sinks', (request, reply) =>
    allowed(request, reply, 'look', gateway) === undefined ? reply : gateway.sinks.status().map(sinkView),
  )
  app.post<{ Params: { name: string } }>('/v1/sinks/:name/test', async (request, reply) => {
    const who = allowed(request, reply, 'events', gateway)?.name
    if (who === undefined) return reply
    const { name } = request.params
    const tested = await gateway.sinks.test(name, who)
    if (tested === 'unavailable') return refuse(reply, 503, 'the journal cannot be written', 'look at the disk: breakwall status')
    if (tested !== 'unknown') return reply.send(tested)
    const names = gateway.sinks.status().map((sink) => sink.name)
    return refuse(
      reply,
      404,
      `there is no sink "${name}"`,
      names.length === 0 ? 'add a [[sink]] to the configuration' : `the sinks are ${names.join(', ')}`,
    )
  })
}
