/**
 * Requests of all connections that are being worked on: `inAll` of them; `own` places of each client, and those that are `shared` by clients
 * that use more. Beyond it a request is answered with exception 06. 64 clients find their own places whatever the others do.
 */
export const READS_IN_FLIGHT = { inAll: 768, own: 4, shared: 512 } as const
/** The same for what may operate, of clients that may: reads take none of it. 16 clients find their own places whatever the others do. */
export const CONTROL_IN_FLIGHT = { inAll: 256, own: 8, shared: 128 } as const
/** Connections that an address always finds a place for, as long as it has fewer, in the last quarter of what a listener takes. */
export const OWN_CONNECTIONS = 4
/** Addresses that one listener keeps count of; beyond it one without a connection is forgotten, that was there longest ago. */
export const MAX_CLIENT_ADDRESSES = 4096
/** A frame, from its first byte to its last, milliseconds. */
export const FRAME_MS = 5_000
/** Bytes that wait for a client to read them; beyond it none of its requests is taken on. */
export const MAX_UNREAD_BYTES = 64 * 1024
/** Malformed and unsupported requests that one connection may send at once, and how many more each second: the rest wait their turn. */
export const BAD_REQUESTS = { atOnce: 20, perSecond: 20 } as const
/** Requests that one connection gets back at once without a place on a bus (0B of a silent unit, 0A, 06): a client that repeats them as fast as it can would take the processor from control. */
export const NOT_ASKED = { atOnce: 100, perSecond: 200 } as const
/**
 * Refused operations that one connection gets answered at once, and how many more each second: a client that repeats them as fast as it
 * can would fill the journal and take the processor from control. One that tries a locked breaker each second, 16 at a time, never waits.
 */
export const REFUSED = { atOnce: 100, perSecond: 50 } as const
/** Sessions that can be resumed by their id, at most; tickets are kept by the clients. */
export const MAX_SESSIONS = 512
/** Authorities between clients and their trust anchors that are remembered for resumed sessions; beyond it no earlier session resumes. */
export const MAX_AUTHORITIES_BETWEEN = 64
/** Certificates that one client may send beside its own. More are not looked at: a path has 8 at most. */
export const MAX_SENT = 16
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
