/** Events that wait for the disk, at most. Beyond it the newest monitoring events are lost and the log says so. */
export const MAX_WAITING_EVENTS = 20_000
/** Records that one read returns, at most. */
export const MAX_READ_RECORDS = 1000
/** Pause before a failed write of notes is tried again, milliseconds. */
export const RETRY_MS = 1000
/** How long events that nobody waits for gather after a commit, milliseconds. */
export const GATHER_MS = 25
