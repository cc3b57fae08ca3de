import type { Cancel } from '../platform/index.ts'
import { REST_MS } from './limits.ts'
import { type ConnectionPorts, type DropCause, createOutages } from './outages.ts'
import type { OpenWire, Wire } from './wire.ts'

/** `resting`: the other end, or this one, has ended it in order; it is opened again when it is needed, or after a while. `down` says why. */
export type ConnectionState = { readonly kind: 'opening' | 'up' | 'resting' } | { readonly kind: 'down'; readonly why: string }

/** A wire that is opened again by itself. */
export interface Connection {
  /** The first try counts as neither up nor down until it has ended. */
  state(): ConnectionState
  /** Resolves when the try that runs has ended; at once when none runs. A connection that rests is opened. */
  settled(): Promise<void>
  write(bytes: Uint8Array): void
  /** A valid answer has come: what follows is a new loss. */
  works(): void
  /** A person waits: one that is down is tried now, and not when its pause is over. */
  tryNow(): void
  /** Gives the connection up. One that rests is opened again when it is needed. */
  drop(why: string, cause: DropCause): void
  close(): Promise<void>
}

type Events = {
  readonly bytes: (chunk: Uint8Array) => void
  readonly opened: () => void
  /** Whether the connection that is open has answered, or was not asked anything: then its end in order is no failure. */
  readonly served: () => boolean
  /** Whether it is not asked anything now: some interfaces reset a connection that they have served. Never on a serial line. */
  readonly idle: () => boolean
  /** `ended`: in order, by the other end. */
  readonly lost: (why: string, how: 'ended' | 'broken') => void
}

/** What shows that it works again: a serial port that opens; an interface only by its answers, since some take connections and then end them. */
export type Proof = 'opening' | 'answer'

const ENDED = 'the other end closed it'

/**
 * Keeps a wire open: it is tried again after growing pauses, a little apart from all others that went down with it. One event when it
 * goes down, one when it is back. An interface that ends its connection in order is reconnected without a word, unless it was asked
 * something and has not answered; only when that fails it is down.
 */
export function keepOpen(openWire: OpenWire, ports: ConnectionPorts, events: Events, proof: Proof): Connection {
  const outages = createOutages(ports)
  let state: ConnectionState = { kind: 'opening' }
  let closed = false
  let dropped: DropCause | 'no' = 'no'
  let cancelRetry: Cancel = () => undefined
  let settle: () => void = () => undefined
  let settled = new Promise<void>((resolve) => (settle = resolve))

  const wire: Wire = openWire({
    opened() {
      if (closed) return void wire.close() // closed while it was opening
      state = { kind: 'up' }
      events.opened()
      if (proof === 'opening') outages.steady()
      settle()
    },
    failed: (why) => down(why, 'not-opened'),
    bytes: (chunk) => events.bytes(chunk),
    ended: () => gone(ENDED, 'ended'),
    lost: (why) => gone(why, 'broken'),
    warning: (why) => ports.notice({ kind: 'warning', why }),
  })
  wire.open()

  function gone(why: string, how: 'ended' | 'broken'): void {
    if (closed) return events.lost(why, how)
    const cause = dropped
    dropped = 'no'
    if (cause === 'rest' || (cause === 'no' && events.served() && (how === 'ended' || events.idle()))) rest()
    else if (cause === 'half-open') reopen()
    else down(how === 'broken' ? why : `${ENDED} before it had answered anything`, cause)
    events.lost(why, how)
  }

  function rest(): void {
    state = { kind: 'resting' }
    cancelRetry = ports.clock.after(REST_MS, reopen)
  }

  function reopen(): void {
    cancelRetry()
    state = { kind: 'opening' }
    settled = new Promise<void>((resolve) => (settle = resolve))
    wire.open()
  }

  function down(why: string, cause: Parameters<typeof outages.down>[1]): void {
    if (closed) return
    state = { kind: 'down', why }
    cancelRetry = ports.clock.after(outages.down(why, cause), () => wire.open())
    settle()
  }

  return {
    state: () => state,
    settled() {
      if (state.kind === 'resting') reopen()
      return settled
    },
    write: (bytes) => wire.write(bytes),
    works: () => outages.works(),
    tryNow: () => (state.kind === 'down' && !closed && outages.mayTryNow() ? reopen() : undefined),
    drop(why, cause) {
      dropped = cause
      wire.drop(why)
    },
    close() {
      closed = true
      state = { kind: 'down', why: 'the gateway stops' }
      cancelRetry()
      settle()
      return wire.close()
    },
  }
}
