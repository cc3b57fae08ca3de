import { z } from 'zod'

const units = { MB: 1e6, GB: 1e9 } as const

/** A size as people write it: 500MB, 2GB. Undefined when the text is none. */
export function toBytes(text: string): number | undefined {
  const found = /^(\d{1,6})(MB|GB)$/.exec(text)
  return found === null ? undefined : Number(found[1]) * units[found[2] as keyof typeof units]
}

/** A text that is a size within bounds, in bytes. */
export const bytes = (least: number, most: number) =>
  z.string().refine((text) => {
    const size = toBytes(text)
    return size !== undefined && size >= least && size <= most
  })
