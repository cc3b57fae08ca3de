import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Query } from './queries.ts'
import type { Replaced, StoredState } from './replace.ts'
import type { Retained, RetentionLimits } from './retention.ts'
import type { StateCheck } from './state-check.ts'
import type { Entry, Head, Space, StoredOrigin } from './entry.ts'

/** A journal file, and what is written into it about its origin. */
export type StoreFile = {
  readonly path: string
  readonly origin: StoredOrigin
  /** Where systemd has put the key of checkpoints; undefined: a file beside the journal. */
  readonly keyCredential: string | undefined
  /** Now: for the name of a journal that has to be moved aside. */
  readonly utcUs: number
}

type Numbered = { readonly number: number }
type WriterAsk =
  | { readonly kind: 'write'; readonly entries: readonly Entry[] }
  | { readonly kind: 'retain'; readonly limits: RetentionLimits; readonly utcUs: number; readonly monotonicMs: number }
  | { readonly kind: 'put-state'; readonly key: string; readonly value: string }
  | { readonly kind: 'accept-states'; readonly entry: Entry }
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'space' | 'release' | 'restore' | 'close' }
type ReaderAsk =
  | { readonly kind: 'states'; readonly prefix: string }
  | { readonly kind: 'read'; readonly after: number; readonly limit: number }
  | { readonly kind: 'query' | 'query-text'; readonly wanted: Query }
  | { readonly kind: 'range'; readonly sinceUs: number; readonly untilUs: number }
  | { readonly kind: 'fold' | 'open-operations' | 'close' }
export type ToWriter = Numbered & WriterAsk
export type ToReader = Numbered & ReaderAsk
export type OpenedStore = {
  readonly head: Head
  readonly replaced: Replaced | 'no'
  /** Whether the states beside the chain are what this gateway wrote last. */
  readonly stateCheck: StateCheck
  /** What hung in a journal that was replaced, as far as it can be read. */
  readonly carried: readonly StoredState[]
  /** Fingerprint of the key of checkpoints; empty when there is none. */
  readonly key: string
  readonly publicPem: string
  readonly keyMade: boolean
  /** Why there is no key; empty when there is. */
  readonly keyFault: string
}
export type FromWriter =
  | { readonly kind: 'opened'; readonly opened?: OpenedStore }
  | { readonly kind: 'not-opened'; readonly why: string; readonly code: string }
  | { readonly kind: 'answer'; readonly to: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly to: number; readonly why: string; readonly code: string }

/** The journal's file behind promises. Each rejects with the storage's own words, and SQLite's `code` where it has one; after the thread died, all do. */
export interface Writer extends OpenedStore {
  write(entries: readonly Entry[]): Promise<{ first: number; head: Head }>
  retain(limits: RetentionLimits, utcUs: number, monotonicMs: number): Promise<Retained>
  space(): Promise<Space>
  /** Gives away the place that was kept for the last events before a full disk; false when it is given away already. */
  release(): Promise<boolean>
  /** Keeps that place again; false as long as the disk has no more. */
  restore(): Promise<boolean>
  putState(key: string, value: string): Promise<void>
  /** Makes the states that are there this gateway's own, with the event that says who accepted them. */
  acceptStates(entry: Entry): Promise<{ first: number; head: Head }>
  states(prefix: string): Promise<readonly { key: string; value: string }[]>
  read(after: number, limit: number): Promise<readonly string[]>
  /** The first and the last event of a time; of all that are there: 0 to Infinity. */
  range(sinceUs: number, untilUs: number): Promise<{ readonly first: number; readonly last: number }>
  /** Signs a text of the journal's own, such as the list of an export; empty where there is no key. */
  sign(text: string): Promise<string>
  query(wanted: Query): Promise<readonly string[]>
  /** The records as the text of a JSON array. */
  queryText(wanted: Query): Promise<string>
  /** Folds the write-ahead log into the file, beside the writer. */
  fold(): Promise<void>
  openOperations(): Promise<readonly string[]>
  close(): Promise<void>
}

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
type Thread<Ask> = { readonly ask: (message: Ask) => Promise<unknown>; readonly opened: OpenedStore | undefined }

/** Starts the threads on a file: one that writes, one that reads. Rejects when it cannot be opened. */
export async function startWriter(file: StoreFile): Promise<Writer> {
  const { ask, opened } = await startThread<WriterAsk>('writer', file)
  if (opened === undefined) throw new Error('a writer says what it opened')
  const reader = await startThread<ReaderAsk>('reader', file).catch(async (error: unknown) => {
    await ask({ kind: 'close' }) // nobody else may write before it is let go
    throw error
  })
  const look = reader.ask
  return {
    ...opened,
    write: (entries) => ask({ kind: 'write', entries }) as ReturnType<Writer['write']>,
    retain: (limits, utcUs, monotonicMs) => ask({ kind: 'retain', limits, utcUs, monotonicMs }) as Promise<Retained>,
    space: () => ask({ kind: 'space' }) as Promise<Space>,
    release: () => ask({ kind: 'release' }) as Promise<boolean>,
    restore: () => ask({ kind: 'restore' }) as Promise<boolean>,
    sign: (text) => ask({ kind: 'sign', text }) as Promise<string>,
    putState: (key, value) => ask({ kind: 'put-state', key, value }) as Promise<void>,
    acceptStates: (entry) => ask({ kind: 'accept-states', entry }) as ReturnType<Writer['acceptStates']>,
    states: (prefix) => look({ kind: 'states', prefix }) as ReturnType<Writer['states']>,
    read: (after, limit) => look({ kind: 'read', after, limit }) as ReturnType<Writer['read']>,
    range: (sinceUs, untilUs) => look({ kind: 'range', sinceUs, untilUs }) as ReturnType<Writer['range']>,
    query: (wanted) => look({ kind: 'query', wanted }) as ReturnType<Writer['query']>,
    queryText: (wanted) => look({ kind: 'query-text', wanted }) as Promise<string>,
    fold: () => look({ kind: 'fold' }) as Promise<void>,
    openOperations: () => look({ kind: 'open-operations' }) as ReturnType<Writer['openOperations']>,
    async close() {
      await look({ kind: 'close' }) // first: the last to leave folds the write-ahead log into the file
      await ask({ kind: 'close' })
    },
  }
}

const withCode = ({ why, code }: { readonly why: string; readonly code: string }): Error => Object.assign(new Error(why), { code })

function startThread<Ask extends object>(role: 'writer' | 'reader', file: StoreFile): Promise<Thread<Ask>> {
  const worker = new Worker(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url), { workerData: { role, file } })
  const waiting = new Map<number, Waiting>()
  let next = 1
  const ask = (message: Ask): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(next, { resolve, reject })
      worker.postMessage({ ...message, number: next })
      next += 1
    })
  return new Promise((resolve, reject) => {
    const died = (error: Error): void => {
      reject(error)
      for (const { reject: rejectWaiting } of waiting.values()) rejectWaiting(error)
      waiting.clear()
    }
    worker.on('error', (error) => died(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => died(new Error('the journal is closed')))
    worker.on('message', (message: FromWriter) => {
      if (message.kind === 'opened') return resolve({ ask, opened: message.opened })
      if (message.kind === 'not-opened') return reject(withCode(message))
      const asker = waiting.get(message.to)
      waiting.delete(message.to)
      if (message.kind === 'answer') asker?.resolve(message.value)
      else asker?.reject(withCode(message))
    })
  })
}
