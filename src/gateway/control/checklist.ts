import { checklistFor } from '../../breakers/index.ts'
import { event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Clock } from '../../platform/index.ts'
import { type Signature, signatureOf } from './stored-states.ts'

export interface Checklist {
  signed(breaker: string, item: string): Signature | 'never'
  /** On record before it counts. */
  sign(signature: Omit<Signature, 'utcUs'> & { readonly family: string }): Promise<'signed' | 'no-such-item' | 'unavailable'>
}

const PREFIX = 'checklist/'

export async function openChecklist(journal: Journal, clock: Pick<Clock, 'utcUs'>): Promise<Checklist> {
  const signed = new Map<string, Signature>()
  for (const [key, text] of await journal.states(PREFIX)) {
    const found = signatureOf(text)
    if (found !== 'none') signed.set(key, found)
  }
  const keyOf = (breaker: string, item: string): string => `${PREFIX}${breaker}/${item}`
  function inForce(key: string): Readonly<Record<string, string>> {
    const held = signed.get(key)
    return { [key]: held === undefined ? '' : JSON.stringify(held) }
  }
  return {
    signed: (breaker, item) => signed.get(keyOf(breaker, item)) ?? 'never',
    async sign({ family, ...rest }) {
      const found = checklistFor(family).find(({ id }) => id === rest.item)
      if (found === undefined) return 'no-such-item'
      const signature = { ...rest, utcUs: clock.utcUs() }
      const told = event('checklist-signed', { subject: rest.by, breaker: rest.breaker, operation: found.text, reason: rest.note })
      const key = keyOf(rest.breaker, rest.item)
      if ((await journal.append(told, { [key]: JSON.stringify(signature) }, () => inForce(key))) === 'unavailable') return 'unavailable'
      signed.set(key, signature)
      return 'signed'
    },
  }
}
