import type { FastifyReply } from 'fastify'
import type { Gateway } from '../../gateway/index.ts'
import { refuse } from './caller.ts'

/** Whether there is such a breaker; otherwise the refusal has been sent. */
export function known(name: string, gateway: Gateway, reply: FastifyReply): boolean {
  const names = gateway.site().breakers.map((breaker) => breaker.name)
  if (names.includes(name)) return true
  refuse(reply, 404, `there is no breaker "${name}"`, `the breakers are ${names.join(', ')}`)
  return false
}
