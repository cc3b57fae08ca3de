/** Requests of all connections that are being worked on; beyond it a request is answered with exception 06. */
export const MAX_IN_FLIGHT_IN_ALL = 1024
/** Addresses that one listener keeps count of at a time. */
export const MAX_SOURCES = 4096
/** A frame, from its first byte to its last, milliseconds. */
export const FRAME_MS = 5_000
/** Bytes that wait for a client to read them; beyond it none of its requests is taken on. */
export const MAX_UNREAD_BYTES = 64 * 1024
/** Malformed and unsupported requests that one connection may send at once, and how many more each second: the rest wait their turn. */
export const BAD_REQUESTS = { atOnce: 20, perSecond: 20 } as const
/** Sessions that can be resumed by their id, at most; tickets are kept by the clients. */
export const MAX_SESSIONS = 512
/** How long a session can be resumed, milliseconds. Each time its certificate is judged anew. */
export const SESSION_MS = 12 * 60 * 60_000
/** How long the key of tickets lives, milliseconds. */
export const TICKET_KEYS_MS = 24 * 60 * 60_000
/** How often open connections are judged again, milliseconds: dates pass, and revocation lists change. */
export const RECHECK_MS = 1000
/** How often a listener in the clear says so, milliseconds. */
export const CLEAR_TEXT_REMINDER_MS = 24 * 60 * 60_000
/** After this long without traffic the kernel asks whether the client is still there, milliseconds. */
export const KEEP_ALIVE_MS = 30_000
