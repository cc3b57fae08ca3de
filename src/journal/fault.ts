import { type SecurityEvent, event } from '../events/index.ts'

/** Why the journal's file cannot be written. */
export type StoreFault =
  /** There is no room on its disk. */
  | { readonly kind: 'full'; readonly why: string }
  /** Another program holds the database for longer than SQLite waits for it. */
  | { readonly kind: 'busy'; readonly why: string }
  /** A write was asked for and has not come back: a memory card that hangs, a file server that is away. */
  | { readonly kind: 'silent'; readonly why: string }
  /** The disk refuses for another reason, the file is not to be written, or is damaged. */
  | { readonly kind: 'fails'; readonly why: string }

/** What SQLite or the system says of a write (https://sqlite.org/rescode.html); an extended code begins with its primary one. */
export function storeFaultOf(error: unknown): StoreFault {
  const why = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)$/.test(code)) return { kind: 'full', why }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return { kind: 'busy', why }
  return { kind: 'fails', why: code === '' ? why : `${why} (${code})` }
}

/** The event that says so, written as soon as it can be. */
export function storeEvent({ kind, why }: StoreFault): SecurityEvent {
  switch (kind) {
    case 'full':
      return event('journal-full', { reason: why })
    case 'busy':
      return event('journal-busy', { reason: why })
    case 'silent':
      return event('journal-silent', { reason: why })
    case 'fails':
      return event('journal-failing', { reason: why })
  }
}
