import { type Writer, createJournal } from '../../src/journal/index.ts'
import type { SecurityEvent } from '../../src/events/index.ts'
import type { Files } from '../../src/platform/index.ts'
import type { VirtualClock } from '../../hil/sim/virtual-clock.ts'

/** What is durable: states by key, the events in their order, and files by name. */
export type Disk = { readonly states: Map<string, string>; readonly events: SecurityEvent[]; readonly files: Map<string, string> }
export const emptyDisk = (): Disk => ({ states: new Map(), events: [], files: new Map() })
export const copyOf = ({ states, events, files }: Disk): Disk => ({
  states: new Map(states),
  events: [...events],
  files: new Map(files),
})
type Pending = { readonly ok: () => void; readonly refuse: () => void }

/** A journal over a disk whose every answer the test gives: `pending` holds the write that waits for one. */
export function scriptedJournal(clock: VirtualClock, disk: Disk) {
  const pending: Pending[] = []
  let refusing = false
  const written = <T>(run: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      pending.push({
        ok() {
          refusing = false
          resolve(run())
        },
        refuse() {
          refusing = true
          reject(Object.assign(new Error('the disk is full'), { code: 'SQLITE_FULL' }))
        },
      })
    })
  const writer: Writer = {
    head: { seq: 0, hash: '' },
    stateCheck: { kind: 'fits' },
    carried: [],
    acceptStates: () => Promise.reject(new Error('not scripted')),
    replaced: 'no',
    key: 'ab12',
    publicPem: '',
    keyMade: false,
    keyFault: '',
    write: (entries) =>
      written(() => {
        const first = disk.events.length + 1
        for (const { event, state } of entries) {
          if (event !== 'checkpoint') disk.events.push(event)
          for (const [key, value] of Object.entries(state)) disk.states.set(key, value)
        }
        return { first, head: { seq: disk.events.length, hash: '' } }
      }),
    putState: (key, value) => written(() => void disk.states.set(key, value)),
    states: (prefix) => Promise.resolve([...disk.states].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value }))),
    read: () => Promise.resolve([]),
    range: () => Promise.resolve({ first: 0, last: 0 }),
    query: () => Promise.resolve([]),
    queryText: () => Promise.resolve('[]'),
    fold: () => Promise.resolve(),
    sign: () => Promise.resolve(''),
    retain: () => Promise.resolve({ kind: 'nothing' }),
    space: () => Promise.resolve({ freeBytes: 0, journalBytes: 0 }),
    release: () => Promise.resolve(false),
    restore: () => Promise.resolve(!refusing),
    openOperations: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }
  const journal = createJournal(writer, clock, { info: () => undefined, warn: () => undefined })
  return { journal, waiting: () => pending.length > 0, answer: (how: 'ok' | 'refuse') => pending.shift()?.[how]() }
}

export type ScriptedFiles = Files & { refuseNext(step: 'write' | 'rename'): void }

/** Files of a disk. `changed` is called after each step: the power may fail there. */
export function scriptedFiles({ files }: Disk, changed: () => void): ScriptedFiles {
  let refused: 'write' | 'rename' | 'none' = 'none'
  const step = (kind: 'write' | 'rename' | 'remove', run: () => void): void => {
    if (kind === refused) {
      refused = 'none'
      throw new Error(`ENOSPC: no space left on device, ${kind}`)
    }
    run()
    changed()
  }
  const text = (path: string): string => {
    const found = files.get(path)
    if (found === undefined) throw new Error(`ENOENT: ${path}`)
    return found
  }
  return {
    has: (path) => files.has(path),
    read: (path) => Buffer.from(text(path)),
    facts: (path) => ({ mode: 0o600, bytes: text(path).length }),
    write(path, content, how) {
      if (how === 'new' && files.has(path)) throw new Error(`EEXIST: ${path}`)
      step('write', () => void files.set(path, content))
    },
    rename(from, to) {
      const content = text(from)
      step('rename', () => {
        files.set(to, content)
        files.delete(from)
      })
    },
    remove: (path) => step('remove', () => void files.delete(path)),
    refuseNext: (kind) => void (refused = kind),
  }
}

/** All that follows from what was done has happened, but for what waits for the disk or for time. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
