import { z } from 'zod'

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds out of "600ms", "2s", "15m", "8h" or "90d", or undefined. */
export function toMilliseconds(text: string): number | undefined {
  const found = /^(\d{1,6})(ms|s|m|h|d)$/.exec(text)
  return found === null ? undefined : Number(found[1]) * units[found[2] as keyof typeof units]
}

/** A time such as "600ms" or "2s", between two numbers of milliseconds. */
export const duration = (fromMs: number, toMs: number) =>
  z.string().refine((text) => {
    const ms = toMilliseconds(text)
    return ms !== undefined && ms >= fromMs && ms <= toMs
  })

export const MINUTE = units.m
export const HOUR = units.h
export const DAY = units.d
