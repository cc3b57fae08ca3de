import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { dirname } from 'node:path'
import { openKey } from './files.ts'
import { openQueries } from './queries.ts'
import { toRecord } from './record.ts'
import { openOrReplace } from './replace.ts'
import type { FromWriter, StoreFile, ToReader, ToWriter } from './writer.ts'

/** The thread that owns the journal's file: a slow disk stalls this thread and never the Modbus path. */
function runWriter(port: MessagePort, { path, origin, keyCredential, utcUs }: StoreFile): void {
  const key = openKey(dirname(path), keyCredential)
  // A journal that is opened without its key would be one that nobody vouches for: with the key, its states would not fit.
  if (key.kind === 'not-made') return answer(port, { ...key, kind: 'not-opened' })
  const signer = key.kind === 'key' ? key.signer : 'none'
  // Without a key that can be used checkpoints are not signed, and operations are denied: the gateway says so.
  const keyFault = key.kind === 'key' ? '' : key.why
  const storageKey = { signer, ranBefore: key.kind === 'key' ? key.ranBefore : true } as const
  const store = openedStore(port, () => openOrReplace(path, origin, storageKey, utcUs))
  if (store === 'not-opened') return
  const { storage, replaced, carried } = store
  const opened = {
    head: storage.head(),
    replaced,
    stateCheck: storage.stateCheck,
    carried,
    key: signer === 'none' ? '' : signer.fingerprint,
    publicPem: signer === 'none' ? '' : signer.publicPem,
    keyMade: key.kind === 'key' && key.made,
    keyFault,
  }
  answer(port, { kind: 'opened', opened })
  port.on('message', (message: ToWriter) =>
    attempt(port, message, () => {
      switch (message.kind) {
        case 'write':
          return storage.write(message.entries)
        case 'retain':
          return storage.retain(message.limits, message.utcUs, message.monotonicMs)
        case 'put-state':
          return storage.putState(message.key, message.value)
        case 'accept-states':
          return storage.acceptStates(message.entry)
        case 'sign':
          return signer === 'none' ? '' : signer.sign(message.text)
        case 'space':
          return storage.space()
        case 'release':
          return storage.release()
        case 'restore':
          return storage.restore()
        case 'close':
          return storage.close()
      }
    }),
  )
}

/** The thread that searches it: as slow as it likes. */
function runReader(port: MessagePort, path: string): void {
  const queries = openedStore(port, () => openQueries(path))
  if (queries === 'not-opened') return
  answer(port, { kind: 'opened' })
  port.on('message', (message: ToReader) =>
    attempt(port, message, () => {
      switch (message.kind) {
        case 'states':
          return queries.states(message.prefix)
        case 'read':
          return queries.read(message.after, message.limit)
        case 'range':
          return queries.range(message.sinceUs, message.untilUs)
        case 'query':
          return queries.query(message.wanted)
        case 'query-text':
          return JSON.stringify(queries.query(message.wanted).map(toRecord))
        case 'fold':
          return queries.fold()
        case 'open-operations':
          return queries.openOperations()
        case 'close':
          return queries.close()
      }
    }),
  )
}

/** What keeps it from opening is told with its code: that of a full disk is another matter than a second gateway. */
function openedStore<T>(port: MessagePort, open: () => T): T | 'not-opened' {
  try {
    return open()
  } catch (error) {
    answer(port, { kind: 'not-opened', why: wordsOf(error), code: codeOf(error) })
    return 'not-opened'
  }
}

const answer = (port: MessagePort, message: FromWriter): void => port.postMessage(message)
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function attempt(port: MessagePort, { number: to, kind }: ToWriter | ToReader, run: () => unknown): void {
  try {
    answer(port, { kind: 'answer', to, value: run() })
  } catch (error) {
    answer(port, { kind: 'failed', to, why: wordsOf(error), code: codeOf(error) })
  }
  if (kind === 'close') port.close()
}

if (parentPort !== null) {
  const { role, file } = workerData as { role: 'writer' | 'reader'; file: StoreFile }
  if (role === 'writer') runWriter(parentPort, file)
  else runReader(parentPort, file.path)
}
