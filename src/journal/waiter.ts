import type { RecordId } from '../events/index.ts'
import type { States } from './entry.ts'

/** Why an event is in the queue, and what its caller hears of it. */
export type Waiter =
  /** Nothing is done before it is on disk; refused when the disk refuses, and then never written. */
  | {
      readonly kind: 'permit'
      readonly settle: (id: RecordId | 'unavailable') => void
      /** The states as they are without it, should it be written after its caller has been refused. */
      readonly back: () => States
    }
  /** In force already; stays queued until the disk takes it. */
  | { readonly kind: 'state'; readonly settle: (id: RecordId | 'not-yet') => void }
  /** Nobody waits; severity 1 or 2. */
  | { readonly kind: 'alarm' }
  /** Nobody waits. */
  | { readonly kind: 'other' }
  /** The journal's own: a checkpoint, the event of its fault. A few at a time, so there is always room. */
  | { readonly kind: 'own' }
  /** The last event of a run: as `permit`, but there is always room. */
  | { readonly kind: 'last'; readonly settle: (id: RecordId | 'unavailable') => void }

/** Whether what it waits for must not be written once its caller has heard that the disk refuses. */
export const isRefused = ({ kind }: Waiter): boolean => kind === 'permit' || kind === 'last'

/** Tells its caller that it is not on disk now. */
export function refuse(waiter: Waiter): void {
  switch (waiter.kind) {
    case 'permit':
    case 'last':
      return waiter.settle('unavailable')
    case 'state':
      return waiter.settle('not-yet')
    case 'alarm':
    case 'other':
    case 'own':
      return
  }
}

/** Tells its caller that it is on disk. */
export function accept(waiter: Waiter, id: RecordId): void {
  switch (waiter.kind) {
    case 'permit':
    case 'last':
    case 'state':
      return waiter.settle(id)
    case 'alarm':
    case 'other':
    case 'own':
      return
  }
}
