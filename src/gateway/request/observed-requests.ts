import { z } from 'zod'
import { describeOperation } from '../../breakers/index.ts'
import type { Journal } from '../../journal/index.ts'
import { type Cancel, type Clock, background, parseJson } from '../../platform/index.ts'
import { type RefusalReason, isRefusalReason, subjectName, subjectRole } from '../../policy/index.ts'
import type { OperationContext } from './operation-context.ts'

/** What was seen of one kind while its breaker was only observed. */
export type ObservedRequest = {
  readonly client: string
  readonly role: string
  readonly breaker: string
  readonly class: string
  readonly words: string
  readonly wouldDeny: RefusalReason | 'none'
  readonly count: number
  readonly firstUtcUs: number
  readonly lastUtcUs: number
}

export interface ObservedRequests {
  count(context: OperationContext, wouldDeny: RefusalReason | 'none'): void
  list(): readonly ObservedRequest[]
  close(): void
}

/** Kinds that are told apart; beyond it new ones are counted together, by client and class. */
export const MAX_OBSERVED = 2000
const KEEP_MS = 60_000
const KEY = 'learned'

const stored = z.array(
  z.tuple([
    z.string(),
    z.object({
      client: z.string(),
      role: z.string(),
      breaker: z.string(),
      class: z.string(),
      words: z.string(),
      wouldDeny: z.union([z.literal('none'), z.string().refine(isRefusalReason)]),
      count: z.number(),
      firstUtcUs: z.number(),
      lastUtcUs: z.number(),
    }),
  ]),
)
/** What cannot be read is counted again from the beginning: it permits nothing. */
function readObserved(text: string): readonly (readonly [string, ObservedRequest])[] {
  const found = parseJson(stored, text)
  return found === 'none' ? [] : found
}

/** Counts what observed breakers were asked for; it is kept over a restart. */
export async function openObservedRequests(journal: Journal, clock: Clock): Promise<ObservedRequests> {
  const stored = (await journal.states(KEY)).get(KEY)
  const seen = new Map<string, ObservedRequest>(stored === undefined ? [] : readObserved(stored))
  let changed = false
  let cancel: Cancel = () => undefined
  const write = (): void => {
    if (!changed) return
    changed = false
    background(
      journal.putState(KEY, JSON.stringify([...seen])).then((done) => {
        if (done === 'unavailable') changed = true
      }),
    )
  }
  const round = (): void => {
    write()
    cancel = clock.after(KEEP_MS, round)
  }
  cancel = clock.after(KEEP_MS, round)
  return {
    count({ asked: { subject }, breaker, operation }, wouldDeny) {
      const [client, role] = [subjectName(subject), subjectRole(subject)]
      const exact = describeOperation(operation, breaker.name)
      const keyOf = (words: string): string => JSON.stringify([client, role, breaker.name, operation.class, words, wouldDeny])
      const words = seen.has(keyOf(exact)) || seen.size < MAX_OBSERVED ? exact : `more ${operation.class}`
      const before = seen.get(keyOf(words))
      const now = clock.utcUs()
      const { class: operationClass } = operation
      seen.set(keyOf(words), {
        client,
        role,
        breaker: breaker.name,
        class: operationClass,
        words,
        wouldDeny,
        count: (before?.count ?? 0) + 1,
        firstUtcUs: before?.firstUtcUs ?? now,
        lastUtcUs: now,
      })
      changed = true
    },
    list: () => [...seen.values()],
    close() {
      cancel()
      write()
    },
  }
}
