import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { event } from '../../events/index.ts'
import { type Gateway, findClearTextServices } from '../../gateway/index.ts'
import { type PacketView, vaultRemoveBody, vaultSetBody } from '../contract/index.ts'
import { type ConfigurationFile, accessRoutes } from './routes/access.ts'
import { busesView } from './views/buses.ts'
import { allowed, refuse } from './caller.ts'
import { checked } from './checked.ts'
import { estRoutes } from './routes/est.ts'
import { journalRoutes } from './routes/journal.ts'
import { grantRoutes } from './routes/grant.ts'
import { known } from './known.ts'
import { learnRoutes } from './routes/learn.ts'
import { liveRoutes } from './routes/live.ts'
import { lockRoutes } from './routes/lock.ts'
import { tagRoutes } from './routes/tag.ts'
import { loginRoutes } from './routes/login.ts'
import { metricsText } from './routes/metrics.ts'
import { openApi } from './openapi.ts'
import { peopleRoutes } from './routes/people.ts'
import { siteRoutes } from './routes/site.ts'
import { sinkRoutes } from './routes/sink.ts'
import { statusView, vaultView } from './views/breakers.ts'

export interface Api {
  close(): Promise<void>
}

/** Serves the API on a unix socket of mode 0660: who may use it is a matter of its group; who did use it is told by the kernel. */
export async function startApi(
  gateway: Gateway,
  socket: string,
  file: ConfigurationFile,
): Promise<Api | { readonly kind: 'not-started'; readonly why: string }> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o750 })
  if (existsSync(socket)) {
    if (await answers(socket)) return { kind: 'not-started', why: `another gateway answers on ${socket}` }
    unlinkSync(socket)
  }
  const app = fastify({ forceCloseConnections: true, bodyLimit: 16 * 1024, exposeHeadRoutes: false })
  routes(app, gateway)
  journalRoutes(app, gateway)
  sinkRoutes(app, gateway)
  lockRoutes(app, gateway)
  tagRoutes(app, gateway)
  grantRoutes(app, gateway)
  learnRoutes(app, gateway, file)
  liveRoutes(app, gateway)
  siteRoutes(app, gateway, file)
  vaultRoutes(app, gateway)
  captureRoute(app, gateway)
  loginRoutes(app, gateway)
  peopleRoutes(app, gateway)
  accessRoutes(app, gateway, file)
  estRoutes(app, gateway)
  await app.listen({ path: socket })
  chmodSync(socket, 0o660)
  return { close: () => app.close() }
}

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(socket)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })

function routes(app: FastifyInstance, gateway: Gateway): void {
  const may = (request: FastifyRequest, reply: FastifyReply, action: 'look'): boolean =>
    allowed(request, reply, action, gateway) !== undefined
  app.get('/v1/status', (request, reply) => (may(request, reply, 'look') ? statusView(gateway) : reply))
  app.get('/v1/buses', (request, reply) => (may(request, reply, 'look') ? busesView(gateway) : reply))
  app.post('/v1/buses/services', async (request, reply) => {
    const who = allowed(request, reply, 'capture', gateway)?.name
    if (who === undefined) return reply
    return findClearTextServices(gateway.site().buses, who, { clock: gateway.clock, note: (told) => gateway.journal.note(told) })
  })
  app.get('/v1/openapi.json', (_request, reply) => reply.send(openApi(gateway.version)))
  app.setNotFoundHandler((request, reply) => refuse(reply, 404, `there is no ${request.method} ${request.url}`, 'GET /v1/openapi.json'))
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error.statusCode === undefined || error.statusCode >= 500) throw error
    return refuse(reply, error.statusCode, error.message, 'GET /v1/openapi.json')
  })
  app.get('/v1/metrics', async (request, reply) =>
    may(request, reply, 'look') ? reply.type('text/plain; version=0.0.4').send(await metricsText(gateway)) : reply,
  )
}

/** Bytes of a capture that wait to be fetched; beyond it frames are counted and left out. */
const MAX_CAPTURE_BYTES = 4 * 1024 * 1024

function captureRoute(app: FastifyInstance, gateway: Gateway): void {
  app.get<{ Params: { bus: string } }>('/v1/buses/:bus/capture', (request, reply) => {
    const { bus } = request.params
    const capture = gateway.captures.get(bus)
    if (capture === undefined)
      return refuse(reply, 404, `there is no bus "${bus}"`, `the buses are ${[...gateway.captures.keys()].join(', ')}`)
    const who = allowed(request, reply, 'capture', gateway)?.name
    if (who === undefined) return reply
    gateway.journal.note(event('capture-started', { subject: who, bus }))
    reply.hijack()
    const out = reply.raw
    out.writeHead(200, { 'content-type': 'application/x-ndjson' })
    out.flushHeaders()
    let lost = 0
    const line = (view: PacketView): void => void out.write(`${JSON.stringify(view)}\n`)
    const stop = capture.watch(({ bytes, ...packet }) => {
      if (out.writableLength > MAX_CAPTURE_BYTES) return void (lost += 1)
      if (lost > 0) line({ lost })
      lost = 0
      line({ ...packet, hex: Buffer.from(bytes).toString('hex') })
    })
    out.on('close', stop)
    return reply
  })
}

function vaultRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.get('/v1/vault', (request, reply) => (allowed(request, reply, 'look', gateway) === undefined ? reply : vaultView(gateway)))
  app.post('/v1/vault/set', (request, reply) => {
    const body = checked(vaultSetBody, request.body, reply)
    if (body === 'refused' || !known(body.breaker, gateway, reply)) return reply
    const who = allowed(request, reply, 'vault', gateway)?.name
    if (who === undefined) return reply
    return changed(gateway.vault.set(body.breaker, body.level, body.password, who), gateway, reply)
  })
  app.post('/v1/vault/rotate', (request, reply) => {
    const who = allowed(request, reply, 'vault', gateway)?.name
    return who === undefined ? reply : changed(gateway.vault.rotateKey(who), gateway, reply)
  })
  app.post('/v1/vault/remove', (request, reply) => {
    const body = checked(vaultRemoveBody, request.body, reply)
    if (body === 'refused' || !known(body.breaker, gateway, reply)) return reply
    const who = allowed(request, reply, 'vault', gateway)?.name
    if (who === undefined) return reply
    return changed(gateway.vault.remove(body.breaker, body.level, who), gateway, reply)
  })
}

async function changed(change: ReturnType<Gateway['vault']['set']>, gateway: Gateway, reply: FastifyReply): Promise<FastifyReply> {
  const done = await change
  return done.kind === 'changed' ? reply.send(vaultView(gateway)) : refuse(reply, 422, done.why, 'breakwall vault list shows what there is')
}
