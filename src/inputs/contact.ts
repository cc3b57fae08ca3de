import type { Monotonic } from '../platform/index.ts'

/** How a contact is wired: closed when remote control is meant to be possible, so that a broken wire reads as barred (S-31). */
export type Contact = {
  /** `broken`: nothing is heard of it. Only `closed` bars nothing. */
  readonly state: 'closed' | 'open' | 'broken'
  /** Why nothing is heard; empty where something is. */
  readonly why: string
  readonly heardAt: Monotonic
  /** Since when every reading says closed; `none` where the last did not. */
  readonly closedSince: Monotonic | 'none'
}
export type Heard = { readonly kind: 'closed' | 'open' } | { readonly kind: 'lost'; readonly why: string } | { readonly kind: 'time' }

/** Without a reading for this long nothing is known of it, milliseconds. */
export const SILENT_MS = 1500

/** Why nothing is heard at the start; from then on silence has its own words. */
export const NOT_YET = 'not read yet'

/** At the start it bars: only readings open it. */
export const startContact = (now: Monotonic): Contact => ({ state: 'broken', why: NOT_YET, heardAt: now, closedSince: 'none' })

/** One reading, or the time alone. Opening counts at once; closing when every reading of `debounceMs` has said so. */
export function stepContact(contact: Contact, heard: Heard, now: Monotonic, debounceMs: number): Contact {
  switch (heard.kind) {
    case 'open':
      return { state: 'open', why: '', heardAt: now, closedSince: 'none' }
    case 'lost':
      return { ...contact, state: 'broken', why: heard.why, closedSince: 'none' }
    case 'closed': {
      // A silence in between is no time during which it was seen closed.
      const silent = now - contact.heardAt > SILENT_MS
      const closedSince = contact.closedSince === 'none' || silent ? now : contact.closedSince
      const steady = now - closedSince >= debounceMs
      // Until it is steady it stays what it was: a contact that bounces at the start was not turned.
      return steady ? { state: 'closed', why: '', heardAt: now, closedSince } : { ...contact, heardAt: now, closedSince }
    }
    case 'time':
      return now - contact.heardAt <= SILENT_MS || (contact.state === 'broken' && contact.why !== NOT_YET)
        ? contact
        : { ...contact, state: 'broken', why: `nothing was read for ${SILENT_MS} ms`, closedSince: 'none' }
  }
}
