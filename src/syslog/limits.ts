/** Events that are read from the journal at a time. */
export const READ_BATCH = 200
/** A message in one datagram, bytes: what every receiver should take (RFC 5424, 6.1; RFC 5426, 3.2). */
export const MAX_DATAGRAM_BYTES = 2048
/** A message on a stream, bytes: what common receivers take without being told (rsyslog's default). */
export const MAX_STREAM_BYTES = 8192
/** Where no reply tells of delivery, it is found out after so many events, or so long after the first of them, milliseconds. */
export const CHECKPOINT = { events: 1000, ms: 30_000 } as const
/** How long a receiver has to end the connection in order after our end, milliseconds. */
export const ORDERLY_END_MS = 3000
/** How long a receiver of a stream has to break off by itself after the last message before this side ends the connection, milliseconds: an end
 * of its own that crosses ours looks like an orderly one. Bulk does not wait for it. */
export const CROSSING_MS = 1000
/** How long a connection may take, and how long a reply of RELP, milliseconds. */
export const CONNECT_MS = 10_000
export const REPLY_MS = 30_000
/** Messages of RELP that may be without a reply. */
export const RELP_WINDOW = 128
/** Pause before another try, milliseconds: doubled each time up to the second, and drawn from between half and the whole of it. */
export const RETRY_MS = { first: 500, most: 30_000 } as const
/** How often the first receiver of a pair is tried while the second one takes events, milliseconds. */
export const RETURN_MS = 30_000
/** A receiver that has confirmed events for so long counts as working, milliseconds: before that, its failures follow each other with pauses and
 * no event says that it delivers again. */
export const STEADY_MS = 10_000
/** The same for a receiver that failed again after such an event: four times as long with each, up to this, milliseconds. One that works for so
 * long starts over. */
export const MOST_STEADY_MS = 3_600_000
/** A backlog of more than this is sent beside the new events, and not before them. */
export const LIVE_LANE_EVENTS = 5000
/** How often it is looked whether a sink is behind, milliseconds. */
export const LAG_MS = 5000
/** How often at most a cursor is written, milliseconds. */
export const CURSOR_MS = 1000
/** How long a sink that ends has to deliver what is there, milliseconds. */
export const CLOSE_MS = 5000
