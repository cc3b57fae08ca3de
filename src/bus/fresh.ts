import { type Reply, type Request, registerOf } from '../modbus/index.ts'
import { type Monotonic, toMonotonic } from '../platform/index.ts'
import { MAX_FRESH } from './limits.ts'
import { covers, partOf } from './sharing.ts'

/** Registers that a device renews only so often, by its documents: reading them faster tells nothing new. */
export type Refresh = { readonly from: number; readonly to: number; readonly everyMs: number }

/** How old an answer to this read may be, milliseconds: that of its fastest register; 0 when one of them has no window. */
export function windowOf(request: Request, refresh: readonly Refresh[]): number {
  if (refresh.length === 0) return 0
  if (request.kind !== 'read-holding-registers' && request.kind !== 'read-input-registers') return 0
  const last = registerOf(request.address) + request.quantity - 1
  let shortest = Infinity
  for (let at: number = registerOf(request.address); at <= last;) {
    const range = refresh.find(({ from, to }) => at >= from && at <= to)
    if (range === undefined) return 0
    shortest = Math.min(shortest, range.everyMs)
    at = range.to + 1
  }
  return shortest
}

type Kept = { readonly request: Request; readonly reply: Reply; readonly at: Monotonic }

/** What a unit has answered a moment ago. */
export interface Fresh {
  find(request: Request, windowMs: number, now: Monotonic): Reply | 'none'
  /** `at` is when the device was asked: its answer is not younger. */
  keep(request: Request, reply: Reply, at: Monotonic): void
  /** An intrusive operation was sent, or has ended: what was read before tells nothing. Nothing older than `from` is found. */
  forget(from: Monotonic): void
}

export function createFresh(): Fresh {
  let kept: Kept[] = []
  let validFrom = toMonotonic(-Infinity)
  return {
    find(request, windowMs, now) {
      const found = kept.findLast(({ request: wide, at }) => at >= validFrom && now - at < windowMs && covers(wide, request))
      if (found === undefined) return 'none'
      const part = partOf(found.request, found.reply, request)
      return part === 'ask-alone' ? 'none' : part
    },
    keep(request, reply, at) {
      if (reply.kind === 'exception' || at < validFrom) return
      kept = [...kept.filter(({ request: narrow }) => !covers(request, narrow)), { request, reply, at }].slice(-MAX_FRESH)
    },
    forget(from) {
      kept = []
      validFrom = from
    },
  }
}
