import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type StoredOrigin, openStorage } from './storage.ts'
import type { ToWriter, FromWriter } from './writer.ts'

/** The thread that owns the journal's file: a slow disk stalls this thread and never the Modbus path. */
function run(port: MessagePort, path: string, origin: StoredOrigin): void {
  const storage = openStorage(path, origin)
  const answer = (message: FromWriter): void => port.postMessage(message)
  answer({ kind: 'opened', head: storage.head() })
  port.on('message', (message: ToWriter) => {
    try {
      switch (message.kind) {
        case 'write':
          return answer({ kind: 'answer', to: message.number, value: storage.write(message.entries) })
        case 'put-state':
          storage.putState(message.key, message.value)
          return answer({ kind: 'answer', to: message.number, value: undefined })
        case 'states':
          return answer({ kind: 'answer', to: message.number, value: storage.states(message.prefix) })
        case 'read':
          return answer({ kind: 'answer', to: message.number, value: storage.read(message.after, message.limit).map((row) => row.body) })
        case 'open-operations':
          return answer({ kind: 'answer', to: message.number, value: storage.openOperations() })
        case 'close':
          storage.close()
          answer({ kind: 'answer', to: message.number, value: undefined })
          return port.close()
        default:
          message satisfies never
      }
    } catch (error) {
      answer({ kind: 'failed', to: message.number, why: error instanceof Error ? error.message : String(error) })
    }
  })
}

if (parentPort !== null) {
  const { path, origin } = workerData as { path: string; origin: StoredOrigin }
  run(parentPort, path, origin)
}
