import type { FastifyReply, FastifyRequest } from 'fastify'

const whole = (text: unknown, usual: number): number => (typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : usual)
/** Rows of one answer at most. */
const MOST = 1000

/** One page of a list (`limit`, `offset`), with how many there are and where the next page is (RFC 8288). */
export function paged(request: FastifyRequest, reply: FastifyReply, all: readonly unknown[]): FastifyReply {
  const query = request.query as Readonly<Record<string, unknown>>
  const limit = Math.max(1, Math.min(MOST, whole(query['limit'], MOST)))
  const offset = whole(query['offset'], 0)
  void reply.header('x-total-count', all.length)
  const path = request.url.split('?')[0] ?? ''
  if (offset + limit < all.length) void reply.header('link', `<${path}?limit=${limit}&offset=${offset + limit}>; rel="next"`)
  return reply.send(all.slice(offset, offset + limit))
}
