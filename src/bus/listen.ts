import { type Clock, background } from '../platform/index.ts'
import type { OpenWire } from './wire.ts'

/** Opens a wire and only listens: how many bytes came within `ms`, or why it could not be opened. */
export function listen(openWire: OpenWire, clock: Clock, ms: number): Promise<number | { readonly why: string }> {
  return new Promise((resolve) => {
    let heard = 0
    const end = (result: number | { readonly why: string }): void => background(wire.close().then(() => resolve(result)))
    const wire = openWire({
      opened: () => void clock.after(ms, () => end(heard)),
      failed: (why) => end({ why }),
      bytes: (chunk) => (heard += chunk.length),
      ended: () => undefined,
      lost: () => undefined,
      warning: () => undefined,
    })
    wire.open()
  })
}
