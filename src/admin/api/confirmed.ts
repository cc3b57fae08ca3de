import type { FastifyReply } from 'fastify'

/**
 * Answers what is in force: 200 once it is on disk, 202 while the disk refuses. Then it is written as soon as the disk has room again,
 * and a restart before that would lose it.
 */
export const confirmed = (reply: FastifyReply, recorded: 'recorded' | 'not-yet', value: unknown): FastifyReply =>
  reply.code(recorded === 'recorded' ? 200 : 202).send(value)
