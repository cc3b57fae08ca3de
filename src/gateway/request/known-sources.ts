import { z } from 'zod'
import { background, parseJson } from '../../platform/index.ts'
import type { Journal } from '../../journal/index.ts'

/** Addresses that are remembered; beyond it the one that came first is forgotten. */
export const MAX_KNOWN_SOURCES = 1000
const KEY = 'sources'

/** Addresses that have ever asked for an operation: the first time is worth an alarm, the thousandth is not. */
export interface KnownSources {
  /** True the first time that this address, of `address:port`, asks. */
  firstFrom(source: string): boolean
}

export async function openKnownSources(journal: Pick<Journal, 'states' | 'putState'>): Promise<KnownSources> {
  const known = new Set(read((await journal.states(KEY)).get(KEY)))
  return {
    firstFrom(source) {
      const host = source.replace(/:\d+$/, '')
      if (host === '' || known.has(host)) return false
      known.add(host)
      const [oldest] = known
      if (known.size > MAX_KNOWN_SOURCES && oldest !== undefined) known.delete(oldest)
      background(journal.putState(KEY, JSON.stringify([...known]))) // where it cannot be written, it is told again after a restart
      return true
    },
  }
}

/** What cannot be read is learned again: it permits nothing. */
function read(text: string | undefined): readonly string[] {
  const found = text === undefined ? 'none' : parseJson(z.array(z.string()), text)
  return found === 'none' ? [] : found
}
