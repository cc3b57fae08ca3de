import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Entry, Head, StoredOrigin } from './storage.ts'

export type ToWriter = { readonly number: number } & (
  | { readonly kind: 'write'; readonly entries: readonly Entry[] }
  | { readonly kind: 'put-state'; readonly key: string; readonly value: string }
  | { readonly kind: 'states'; readonly prefix: string }
  | { readonly kind: 'read'; readonly after: number; readonly limit: number }
  | { readonly kind: 'open-operations' }
  | { readonly kind: 'close' }
)
export type FromWriter =
  | { readonly kind: 'opened'; readonly head: Head }
  | { readonly kind: 'answer'; readonly to: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly to: number; readonly why: string }

/** The journal's file behind promises. Each rejects with the storage's own words; after the thread died, all do. */
export interface Writer {
  readonly head: Head
  write(entries: readonly Entry[]): Promise<{ first: number; head: Head }>
  putState(key: string, value: string): Promise<void>
  states(prefix: string): Promise<readonly { key: string; value: string }[]>
  read(after: number, limit: number): Promise<readonly string[]>
  openOperations(): Promise<readonly string[]>
  close(): Promise<void>
}

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
type Ask = ToWriter extends infer M ? (M extends ToWriter ? Omit<M, 'number'> : never) : never

/** Starts the writer thread on a file. Rejects when the file cannot be opened or its last record is not whole. */
export function startWriter(path: string, origin: StoredOrigin): Promise<Writer> {
  const worker = new Worker(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url), { workerData: { path, origin } })
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
      if (message.kind === 'opened') return resolve(writerOver(ask, message.head))
      const asker = waiting.get(message.to)
      waiting.delete(message.to)
      if (message.kind === 'answer') asker?.resolve(message.value)
      else asker?.reject(new Error(message.why))
    })
  })
}

function writerOver(ask: (message: Ask) => Promise<unknown>, head: Head): Writer {
  return {
    head,
    write: (entries) => ask({ kind: 'write', entries }) as ReturnType<Writer['write']>,
    putState: (key, value) => ask({ kind: 'put-state', key, value }) as Promise<void>,
    states: (prefix) => ask({ kind: 'states', prefix }) as ReturnType<Writer['states']>,
    read: (after, limit) => ask({ kind: 'read', after, limit }) as ReturnType<Writer['read']>,
    openOperations: () => ask({ kind: 'open-operations' }) as ReturnType<Writer['openOperations']>,
    close: () => ask({ kind: 'close' }) as Promise<void>,
  }
}
