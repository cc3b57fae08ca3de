import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

/** A program of this folder as a process of its own, that prints the port on which it listens. */
export function started(file: string, ...args: string[]): Promise<{ readonly process: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${file} ended with ${String(code)}`)))
    child.stdout.once('data', (chunk: Buffer) => {
      child.removeAllListeners('exit')
      resolve({ process: child, port: Number(chunk.toString('utf8')) })
    })
  })
}
