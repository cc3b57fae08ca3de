import { type EventRecord, event } from '../../events/index.ts'
import {
  type Journal,
  type LateOpened,
  type LateStates,
  type StoreFile,
  type Writer,
  createJournal,
  createLateWriter,
  isOfTheDisk,
  startWriter,
} from '../../journal/index.ts'
import type { Ports, StartFailure } from '../ports.ts'
import { describeStatesFault, restoreStates } from './restore-states.ts'

/** `last`: the last event of the run before this one, as it stood before this one wrote anything. */
export type OpenedJournal = {
  readonly journal: Journal
  readonly last: EventRecord | 'none'
  readonly replaced: boolean
  /** Its disk refused at the start. */
  readonly late: boolean
  /** Calls back once a late journal has been opened, before anything is written. */
  onLateOpening(run: (states: LateStates) => void): void
}

/** Opens the journal, and says first what had to be done for it. */
export async function openJournal(
  path: string,
  { clock, random, log, hostName, journalCredential }: Ports,
): Promise<OpenedJournal | StartFailure> {
  const file: StoreFile = {
    path,
    origin: { boot: random.uuid(), gateway: hostName },
    keyCredential: journalCredential,
    utcUs: clock.utcUs(),
  }
  // Set as soon as there is a journal: one that opens late says then what had to be done for it.
  let tell: (writer: Writer) => void = () => undefined
  let carry = tell
  let opensLate: (states: LateStates) => void = () => undefined
  const writer = await openWriter(file, clock, (late, states) => {
    log.info('the journal has been opened: its disk takes it now')
    tell(late)
    carry(late)
    opensLate(states)
  })
  if (writer instanceof Error) return { kind: 'not-started', why: writer.message, hint: `nothing was changed; the journal is ${path}` }
  const journal = createJournal(writer.writer, clock, log)
  tell = (opened) => {
    if (opened.replaced !== 'no') {
      const { file: old, reason, upTo, head } = opened.replaced
      journal.note(event('journal-replaced', { file: old, reason, upTo, head }))
      log.warn(`the journal was damaged (${reason}) and is now ${old}; a new one has begun: breakwall journal salvage ${old}`)
    }
    if (opened.keyMade) journal.note(event('journal-key-made', { key: opened.key }))
  }
  // What hung in a journal that is replaced late is stored in the new one: the next start finds it, and a person has to accept it.
  carry = ({ carried, stateCheck }) => {
    if (carried.length === 0 || stateCheck.kind !== 'does-not-fit') return
    const alarm = event('states-not-authentic', { reason: describeStatesFault(stateCheck.fault), count: carried.length })
    journal.note(alarm, Object.fromEntries(carried.map(({ key, value }) => [key, value])))
  }
  if (writer.late !== 'no')
    log.warn(`the journal cannot be opened for writing (${writer.late}): reading goes on, every operation is denied until it can`)
  const [last = 'none' as const] = await journal.read(writer.writer.head.seq - 1, 1)
  tell(writer.writer)
  return {
    journal: await restoreStates(journal, writer.writer.carried, clock.utcUs()),
    last,
    replaced: writer.writer.replaced !== 'no',
    late: writer.late !== 'no',
    onLateOpening: (run) => void (opensLate = run),
  }
}

/** A journal whose disk refuses is opened later; an error is what no later try would mend. */
async function openWriter(
  file: StoreFile,
  clock: Ports['clock'],
  opened: LateOpened,
): Promise<{ readonly writer: Writer; readonly late: string } | Error> {
  try {
    return { writer: await startWriter(file), late: 'no' }
  } catch (error) {
    const why = error instanceof Error ? error : new Error(String(error))
    if (!isOfTheDisk(why)) return why
    try {
      return { writer: createLateWriter(file, why, clock, opened), late: why.message }
    } catch (unread) {
      return new Error(`${why.message}; it cannot be read either: ${unread instanceof Error ? unread.message : String(unread)}`)
    }
  }
}
