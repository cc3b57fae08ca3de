import { inWords } from '../../breakers/index.ts'
import type { Journal } from '../../journal/index.ts'
import { type Cancel, type Clock, background } from '../../platform/index.ts'
import { type RefusalReason, subjectName, subjectRole } from '../../policy/index.ts'
import type { Story } from './operation-context.ts'

/** What was seen of one kind while its breaker was only observed. */
export type Learned = {
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

export interface Learning {
  saw(story: Story, wouldDeny: RefusalReason | 'none'): void
  list(): readonly Learned[]
  close(): void
}

/** Kinds that are told apart; beyond it new ones are counted together, by client and class. */
export const MAX_LEARNED = 2000
const KEEP_MS = 60_000
const KEY = 'learned'

/** Counts what observed breakers were asked for; it is kept over a restart. */
export async function openLearning(journal: Journal, clock: Clock): Promise<Learning> {
  const stored = (await journal.states(KEY)).get(KEY)
  const seen = new Map<string, Learned>(stored === undefined ? [] : (JSON.parse(stored) as [string, Learned][]))
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
    saw({ asked: { subject }, breaker, operation }, wouldDeny) {
      const [client, role] = [subjectName(subject), subjectRole(subject)]
      const exact = inWords(operation, breaker.name)
      const keyOf = (words: string): string => JSON.stringify([client, role, breaker.name, operation.class, words, wouldDeny])
      const words = seen.has(keyOf(exact)) || seen.size < MAX_LEARNED ? exact : `more ${operation.class}`
      const before = seen.get(keyOf(words))
      const now = clock.utcUs()
      const { class: operationClass } = operation
      seen.set(keyOf(words), {
        ...{ client, role, breaker: breaker.name, class: operationClass, words, wouldDeny },
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
