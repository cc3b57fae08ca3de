import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../../gateway/index.ts'
import type { Cancel } from '../../platform/index.ts'
import { allowed, callerOf, refuse } from './caller.ts'
import { statusView } from './views.ts'

/** How often the state of the site is told, milliseconds. */
const EVERY_MS = 1000
/** Streams at a time; beyond it a page asks now and then. */
const MAX_STREAMS = 64
/** A page that does not read is cut off, so that what is shown is never old: bytes that wait for it. */
const MAX_WAITING_BYTES = 256 * 1024

/** The state of the site once a second as server-sent events: made once, however many look. */
export function liveRoutes(app: FastifyInstance, gateway: Gateway): void {
  const streams = new Map<ServerResponse, () => boolean>()
  let cancel: Cancel = () => undefined
  const tell = (): void => {
    if (streams.size === 0) return
    const text = `data: ${JSON.stringify(statusView(gateway))}\n\n`
    for (const [out, stillMay] of streams) {
      if (!stillMay() || out.writableLength > MAX_WAITING_BYTES) out.destroy()
      else out.write(text)
    }
    cancel = gateway.clock.after(EVERY_MS, tell)
  }
  app.get('/v1/live', (request, reply) => {
    if (allowed(request, reply, 'look', gateway) === undefined) return reply
    if (streams.size >= MAX_STREAMS) return refuse(reply, 503, 'too many pages look at once', 'close one')
    reply.hijack()
    const out = reply.raw
    out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    out.on('close', () => void streams.delete(out))
    streams.set(out, () => callerOf(request, gateway).kind !== 'nobody')
    if (streams.size === 1) {
      cancel()
      tell()
    } else out.write(`data: ${JSON.stringify(statusView(gateway))}\n\n`)
    return reply
  })
  app.addHook('onClose', () => cancel())
}
