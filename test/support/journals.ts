import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SecurityEvent, event } from '../../src/events/index.ts'
import { type Journal, type Writer, createJournal, startWriter } from '../../src/journal/index.ts'
import { type Clock, realClock } from '../../src/platform/index.ts'

export const origin = { boot: 'b', gateway: 'g' }
export const quiet = { info: () => undefined, warn: () => undefined }
export const something = (i: number): SecurityEvent =>
  event('locked', { subject: `p${i}`, breaker: `Q${i % 5}`, scope: 'control', reason: 'test' })

type Test = { teardown(run: () => void): void }

/** A file for a journal in a folder that goes away. */
export function journalFile(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'breakwall-journal-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return join(path, 'journal.db')
}

export const openWriter = (path: string, utcUs = realClock.utcUs()): Promise<Writer> =>
  startWriter({ path, origin, keyCredential: undefined, utcUs })

export async function openJournal(path: string, clock: Clock = realClock): Promise<Journal> {
  return createJournal(await openWriter(path, clock.utcUs()), clock, quiet)
}

/** A journal of so many events, closed. */
export async function filled(path: string, count: number, from = 0): Promise<void> {
  const journal = await openJournal(path)
  // Not more at a time than there is room for.
  for (let i = 0; i < count; i += 1000)
    await Promise.all(Array.from({ length: Math.min(1000, count - i) }, (_, j) => journal.append(something(from + i + j))))
  await journal.close()
}
