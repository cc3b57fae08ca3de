import type { Clock } from '../platform/index.ts'
import type { Receiver, SinkTransport } from './settings.ts'

/** Where it went wrong: looking up the name, reaching the machine, TLS, one of the certificates, or the receiver's own answer. */
export type Stage = 'name' | 'route' | 'tls' | 'certificate' | 'reply'
export type LinkFailure = { readonly kind: 'failed'; readonly stage: Stage; readonly why: string }

/** A way to one receiver. Messages are numbered from 1 in the order in which they are sent. */
export interface Link {
  /** Resolves when the next may be sent; what happens to it is told by `delivered` or `ended`. */
  send(message: string): Promise<void>
  /** Finds out now whether everything that was sent has arrived. */
  settle(): Promise<'delivered' | 'not-delivered'>
  /** Ends it; nothing is told any more. */
  close(): void
}

/** How a link ended by itself. Only `failed` may mean that a message is lost on it. */
export type LinkEnd =
  | LinkFailure
  /** This side has ended it in order to learn what arrived: all of it has. */
  | { readonly kind: 'all-confirmed' }
  /** The receiver has ended it while nothing was without confirmation. `as`: the same as a failure, where more was expected. */
  | { readonly kind: 'ended-idle'; readonly as: LinkFailure }

/** What a link tells: up to which message the receiver has all, and that it is over, once. */
export type LinkNotices = { delivered(upTo: number): void; ended(how: LinkEnd): void }

export type OpenLink = (transport: SinkTransport, receiver: Receiver, clock: Clock, notices: LinkNotices) => Promise<Link | LinkFailure>
