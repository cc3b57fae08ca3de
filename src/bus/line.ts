import type { LineAddress, MismatchReason, Reply, Request } from '../modbus/index.ts'

/** How one transaction ended on the wire. */
export type Exchanged =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Sent, and no device ever answers it: what came of it is not known. */
  | { readonly kind: 'sent' }
  /**
   * Sent, and no valid reply came: what the device did is not known. `lost`: the port went away meanwhile, which is not the device's silence;
   * `ended`: the interface ended the connection in order, as some do after each answer.
   */
  | { readonly kind: 'no-reply'; readonly cause: 'silence' | 'lost' | 'ended'; readonly why: string }
  /** Not one byte was sent. */
  | { readonly kind: 'unreachable'; readonly why: string }
  /** Asked again right before the first byte, the decision no longer held. Not one byte was sent. */
  | { readonly kind: 'withdrawn' }

/** What a line has to tell besides replies. */
export type Notice =
  | { readonly kind: 'down'; readonly why: string }
  | { readonly kind: 'up' }
  | { readonly kind: 'discarded'; readonly address: LineAddress; readonly reason: MismatchReason; readonly why: string }
  /** Somebody else asks devices on this line: a second master, or a tool at the switchboard. */
  | { readonly kind: 'foreign'; readonly unit: number; readonly functionCode: number }
  /** The line is never silent: bytes arrive that answer nobody. */
  | { readonly kind: 'noisy'; readonly why: string }
  /** Something that slows the bus or keeps it from a setting; it works all the same. */
  | { readonly kind: 'warning'; readonly why: string }

/** What went over the wire. A request is told as what it is: its bytes may hold a password. `transaction` is 0 on a serial line. */
export type Traffic =
  | { readonly kind: 'request'; readonly transaction: number; readonly address: LineAddress; readonly request: Request }
  | {
      readonly kind: 'reply'
      readonly transaction: number
      readonly address: LineAddress
      readonly request: Request
      readonly reply: Reply
    }
  | Extract<Notice, { kind: 'discarded' }>

/** `urgent`: a person waits for it; a connection that is down is tried at once. */
export type Target = { readonly address: LineAddress; readonly replyTimeoutMs: number; readonly urgent?: boolean }

/** Who hears of all traffic while a capture runs. */
export type Tap = { tell: ((traffic: Traffic) => void) | 'nobody' }

/** On a serial line a time-out holds up everybody, and nothing in a reply says which request it answers. */
export type LineKind = 'serial' | 'ethernet'

/** Devices behind one port. */
export interface Line {
  readonly kind: LineKind
  /** Requests that may be on their way at a time now: `exchange` is not called beyond it. One on a serial line. */
  readonly lanes: number
  /** Asks `stillHolds` right before its first byte, and calls `end` once, never before it returns. */
  exchange(target: Target, request: Request, stillHolds: () => boolean, end: (exchanged: Exchanged) => void): void
  /** What a request and its reply cost of the line's time, milliseconds, as far as it is known before. */
  costMs(request: Request): number
  /** A client's bite of the line's time, milliseconds: about that of a read of ten registers. */
  readonly quantumMs: number
  close(): Promise<void>
}
