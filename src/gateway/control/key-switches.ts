import type { KeySwitchSettings } from '../../config/index.ts'
import { type SecurityEvent, event } from '../../events/index.ts'
import { type Contact, type Heard, NOT_YET, READ_EVERY_MS, startContact, stepContact } from '../../inputs/index.ts'
import type { Cancel, Clock } from '../../platform/index.ts'

/** Key switches and selectors at the switchboard. They can only bar: what they let pass still needs all the rest. */
export interface KeySwitches {
  /** Names of those that bar this breaker now. */
  barring(breaker: string): readonly string[]
  list(): readonly (KeySwitchSettings & { readonly state: Contact['state']; readonly why: string; readonly sinceUtcUs: number })[]
  close(): void
}

export type KeySwitchPorts = {
  readonly clock: Clock
  readonly note: (event: SecurityEvent) => void
  readonly read: (source: KeySwitchSettings['source'], hear: (heard: Heard) => void) => Cancel
}

export function watchKeySwitches(settings: readonly KeySwitchSettings[], { clock, note, read }: KeySwitchPorts): KeySwitches {
  const all = settings.map((one) => {
    const held = {
      settings: one,
      contact: startContact(clock.now()),
      told: 'nothing' as 'nothing' | 'barred' | 'free',
      sinceUtcUs: clock.utcUs(),
    }
    const hear = (heard: Heard): void => {
      const before = held.contact.state
      held.contact = stepContact(held.contact, heard, clock.now(), one.debounceMs)
      if (held.contact.state !== before) held.sinceUtcUs = clock.utcUs()
      tell(held.contact)
    }
    const tell = ({ state, why }: Contact): void => {
      const now = state === 'closed' ? 'free' : 'barred'
      // Bouncing at the start is no news: it is told when it is known, or known to be broken.
      if (now === held.told || (held.told === 'nothing' && why === NOT_YET)) return
      held.told = now
      const where = { switch: one.name, breaker: one.breakers === 'all' ? '' : [...one.breakers].join(' ') }
      if (now === 'free') note(event('key-switch-off', where))
      else note(event('key-switch-on', { ...where, reason: state === 'broken' ? `nothing is heard of it: ${why}` : 'it was turned' }))
    }
    return { held, hear, cancel: read(one.source, hear) }
  })
  let cancel: Cancel = () => undefined
  const round = (): void => {
    for (const { hear } of all) hear({ kind: 'time' })
    cancel = clock.deadline(READ_EVERY_MS, round)
  }
  if (all.length > 0) cancel = clock.deadline(READ_EVERY_MS, round)
  return {
    barring: (breaker) =>
      all.flatMap(({ held: { settings: one, contact } }) =>
        contact.state !== 'closed' && (one.breakers === 'all' || one.breakers.has(breaker)) ? [one.name] : [],
      ),
    list: () =>
      all.map(({ held: { settings: one, contact, sinceUtcUs } }) => ({ ...one, state: contact.state, why: contact.why, sinceUtcUs })),
    close() {
      cancel()
      for (const one of all) one.cancel()
    },
  }
}
