import { extname } from 'node:path'
import { setPriority } from 'node:os'
import { Readable } from 'node:stream'
import { type MessagePort, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { type ExportOrder, exportContent } from './export-content.ts'
import { EventsRemoved, openRows } from './export-rows.ts'
import { EXPORT_PIECE_BYTES, EXPORT_THREAD_MB } from './limits.ts'
import type { Row } from './schema.ts'

export type ToExport = { readonly kind: 'next' | 'stop' } | { readonly kind: 'signed'; readonly signature: string }
export type FromExport =
  /** `upTo`: the last event that was read for it. */
  | { readonly kind: 'piece'; readonly bytes: Uint8Array<ArrayBuffer>; readonly upTo: number }
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly fault: 'removed' | 'failed'; readonly why: string }

/** How an export ended. `stopped`: its stream was destroyed before. */
export type ExportEnd = { readonly kind: 'whole' | 'stopped' } | { readonly kind: 'removed' | 'failed'; readonly why: string }

export interface Exporting {
  /** The bytes. Two pieces of at most EXPORT_PIECE_BYTES wait in it; the thread makes the next when one is taken. Destroying it ends the thread. */
  readonly stream: Readable
  /** The last event of which something may have been taken; one before the first in the beginning. */
  readonly upTo: () => number
  /** Resolves when the thread is gone. Never rejects. */
  readonly ended: Promise<ExportEnd>
}

/**
 * An export in a thread of its own, so that neither requests on a bus nor sinks and log-ins, which the journal's reader serves, wait for
 * it. The main thread passes bytes on and makes none.
 */
export function exportInThread(order: ExportOrder, sign: (text: string) => Promise<string>): Exporting {
  const worker = new Worker(new URL(`./export-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: { exporting: order },
    resourceLimits: { maxOldGenerationSizeMb: EXPORT_THREAD_MB },
  })
  const ask = (message: ToExport): void => worker.postMessage(message)
  const stream = new Readable({
    highWaterMark: EXPORT_PIECE_BYTES,
    read: () => ask({ kind: 'next' }),
    destroy(error, done) {
      ask({ kind: 'stop' })
      done(error)
    },
  })
  let upTo = order.first - 1
  let end: ExportEnd = { kind: 'stopped' }
  const fails = (kind: 'removed' | 'failed', why: string): void => {
    if (!stream.destroyed) end = { kind, why }
    stream.destroy(new Error(why))
  }
  worker.on('message', (message: FromExport) => {
    switch (message.kind) {
      case 'piece':
        if (stream.destroyed) return
        upTo = message.upTo
        return void stream.push(Buffer.from(message.bytes.buffer))
      case 'sign':
        return void sign(message.text).then(
          (signature) => ask({ kind: 'signed', signature }),
          (error: unknown) => fails('failed', `it could not be signed: ${String(error)}`),
        )
      case 'end':
        if (!stream.destroyed) end = { kind: 'whole' }
        return void stream.push(null)
      case 'broken':
        return fails(message.fault, message.why)
    }
  })
  worker.on('error', (error) => fails('failed', String(error)))
  return { stream, upTo: () => upTo, ended: new Promise((resolve) => worker.on('exit', () => resolve(end))) }
}

/** Less than the threads that serve breakers: on a machine with few cores an export takes what these leave (setpriority(2): of this thread). */
const NICE = 10

/** The thread's side: one piece for each `next`, none without. Ends when all is sent, on `stop`, and when something fails. */
export function serveExport(port: MessagePort, order: ExportOrder): void {
  const answer = (message: FromExport): void => port.postMessage(message, message.kind === 'piece' ? [message.bytes.buffer] : [])
  const rows = openRows(order.path)
  const signatures: ((signature: string) => void)[] = []
  let upTo = order.first - 1
  let closed = false
  /** Nothing more once it is stopped: what packs a bundle still asks then. */
  function* counted(): Generator<readonly Row[], void> {
    const portions = rows.portions(order.first, order.last)
    while (!closed) {
      const { done, value } = portions.next()
      if (done === true) return
      upTo = value.at(-1)?.seq ?? upTo
      yield value
    }
  }
  const sign = (text: string): Promise<string> =>
    new Promise((resolve) => {
      signatures.push(resolve)
      answer({ kind: 'sign', text })
    })
  const pieces = piecesOf(exportContent(order, counted, sign))
  const finish = (last: FromExport | 'none'): void => {
    if (closed) return
    closed = true
    if (last !== 'none') answer(last)
    port.close()
    rows.close()
  }
  const give = (): void =>
    void pieces.next().then(
      ({ done, value }) => {
        if (closed) return
        if (done === true) finish({ kind: 'end' })
        else answer({ kind: 'piece', bytes: value, upTo })
      },
      (error: unknown) =>
        finish({
          kind: 'broken',
          fault: error instanceof EventsRemoved ? 'removed' : 'failed',
          why: error instanceof Error ? error.message : String(error),
        }),
    )
  port.on('message', (message: ToExport) => {
    switch (message.kind) {
      case 'next':
        return give()
      case 'signed':
        return signatures.shift()?.(message.signature)
      case 'stop':
        return finish('none')
    }
  })
}

/** The same bytes in pieces of at most EXPORT_PIECE_BYTES, each of which can be given away. */
async function* piecesOf(content: AsyncIterable<Uint8Array> | Iterable<string>): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  for await (const chunk of content) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    for (let at = 0; at < bytes.length; at += EXPORT_PIECE_BYTES) yield new Uint8Array(bytes.subarray(at, at + EXPORT_PIECE_BYTES))
  }
  return undefined
}

if (!isMainThread && parentPort !== null && workerData !== null && 'exporting' in (workerData as object)) {
  try {
    setPriority(NICE)
  } catch {
    // Some sandbox forbids it: then it competes with the others, and no more.
  }
  serveExport(parentPort, (workerData as { exporting: ExportOrder }).exporting)
}
