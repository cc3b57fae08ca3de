// npm links the commands of dependencies, never of the checkout itself: this makes `npx breakwall` work in a fresh clone, and
// node_modules/.bin/breakwall from anywhere, on the checkout's own Node: the machine's may be too old for TypeScript.
// No command can be debugged by a signal either: some read passphrases. Plain JavaScript: npm runs it with whatever Node installed the packages.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'

const command = `#!/bin/sh
bin=$(dirname "$(readlink -f "$0")")
exec "$bin/node" --disable-sigusr1 "$bin/../../src/main.ts" "$@"
`
if (process.platform !== 'win32') {
  mkdirSync('node_modules/.bin', { recursive: true })
  rmSync('node_modules/.bin/breakwall', { force: true })
  writeFileSync('node_modules/.bin/breakwall', command, { mode: 0o755 })
}
