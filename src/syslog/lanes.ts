import { LIVE_LANE_EVENTS } from './limits.ts'

/**
 * What a receiver has of the journal: everything up to `upTo`; and, while a long backlog is being sent, also a range of newer events
 * that were sent beside it, so that an alarm does not wait behind a week of noise.
 */
export type Cursor = { readonly upTo: number; readonly live: { readonly from: number; readonly upTo: number } | 'none' }
export type LaneName = 'backlog' | 'live'

export const encodeCursor = ({ upTo, live }: Cursor): string =>
  live === 'none' ? String(upTo) : JSON.stringify({ upTo, live: [live.from, live.upTo] })

/** A stored cursor; anything that is none means that nothing was delivered: twice is better than never. */
export function decodeCursor(text: string | undefined): Cursor {
  try {
    const value: unknown = JSON.parse(text ?? '0')
    if (typeof value === 'number') return { upTo: value, live: 'none' }
    const { upTo, live } = value as { upTo: number; live: [number, number] }
    return Number.isInteger(upTo) && Number.isInteger(live[0]) && Number.isInteger(live[1])
      ? { upTo, live: { from: live[0], upTo: live[1] } }
      : { upTo: 0, live: 'none' }
  } catch {
    return { upTo: 0, live: 'none' }
  }
}

/** At a new connection: a long backlog gets a lane of its own, and what comes from now on another. */
export function split(cursor: Cursor, head: number): Cursor {
  if (cursor.live !== 'none' || head - cursor.upTo <= LIVE_LANE_EVENTS) return cursor
  return { upTo: cursor.upTo, live: { from: head + 1, upTo: head } }
}

/** After everything of one lane up to an event has been delivered. When the backlog meets the live range, they are one again. */
export function delivered(cursor: Cursor, lane: LaneName, seq: number): Cursor {
  const { live } = cursor
  if (live === 'none') return { upTo: Math.max(cursor.upTo, seq), live }
  const next: Cursor =
    lane === 'live'
      ? { upTo: cursor.upTo, live: { from: live.from, upTo: Math.max(live.upTo, seq) } }
      : { upTo: Math.max(cursor.upTo, seq), live }
  return next.live !== 'none' && next.upTo >= next.live.from - 1 ? { upTo: Math.max(next.upTo, next.live.upTo), live: 'none' } : next
}

/** Events that are still to be delivered. */
export const owed = ({ upTo, live }: Cursor, head: number): number =>
  live === 'none' ? Math.max(0, head - upTo) : live.from - 1 - upTo + Math.max(0, head - live.upTo)
