/** Requests that wait for one bus, at most; those that share a transaction count one each. Beyond it a client gets exception 06. */
export const MAX_QUEUED = 1024
/** Pause before a port that could not be opened is tried again, milliseconds: doubled each time up to the second, each up to a quarter shorter by chance. */
export const RECONNECT_MS = { first: 250, most: 10_000 } as const
/** A TCP or TLS connection that is not made within this is given up, milliseconds. */
export const CONNECT_MS = 3000
/** Requests in a row without a reply after which a unit is asked only now and then. */
export const SILENT_AFTER = 2
/** The most of a bus's time that the questions to a silent unit may take. */
export const PROBE_SHARE = 0.02
/** The shortest time-out of a question to a silent unit, milliseconds. */
export const PROBE_MS = 50
/** Replies of one unit that are kept for its freshness windows. */
export const MAX_FRESH = 32
/** After an intrusive operation nothing is answered from memory for this long, milliseconds: the breaker may still be moving. */
export const UNSETTLED_MS = 5000
/** Time-outs in a row, without one byte from the device, after which a TCP connection counts as half-open and is made again. */
export const HALF_OPEN_AFTER = 3
/** Figures of the last seconds are kept in steps of one second. */
export const WINDOW_SECONDS = 10
