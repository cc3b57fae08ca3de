import type { Random } from '../../src/platform/index.ts'

/** Chance from a seed: the same seed makes the same run. */
export interface Chance extends Random {
  /** From 0 up to, but not including, `below`. */
  below(below: number): number
  /** True this often, 0–1. */
  happens(probability: number): boolean
  pick<T>(items: readonly T[]): T
  between(from: number, to: number): number
}

/** mulberry32: 32 bits of state, enough for mixing faults. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => below(256))
  return {
    below,
    bytes,
    happens: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    between: (from, to) => from + next() * (to - from),
    uuid: () =>
      Buffer.from(bytes(16))
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  }
}
