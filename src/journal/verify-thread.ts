import { extname } from 'node:path'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { judgeOf } from './signature.ts'
import { type Anchor, type Verified, type VerifyWith, verifyJournal } from './verify.ts'

export type VerifyOrder = {
  readonly path: string
  readonly anchors: readonly Anchor[]
  readonly keyPems: readonly string[]
  readonly nothingSigned: VerifyWith['nothingSigned']
}
type FromThread =
  { readonly kind: 'progress'; readonly done: number; readonly of: number } | { readonly kind: 'end'; readonly verified: Verified }

/** The walk along the chain in a thread of its own, so that a running gateway can check its journal while it serves. */
export function verifyInThread(order: VerifyOrder, progress: (done: number, of: number) => void): Promise<Verified> {
  const worker = new Worker(new URL(`./verify-thread${extname(import.meta.filename)}`, import.meta.url), { workerData: order })
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'end') resolve(message.verified)
      else progress(message.done, message.of)
    })
    worker.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))))
  })
}

if (!isMainThread && parentPort !== null && workerData !== null && 'keyPems' in (workerData as object)) {
  const port = parentPort
  const { path, anchors, keyPems, nothingSigned } = workerData as VerifyOrder
  const tell = (message: FromThread): void => port.postMessage(message)
  const verified = verifyJournal(path, {
    anchors,
    nothingSigned,
    keys: keyPems.map(judgeOf),
    progress: (done, of) => tell({ kind: 'progress', done, of }),
  })
  tell({ kind: 'end', verified })
}
