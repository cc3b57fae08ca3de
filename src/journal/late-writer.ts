import type { Clock, Monotonic } from '../platform/index.ts'
import { readStoredStates } from './read-states.ts'
import { type StoreFile, type Writer, startWriter } from './writer.ts'

/** How often a journal that could not be opened is tried again, milliseconds: a thread is started for it. */
const OPEN_AGAIN_MS = 5000

/** Codes of a disk that has no room, may only be read, or fails: a later try may find it mended. */
const ofTheDisk = /^(SQLITE_(FULL|READONLY|CANTOPEN|IOERR|PERM|AUTH)|ENOSPC|EDQUOT|EROFS|EACCES|EPERM|EIO|ENOENT)/
export const isOfTheDisk = (error: unknown): boolean => error instanceof Error && 'code' in error && ofTheDisk.test(String(error.code))

/**
 * A writer for a journal whose disk refuses at the start. It knows the states that the last run left, refuses every write with the
 * disk's own words, and opens the journal as soon as the disk lets it. Throws when not even the states can be read.
 */
export function createLateWriter(file: StoreFile, why: Error, clock: Clock, opened: (writer: Writer) => void): Writer {
  const stored = readStoredStates(file.path)
  let real: Writer | 'not-yet' = 'not-yet'
  let opening: Promise<Writer> | 'no' = 'no'
  let tried: Monotonic = clock.now()
  let fault = why

  async function open(): Promise<Writer> {
    if (real !== 'not-yet') return real
    if (opening === 'no') {
      if (clock.now() - tried < OPEN_AGAIN_MS) throw fault
      opening = startWriter({ ...file, utcUs: clock.utcUs() })
    }
    try {
      const writer = await opening
      if (isStill(real)) {
        real = writer
        opened(writer)
      }
      return writer
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error))
      throw fault
    } finally {
      ;[opening, tried] = ['no', clock.now()]
    }
  }
  const from = <T>(ask: (writer: Writer) => Promise<T>, otherwise: T): Promise<T> =>
    real === 'not-yet' ? Promise.resolve(otherwise) : ask(real)
  const known = (): Pick<Writer, 'head' | 'replaced' | 'stateCheck' | 'carried' | 'key' | 'publicPem' | 'keyMade' | 'keyFault'> =>
    real === 'not-yet'
      ? {
          head: stored.head,
          replaced: 'no',
          stateCheck: { kind: 'no-key' },
          carried: [],
          key: '',
          publicPem: '',
          keyMade: false,
          keyFault: '',
        }
      : real

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
    write: async (entries) => (await open()).write(entries),
    acceptStates: async (entry) => (await open()).acceptStates(entry),
    restore: async () => (await open()).restore(),
    release: () => from((writer) => writer.release(), false),
    putState: async (key, value) => (await open()).putState(key, value),
    retain: (...asked) => from((writer) => writer.retain(...asked), { kind: 'nothing' }),
    space: () => from((writer) => writer.space(), { freeBytes: 0, journalBytes: 0 }),
    states: (prefix) =>
      from(
        (writer) => writer.states(prefix),
        stored.states.filter(({ key }) => key.startsWith(prefix)),
      ),
    read: (after, limit) => from((writer) => writer.read(after, limit), after === stored.head.seq - 1 ? stored.last : []),
    range: (sinceUs, untilUs) => from((writer) => writer.range(sinceUs, untilUs), { first: 0, last: 0 }),
    sign: (text) => from((writer) => writer.sign(text), ''),
    query: (wanted) => from((writer) => writer.query(wanted), []),
    fold: () => from((writer) => writer.fold(), undefined),
    openOperations: () => from((writer) => writer.openOperations(), stored.openOperations),
    close: () => from((writer) => writer.close(), undefined),
  }
}

/** Two who waited for the same opening: the first of them says so. */
const isStill = (real: Writer | 'not-yet'): boolean => real === 'not-yet'
