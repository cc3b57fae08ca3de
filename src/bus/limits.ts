/** Requests that wait for one bus, at most; those that share a transaction count one each. Beyond it a client gets exception 06. */
export const MAX_QUEUED = 1024
/** A line that carries at least this many requests at a time keeps one place for control: reads never take the last one. */
export const LANES_WITH_RESERVE = 4
/** Pause before a port that could not be opened is tried again, milliseconds: doubled each time up to the second, each up to a quarter shorter by chance. */
export const RECONNECT_MS = { first: 250, most: 10_000 } as const
/** A TCP or TLS connection that is not made within this is given up, milliseconds. */
export const CONNECT_MS = 3000
/** Requests without a reply, one sent after the other had timed out and not all the same, after which a unit is silent. */
export const SILENT_AFTER = 2
/** The same for requests that it has never answered, on a serial line. */
export const SILENT_AFTER_UNKNOWN = 3
/** A unit that has answered nothing for this long is silent even if only one and the same request was asked, milliseconds. */
export const SILENT_MS = 30_000
/** Time-outs of one and the same read, after which it is asked only now and then while the unit answers others: of one that never was answered, and of one that was. */
export const UNANSWERED_AFTER = { never: 2, before: 3 } as const
/** Requests of one unit of which it is known that it has answered them. */
export const MAX_ANSWERED = 128
/** Reads of one unit that it leaves without a reply: beyond it the oldest is asked like any other. */
export const MAX_UNANSWERED = 256
/** The most of a serial line's time that the questions to a silent unit may take; the first pause is at most so long, milliseconds. */
export const PROBE_SHARE = 0.02
export const FIRST_PAUSE_MS = 5000
/** On Ethernet no line is held: the pauses between two questions to a silent unit, milliseconds, doubled from the first up to the most. */
export const PROBE_PAUSE_MS = { first: 1000, most: 10_000 } as const
/** One control operation in this time is let through to a silent unit as the question, milliseconds: a person is waiting for it. */
export const CONTROL_PROBE_MS = 5000
/** The shortest time-out of a question to a silent unit, milliseconds. */
export const PROBE_MS = 50
/** Replies of one unit that are kept for its freshness windows. */
export const MAX_FRESH = 32
/** After an intrusive operation nothing is answered from memory for this long, milliseconds: the breaker may still be moving. */
export const UNSETTLED_MS = 5000
/** Time-outs one after the other, without one byte from the device, after which a TCP connection counts as half-open and is made again. */
export const HALF_OPEN_AFTER = 3
/** Frames that answer nobody which a TCP connection may send at once, and how many more each second: some converters pass on all they hear. */
export const UNASKED_FRAMES = { atOnce: 64, perSecond: 200 } as const
/** A connection that an interface has ended in order is opened again after this, if nobody needs it before, milliseconds. */
export const REST_MS = 5000
/** A control operation opens a connection that is down at once, but not sooner than so long after the last try, milliseconds. */
export const TRY_NOW_MS = 1000
/** A connection to an interface must have answered and lasted this long before its loss counts as a new one, milliseconds. */
export const STEADY_MS = 5000
/** The same for one that was dropped because it sent frames that answer nobody, milliseconds. */
export const STEADY_AFTER_FLOOD_MS = 60_000
/** Transaction ids that timed out and are remembered, so that a late reply is known for what it is. */
export const MAX_LATE_TRANSACTIONS = 64
/** Connections in a row that an interface ended within so many milliseconds of one of their first answers, before it gets one request per connection. */
export const FEW_ANSWERS = 4
export const FEW_ANSWERS_AFTER = 2
export const ENDS_AT_ONCE_MS = 250
/** The longest that a serial line waits for the silence before a request, or drains after a time-out, milliseconds; there at least twice its longest reply. */
export const DRAIN_MS = 1000
/** Bursts of bytes that answer nobody after which a line is noisy, in so many milliseconds; it is reported at most once in an hour. */
export const NOISE = { bursts: 20, withinMs: 60_000, reportedEveryMs: 60 * 60_000 } as const
/** Bytes that are kept while a reply is looked for among them: two of the longest frames. */
export const MAX_HEARD_BYTES = 512
/** Figures of the last seconds are kept in steps of one second. */
export const WINDOW_SECONDS = 10
