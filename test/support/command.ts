import { spawn } from 'node:child_process'
import { type DemoPaths, breakwall } from '../../hil/demo/prepare.ts'

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** The command line as a person would call it, on a world's gateway. */
export function runCommand(paths: DemoPaths, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const running = spawn(process.execPath, [breakwall, ...args], {
      env: { ...process.env, BREAKWALL_API: paths.api },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    running.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')))
    running.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')))
    running.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
  })
}
