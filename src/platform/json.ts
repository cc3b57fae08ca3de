import type { z } from 'zod'

/** A JSON text by a schema; `none`: it is no JSON, or something else than the schema says. */
export function parseJson<T>(schema: z.ZodType<T>, text: string): T | 'none' {
  try {
    const { data } = schema.safeParse(JSON.parse(text))
    return data ?? 'none'
  } catch {
    return 'none'
  }
}
