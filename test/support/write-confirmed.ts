import { fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/** Writes each line of its input to a file and says only then that it has it; a line that does not fit leaves nothing of itself there. */
const [path = ''] = process.argv.slice(2)
let rest = ''
let file: number | undefined
process.stdout.write('OK\n')
process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) process.stdout.write(write(`${line}\n`) ? 'OK\n' : 'Error: disk full\n')
})

function write(line: string): boolean {
  file ??= openSync(path, 'a')
  const before = fstatSync(file).size
  try {
    if (writeSync(file, line) === Buffer.byteLength(line)) return true
  } catch {
    // below: nothing of it stays
  }
  ftruncateSync(file, before)
  return false
}
