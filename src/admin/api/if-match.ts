import type { FastifyRequest } from 'fastify'

/** The version that a change is meant for, out of If-Match (RFC 9110, 13.1.1); `any` without one. */
export function ifMatch(request: FastifyRequest): number | 'any' {
  const found = /^"(\d{1,9})"$/.exec(request.headers['if-match'] ?? '')?.[1]
  return found === undefined ? 'any' : Number(found)
}
