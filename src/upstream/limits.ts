/** Requests of all connections that are being worked on; beyond it a request is answered with exception 06. */
export const MAX_IN_FLIGHT_IN_ALL = 1024
/** Connections of one listener, and of one address on it. */
export const MAX_CONNECTIONS = 256
export const MAX_CONNECTIONS_PER_ADDRESS = 64
/** A TLS handshake, from the first byte, milliseconds. */
export const HANDSHAKE_MS = 10_000
/** A frame, from its first byte to its last, milliseconds. */
export const FRAME_MS = 5_000
/** A connection without a request, milliseconds. */
export const IDLE_MS = 10 * 60_000
/** Bytes that wait for a client to read them; beyond it none of its requests is taken on. */
export const MAX_UNREAD_BYTES = 64 * 1024
/** Malformed and unsupported requests that one connection may send at once, and how many more each second: the rest wait their turn. */
export const BAD_REQUESTS = { atOnce: 20, perSecond: 20 } as const
