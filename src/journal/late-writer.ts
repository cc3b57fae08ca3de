import type { Clock, Monotonic } from '../platform/index.ts'
import { OPEN_AGAIN_MS } from './limits.ts'
import { type StoredStates, readStoredStates } from './read-states.ts'
import { type StoreFile, type Writer, startWriter } from './writer.ts'

/** Codes of a disk that has no room, may only be read, or fails: a later try may find it mended. */
const ofTheDisk = /^(SQLITE_(FULL|READONLY|CANTOPEN|IOERR|PERM|AUTH)|ENOSPC|EDQUOT|EROFS|EACCES|EPERM|EIO|ENOENT)/
export const isOfTheDisk = (error: unknown): boolean => error instanceof Error && 'code' in error && ofTheDisk.test(String(error.code))

/** Whether an opened journal holds what was read at the start. `other`: what is in force in memory is not what is stored. */
export type LateStates = 'as-read' | 'other'
/** Called once, before anything is written. */
export type LateOpened = (writer: Writer, states: LateStates) => void

/** A path that was not visible at the start (a disk that is mounted later, a link, a folder that may not be entered) may hold anything. */
async function compared(writer: Writer, read: StoredStates): Promise<LateStates> {
  const { head } = writer
  if (head.seq !== read.head.seq || (head.seq > 0 && head.hash !== read.head.hash)) return 'other'
  const textOf = (states: StoredStates['states']): string => JSON.stringify(states.map(({ key, value }) => [key, value]).sort())
  return textOf(await writer.states('')) === textOf(read.states) ? 'as-read' : 'other'
}

/**
 * A writer for a journal whose disk refuses at the start. It knows the states that the last run left, refuses every write with the
 * disk's own words, and opens the journal as soon as the disk lets it. Throws when not even the states can be read.
 */
export function createLateWriter(file: StoreFile, why: Error, clock: Clock, opened: LateOpened): Writer {
  const stored = readStoredStates(file.path)
  const late = lateOpening(file, why, clock, async (writer) => opened(writer, await compared(writer, stored)))
  const known = (): Known => late.real() ?? { ...nothingKnown, head: stored.head }
  const from = <T>(ask: (writer: Writer) => Promise<T>, otherwise: T): Promise<T> => {
    const writer = late.real()
    return writer === undefined ? Promise.resolve(otherwise) : ask(writer)
  }

  return {
    get head() {
      return known().head
    },
    get replaced() {
      return known().replaced
    },
    get key() {
      return known().key
    },
    get publicPem() {
      return known().publicPem
    },
    get keyMade() {
      return known().keyMade
    },
    get keyFault() {
      return known().keyFault
    },
    get stateCheck() {
      return known().stateCheck
    },
    get carried() {
      return known().carried
    },
    write: async (entries) => (await late.open()).write(entries),
    acceptStates: async (entry) => (await late.open()).acceptStates(entry),
    restore: async () => (await late.open()).restore(),
    release: () => from((writer) => writer.release(), false),
    putState: async (key, value) => (await late.open()).putState(key, value),
    retain: (...asked) => from((writer) => writer.retain(...asked), { kind: 'nothing' }),
    space: () => from((writer) => writer.space(), { freeBytes: 0, journalBytes: 0 }),
    states: (prefix) =>
      from(
        (writer) => writer.states(prefix),
        stored.states.filter(({ key }) => key.startsWith(prefix)),
      ),
    // What is there and cannot be read is not nothing.
    read: (after, limit) =>
      late.real() === undefined && after < stored.head.seq - 1
        ? Promise.reject(late.fault())
        : from((writer) => writer.read(after, limit), after === stored.head.seq - 1 ? stored.last : []),
    range: (sinceUs, untilUs) => from((writer) => writer.range(sinceUs, untilUs), { first: 0, last: 0 }),
    sign: (text) => from((writer) => writer.sign(text), ''),
    query: (wanted) => from((writer) => writer.query(wanted), []),
    queryText: (wanted) => from((writer) => writer.queryText(wanted), '[]'),
    fold: () => from((writer) => writer.fold(), undefined),
    openOperations: () => from((writer) => writer.openOperations(), stored.openOperations),
    close: () => from((writer) => writer.close(), undefined),
  }
}

type Known = Pick<Writer, 'head' | 'replaced' | 'stateCheck' | 'carried' | 'key' | 'publicPem' | 'keyMade' | 'keyFault'>
const nothingKnown: Omit<Known, 'head'> = {
  replaced: 'no',
  stateCheck: { kind: 'no-key' },
  carried: [],
  key: '',
  publicPem: '',
  keyMade: false,
  keyFault: '',
}

/** Opens the journal when it is asked for it, at most every `OPEN_AGAIN_MS`; in between it refuses with what the last try came to. */
function lateOpening(file: StoreFile, why: Error, clock: Clock, opened: (writer: Writer) => Promise<void>) {
  let real: Writer | undefined
  let opening: Promise<Writer> | 'no' = 'no'
  let tried: Monotonic = clock.now()
  let fault = why

  async function tryToOpen(): Promise<Writer> {
    try {
      const writer = await startWriter({ ...file, utcUs: clock.utcUs() })
      await opened(writer)
      real = writer
      return writer
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error))
      throw fault
    } finally {
      ;[opening, tried] = ['no', clock.now()]
    }
  }
  return {
    real: () => real,
    fault: () => fault,
    async open(): Promise<Writer> {
      if (real !== undefined) return real
      if (opening !== 'no') return opening
      if (clock.now() - tried < OPEN_AGAIN_MS) throw fault
      opening = tryToOpen()
      return opening
    },
  }
}
