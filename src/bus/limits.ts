/** Operations that wait for one bus, at most. Beyond it a client gets exception 06. */
export const MAX_QUEUED = 256
/** Pause before a port that could not be opened is tried again, milliseconds: doubled each time up to the second. */
export const RECONNECT_MS = { first: 250, most: 10_000 } as const
/** A TCP or TLS connection that is not made within this is given up, milliseconds. */
export const CONNECT_MS = 3000
