import type { States } from './entry.ts'

/** Which stored states are newer in memory than on the disk, key by key. */
export interface Unrecorded {
  has(key: string): boolean
  /** These hold already and have been sent to the disk. */
  sent(states: States): void
  /** These are on disk. */
  written(states: States): void
}

export function createUnrecorded(): Unrecorded {
  const newest = new Map<string, string>()
  return {
    has: (key) => newest.has(key),
    sent(states) {
      for (const [key, value] of Object.entries(states)) newest.set(key, value)
    },
    written(states) {
      // An older value of the same key says nothing about the newest.
      for (const [key, value] of Object.entries(states)) if (newest.get(key) === value) newest.delete(key)
    },
  }
}
