import { z } from 'zod'

export type Endpoint = { readonly host: string; readonly port: number }
/** `host:port`, `a.b.c.d:port` or `[v6]:port`. */
export function toEndpoint(text: string): Endpoint | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  const port = Number(found?.[3])
  const host = found?.[1] ?? found?.[2]
  return host !== undefined && port <= 65535 ? { host, port } : undefined
}
export const endpoint = z.string().refine((text) => toEndpoint(text) !== undefined)
