import { type EventRecord, event } from '../events/index.ts'
import { type Journal, type Writer, createJournal, startWriter } from '../journal/index.ts'
import type { Ports, StartFailure } from './gateway.ts'
import { restoreStates } from './restore-states.ts'

/** `last`: the last event of the run before this one, as it stood before this one wrote anything. */
export type OpenedJournal = { readonly journal: Journal; readonly last: EventRecord | 'none'; readonly replaced: boolean }

/** Opens the journal, and says first what had to be done for it. */
export async function openJournal(
  path: string,
  { clock, random, log, hostName, journalCredential }: Ports,
): Promise<OpenedJournal | StartFailure> {
  let writer: Writer
  try {
    writer = await startWriter({
      path,
      origin: { boot: random.uuid(), gateway: hostName },
      keyCredential: journalCredential,
      utcUs: clock.utcUs(),
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { kind: 'not-started', why, hint: `nothing was changed; the journal is ${path}` }
  }
  const journal = createJournal(writer, clock, log)
  const [last = 'none' as const] = await journal.read(writer.head.seq - 1, 1)
  if (writer.replaced !== 'no') {
    const { file, reason, upTo, head } = writer.replaced
    journal.note(event('journal-replaced', { file, reason, upTo, head }))
    log.warn(`the journal was damaged (${reason}) and is now ${file}; a new one has begun: breakwall journal salvage ${file}`)
  }
  if (writer.keyMade) journal.note(event('journal-key-made', { key: writer.key }))
  return { journal: await restoreStates(journal, writer.carried, clock.utcUs()), last, replaced: writer.replaced !== 'no' }
}
