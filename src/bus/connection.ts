import type { Cancel, Clock, Random } from '../platform/index.ts'
import { RECONNECT_MS } from './limits.ts'
import type { Notice } from './line.ts'
import type { OpenWire, Wire } from './wire.ts'

export type ConnectionPorts = { readonly clock: Clock; readonly random: Random; readonly notice: (notice: Notice) => void }

/** A wire that is opened again by itself. */
export interface Connection {
  /** `down` says why; the first try counts as neither until it has ended. */
  state(): { readonly kind: 'opening' | 'up' } | { readonly kind: 'down'; readonly why: string }
  /** Resolves when the first try has ended; at once after that. */
  settled(): Promise<void>
  write(bytes: Uint8Array): void
  drop(why: string): void
  close(): Promise<void>
}

type Events = { readonly bytes: (chunk: Uint8Array) => void; readonly opened: () => void; readonly lost: (why: string) => void }

/**
 * Keeps a wire open: it is tried again after growing pauses, a little apart from all others that went down with it. One event when it
 * goes down, one when it is back.
 */
export function keepOpen(openWire: OpenWire, { clock, random, notice }: ConnectionPorts, events: Events): Connection {
  let state: ReturnType<Connection['state']> | { readonly kind: 'closed' } = { kind: 'opening' }
  let everDown = false
  let pauseMs: number = RECONNECT_MS.first
  let cancelRetry: Cancel = () => undefined
  let settle: () => void = () => undefined
  const settled = new Promise<void>((resolve) => (settle = resolve))

  const wire: Wire = openWire({
    opened() {
      if (state.kind === 'closed') return void wire.close() // closed while it was opening
      pauseMs = RECONNECT_MS.first
      state = { kind: 'up' }
      events.opened()
      if (everDown) notice({ kind: 'up' })
      everDown = false
      settle()
    },
    failed: (why) => down(why),
    bytes: (chunk) => events.bytes(chunk),
    lost(why) {
      if (state.kind !== 'closed') down(why)
      events.lost(why)
    },
    warning: (why) => notice({ kind: 'warning', why }),
  })
  wire.open()

  function down(why: string): void {
    if (state.kind === 'closed') return
    if (!everDown) notice({ kind: 'down', why })
    everDown = true
    state = { kind: 'down', why }
    const [byte = 0] = random.bytes(1)
    cancelRetry = clock.after(pauseMs * (1 - byte / 1024), () => wire.open())
    pauseMs = Math.min(pauseMs * 2, RECONNECT_MS.most)
    settle()
  }

  return {
    state: () => (state.kind === 'closed' ? { kind: 'down', why: 'the gateway stops' } : state),
    settled: () => settled,
    write: (bytes) => wire.write(bytes),
    drop: (why) => wire.drop(why),
    close() {
      state = { kind: 'closed' }
      cancelRetry()
      settle()
      return wire.close()
    },
  }
}
