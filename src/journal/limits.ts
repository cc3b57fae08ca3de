/**
 * Events that wait for the disk, at most, by who waits for them: each has room that no other takes. What finds none is counted in an
 * event `events-lost`. Each is at least MAX_BATCH: what is counted then never goes out with a batch that the disk refuses again.
 */
export const WAITING_EVENTS = { permit: 5000, state: 3000, alarm: 2000, other: 10_000 } as const
/** Records that one read returns, at most. */
export const MAX_READ_RECORDS = 1000
/** Pause before a failed write of notes is tried again, milliseconds. */
export const RETRY_MS = 1000
/**
 * A write that has not come back for so long counts as refused, milliseconds: nobody waits longer for an answer, and what was to be
 * recorded first is not done. Cards for embedded systems pause for up to a second; a pause of several seconds
 * is rare, and a journal that cannot be written ends every unlock: so it is not the first second that counts.
 */
export const SILENT_MS = 5000
/** How often a journal that could not be opened is tried again, milliseconds: a thread is started for it. */
export const OPEN_AGAIN_MS = 5000
/** A file of this size or less is read into memory when SQLite cannot open it where it is, bytes. */
export const READ_WHOLE_BYTES = 256 * 1024 * 1024
/** How long events that nobody waits for gather after a commit, milliseconds. */
export const BATCH_MS = 25
/** Events in one commit, at most: in a storm the next ones are ready when it is done, and the writer never waits for them. */
export const MAX_BATCH = 2000
/** Events that nobody waits for in one commit, at most: an intrusive operation's record may have to wait for it. */
export const NOTES_AT_A_TIME = 64
/** The write-ahead log is folded into the file after so many events; a commit of its own counts like forty, since it touches as many pages. */
export const FOLD = { at: 8000, commit: 40 } as const
/** Events between two checkpoints, at most; and how long events wait for one, milliseconds. */
export const CHECKPOINT = { events: 1000, ms: 5 * 60_000 } as const
/** The place that is kept free for the last events before a full disk, bytes. */
export const RESERVE_BYTES = 4 * 1024 * 1024
/** Events that retention removes in one transaction: at least so many, so that its own event is a small part; at most so many, so that a permit waits for no more. */
export const RETENTION = { least: 500, most: 2000 } as const
/** A new chain after a damaged one begins at the next multiple of this: no number of the old one can come again. */
export const FRESH_START_STEP = 1_000_000
/** An export comes in pieces of at most so many bytes; two of them wait for its reader. */
export const EXPORT_PIECE_BYTES = 64 * 1024
/** Memory that V8 may take for the objects of an export's thread, MB. It needs about 20; beyond this the export ends, not the gateway. */
export const EXPORT_THREAD_MB = 96
