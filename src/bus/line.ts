import type { LineAddress, MismatchReason, Reply, Request } from '../modbus/index.ts'

/** How one transaction ended on the wire. */
export type Exchanged =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Sent, and no device ever answers it: what came of it is not known. */
  | { readonly kind: 'sent' }
  /** Sent, and no valid reply came: what the device did is not known. */
  | { readonly kind: 'no-reply'; readonly why: string }
  /** Not one byte was sent. */
  | { readonly kind: 'unreachable'; readonly why: string }
  /** Asked again right before the first byte, the decision no longer held. Not one byte was sent. */
  | { readonly kind: 'withdrawn' }

/** What a line has to tell besides replies. */
export type Notice =
  | { readonly kind: 'down'; readonly why: string }
  | { readonly kind: 'up' }
  | { readonly kind: 'discarded'; readonly address: LineAddress; readonly reason: MismatchReason; readonly why: string }

export type Target = { readonly address: LineAddress; readonly replyTimeoutMs: number }

/** Devices behind one port. `exchange` is called again only after the last one ended; it asks `stillHolds` right before its first byte. */
export interface Line {
  exchange(target: Target, request: Request, stillHolds: () => boolean): Promise<Exchanged>
  close(): Promise<void>
}
