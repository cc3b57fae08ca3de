import type { JournalSettings } from '../../config/index.ts'
import { event } from '../../events/index.ts'
import type { Journal, Verified } from '../../journal/index.ts'
import { type Cancel, type Clock, type Log, background } from '../../platform/index.ts'
import type { FailClosed } from './fail-closed.ts'
import { type LastVerification, type Progress, type Verifying, createVerification } from './verification.ts'

/** How often it is looked at disk and age, milliseconds. */
const LOOK_MS = 10_000
/** How often the whole chain is walked, and how long after the start for the first time, milliseconds. */
const VERIFY_MS = { every: 24 * 60 * 60_000, first: 2 * 60_000 } as const
/** `disk-low` is told again when there was this much more than the limit in between. */
const ENOUGH = 1.2

/** How the journal stands, for people and figures. */
export type JournalStatus = {
  readonly bytes: number
  readonly freeBytes: number
  readonly verification: LastVerification
}

export type RetentionPorts = {
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
  readonly failClosed: FailClosed
  readonly settings: () => JournalSettings
  /** Up to which event each sink has had all. */
  readonly delivered: () => readonly { readonly sink: string; readonly upTo: number }[]
  readonly walk: Verifying
}

export interface JournalRetention {
  status(): JournalStatus
  /** Walks the whole chain now. What comes out is an event, and a chain that is broken ends the trust in this journal. */
  verify(by: string, progress: Progress): Promise<Verified>
  close(): void
}

/** Keeps the journal within its limits, and looks whether it is still what was written. */
export function startRetention(ports: RetentionPorts): JournalRetention {
  const { journal, clock, log, settings } = ports
  const verification = createVerification(ports)
  let space = { bytes: 0, freeBytes: 0 }
  let low = false
  let cancels: readonly Cancel[] = []
  let closed = false

  async function look(): Promise<void> {
    const { freeBytes, journalBytes } = await journal.space()
    space = { bytes: journalBytes, freeBytes }
    const { lowBytes } = settings()
    if (freeBytes < lowBytes && !low) journal.note(event('disk-low', { megabytes: Math.floor(freeBytes / 1e6) }))
    if (freeBytes < lowBytes) low = true
    else if (freeBytes > lowBytes * ENOUGH) low = false
    await retain()
  }

  async function retain(): Promise<void> {
    const { keepMs, bytes, mostBytes } = settings()
    for (let more = true; more && !closed;) {
      const limits = { beforeUs: clock.utcUs() - keepMs * 1000, bytes, mostBytes, delivered: ports.delivered() }
      const done = await journal.retain(limits)
      more = done.kind === 'removed' && done.more
    }
  }

  function repeat(firstMs: number, everyMs: number, what: string, run: () => Promise<unknown>): Cancel {
    let cancel: Cancel = () => undefined
    const again = (): void => {
      const done = run()
        .catch((error: unknown) => {
          if (!closed) log.warn(`${what}: ${String(error)}`)
        })
        .finally(() => {
          if (!closed) cancel = clock.after(everyMs, again)
        })
      background(done)
    }
    cancel = clock.after(firstMs, again)
    return () => cancel()
  }

  cancels = [
    repeat(0, LOOK_MS, 'the disk of the journal cannot be looked at', look),
    repeat(VERIFY_MS.first, VERIFY_MS.every, 'the journal cannot be verified', () => verification.run('gateway', () => undefined)),
  ]
  return {
    status: () => ({ ...space, verification: verification.last() }),
    verify: (by, progress) => verification.run(by, progress),
    close() {
      closed = true
      for (const cancel of cancels) cancel()
    },
  }
}
