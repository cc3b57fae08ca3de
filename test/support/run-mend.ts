import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'

/** Runs the command that a mistake ends with, as somebody would who copies it, and puts what it made in the place of the file. */
export function runMend(text: string, file: string): void {
  const command = /: ((?:openssl|sed|iconv|chmod) .*?)(?:; then|$)/.exec(text)?.[1]
  if (command === undefined) throw new Error(`no command in: ${text}`)
  execFileSync('sh', ['-c', command])
  if (command.includes(`${file}.pem`)) copyFileSync(`${file}.pem`, file)
}
