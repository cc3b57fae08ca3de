import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../../../gateway/index.ts'
import type { Cancel } from '../../../platform/index.ts'
import { allowed, callerOf, refuse } from '../caller.ts'
import { known } from '../known.ts'
import { breakerLive, statusView } from '../views/breakers.ts'

/** How often the state of the site is told, milliseconds. */
const EVERY_MS = 1000
/** Streams at a time; beyond it a page is told so, and tries again by itself. */
const MAX_STREAMS = 64
/** A page that does not read is cut off, so that what is shown is never old: bytes that wait for it. */
const MAX_WAITING_BYTES = 256 * 1024

/** The state of the site, or of one breaker for a page on a bad link, once a second as server-sent events: made once, however many look. */
export function liveRoutes(app: FastifyInstance, gateway: Gateway): void {
  type Stream = { readonly stillMay: () => boolean; readonly breaker: string }
  const streams = new Map<ServerResponse, Stream>()
  let cancel: Cancel = () => undefined
  const tell = (): void => {
    if (streams.size === 0) return
    const made = new Map<string, string>()
    for (const [out, { stillMay, breaker }] of streams) {
      const text = made.get(breaker) ?? textOf(breaker, gateway)
      made.set(breaker, text)
      if (!stillMay() || out.writableLength > MAX_WAITING_BYTES) out.destroy()
      else out.write(text)
    }
    cancel = gateway.clock.after(EVERY_MS, tell)
  }
  app.get<{ Querystring: { breaker?: string } }>('/v1/live', (request, reply) => {
    if (allowed(request, reply, 'look', gateway) === undefined) return reply
    const { breaker = '' } = request.query
    if (breaker !== '' && !known(breaker, gateway, reply)) return reply
    if (streams.size >= MAX_STREAMS) return refuse(reply, 503, 'too many pages look at once', 'close one')
    reply.hijack()
    const out = reply.raw
    out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    out.on('close', () => void streams.delete(out))
    streams.set(out, { breaker, stillMay: () => callerOf(request, gateway).kind !== 'nobody' })
    if (streams.size === 1) {
      cancel()
      tell()
    } else out.write(textOf(breaker, gateway))
    return reply
  })
  app.addHook('onClose', () => cancel())
}

const textOf = (breaker: string, gateway: Gateway): string =>
  `data: ${JSON.stringify(breaker === '' ? statusView(gateway) : breakerLive(gateway, breaker))}\n\n`
