/** Milliseconds of a clock that never goes back; what is stored is how much of a lock is left. */
export type AttemptLimits = { readonly maximumAttempts: number; readonly lockingMs: number }

type Count = { readonly failures: number; readonly lastMs: number; readonly lockedUntilMs: number }
/**
 * Wrong log-ins, counted for each name from each address, for each address, and for each name from everywhere. Only what an address did
 * itself locks it out: somebody else's guesses leave the addresses open from which a user has come before (S-22, CR 1.11).
 */
export type Attempts = {
  readonly pairs: Readonly<Record<string, Count>>
  readonly sources: Readonly<Record<string, Count>>
  readonly names: Readonly<Record<string, Count>>
  /** Addresses from which a name has logged in, the last first. */
  readonly known: Readonly<Record<string, readonly string[]>>
}
export const noAttempts: Attempts = { pairs: {}, sources: {}, names: {}, known: {} }

/** An address may try that many names' worth of attempts; a name takes so many from everywhere before strange addresses wait. */
const NAMES_PER_SOURCE = 4
const SOURCES_PER_NAME = 10
/** Counts of each kind that are kept; beyond it those without a lock that are oldest go first. */
export const MAX_COUNTS = 1000
const KNOWN_SOURCES = 8

export type Try = { readonly name: string; readonly source: string }
const pairOf = ({ name, source }: Try): string => `${name.toLowerCase()}\n${source}`

/** How long this name must wait at this address, milliseconds; 0 when it may try. */
export function waitOf(attempts: Attempts, one: Try, nowMs: number): number {
  const left = (count: Count | undefined): number => Math.max(0, (count?.lockedUntilMs ?? 0) - nowMs)
  const name = one.name.toLowerCase()
  const strange = attempts.known[name]?.includes(one.source) === true ? 0 : left(attempts.names[name])
  return Math.max(left(attempts.pairs[pairOf(one)]), left(attempts.sources[one.source]), strange)
}

function count(
  counts: Readonly<Record<string, Count>>,
  key: string,
  most: number,
  nowMs: number,
  lockingMs: number,
): readonly [Readonly<Record<string, Count>>, boolean] {
  const before = counts[key]
  const failures = before === undefined || nowMs - before.lastMs > lockingMs ? 1 : before.failures + 1
  const locks = failures >= most
  const next: Count = {
    failures: locks ? 0 : failures,
    lastMs: nowMs,
    lockedUntilMs: locks ? nowMs + lockingMs : (before?.lockedUntilMs ?? 0),
  }
  return [bounded({ ...counts, [key]: next }, nowMs), locks]
}

function bounded(counts: Readonly<Record<string, Count>>, nowMs: number): Readonly<Record<string, Count>> {
  const entries = Object.entries(counts)
  if (entries.length <= MAX_COUNTS) return counts
  const [oldest] = entries.sort(([, a], [, b]) => Number(a.lockedUntilMs > nowMs) - Number(b.lockedUntilMs > nowMs) || a.lastMs - b.lastMs)
  return Object.fromEntries(entries.filter(([key]) => key !== oldest?.[0]))
}

/** After a wrong log-in; `locked` says what was locked by it. */
export function failed(
  attempts: Attempts,
  one: Try,
  nowMs: number,
  limits: AttemptLimits,
): readonly [Attempts, 'nothing' | 'pair' | 'source' | 'name'] {
  const { maximumAttempts, lockingMs } = limits
  const name = one.name.toLowerCase()
  const [pairs, pair] = count(attempts.pairs, pairOf(one), maximumAttempts, nowMs, lockingMs)
  const [sources, source] = count(attempts.sources, one.source, NAMES_PER_SOURCE * maximumAttempts, nowMs, lockingMs)
  const [names, everywhere] = count(attempts.names, name, SOURCES_PER_NAME * maximumAttempts, nowMs, lockingMs)
  return [{ ...attempts, pairs, sources, names }, source ? 'source' : everywhere ? 'name' : pair ? 'pair' : 'nothing']
}

/** After a right one: this name at this address starts anew. */
export function succeeded(attempts: Attempts, one: Try): Attempts {
  const name = one.name.toLowerCase()
  const pairs = Object.fromEntries(Object.entries(attempts.pairs).filter(([key]) => key !== pairOf(one)))
  const known = [one.source, ...(attempts.known[name] ?? []).filter((source) => source !== one.source)].slice(0, KNOWN_SOURCES)
  return { ...attempts, pairs, known: { ...attempts.known, [name]: known } }
}

/** For the disk: every time becomes how far it is from now. */
export const shifted = (attempts: Attempts, byMs: number): Attempts => {
  const shift = (counts: Readonly<Record<string, Count>>): Record<string, Count> =>
    Object.fromEntries(
      Object.entries(counts).map(([key, { failures, lastMs, lockedUntilMs }]) => [
        key,
        { failures, lastMs: lastMs + byMs, lockedUntilMs: lockedUntilMs + byMs },
      ]),
    )
  return { ...attempts, pairs: shift(attempts.pairs), sources: shift(attempts.sources), names: shift(attempts.names) }
}

/** No lock is longer than the policy has it, whatever a clock that was set has made of it. */
export const capped = (attempts: Attempts, nowMs: number, { lockingMs }: AttemptLimits): Attempts => {
  const cap = (counts: Readonly<Record<string, Count>>): Record<string, Count> =>
    Object.fromEntries(
      Object.entries(counts).map(([key, one]) => [
        key,
        { ...one, lastMs: Math.min(one.lastMs, nowMs), lockedUntilMs: Math.min(one.lockedUntilMs, nowMs + lockingMs) },
      ]),
    )
  return { ...attempts, pairs: cap(attempts.pairs), sources: cap(attempts.sources), names: cap(attempts.names) }
}
