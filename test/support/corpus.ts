import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TargetName } from './fuzz-targets.ts'

/** Inputs that the fuzzer found worth keeping: one a line, in hex, each the first of its kind of outcome. */
const folder = join(import.meta.dirname, '../corpus')
const fileOf = (target: TargetName): string => join(folder, `${target}.txt`)

export function readCorpus(target: TargetName): Uint8Array[] {
  if (!existsSync(fileOf(target))) return []
  return readFileSync(fileOf(target), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'hex'))
}

export function writeCorpus(target: TargetName, inputs: readonly Uint8Array[]): void {
  mkdirSync(folder, { recursive: true })
  const lines = inputs.map((input) => Buffer.from(input).toString('hex'))
  writeFileSync(fileOf(target), `${lines.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).join('\n')}\n`)
}
