declare const monotonic: unique symbol
/** Milliseconds on a clock that never goes back and knows nothing of the date. Windows and deadlines are judged on it. */
export type Monotonic = number & { readonly [monotonic]: true }
export const toMonotonic = (ms: number): Monotonic => ms as Monotonic

/** Stops a timer that has not run yet; afterwards it does nothing. */
export type Cancel = () => void
