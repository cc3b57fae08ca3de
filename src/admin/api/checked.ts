import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { refuse } from './caller.ts'

/** The value as the schema has it, or the refusal has been sent. */
export function checked<T extends z.ZodType>(schema: T, value: unknown, reply: FastifyReply): z.infer<T> | 'refused' {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  refuse(
    reply,
    400,
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    'breakwall --help shows each command with an example',
  )
  return 'refused'
}
