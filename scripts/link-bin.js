// npm links the commands of dependencies, never of the checkout itself: this makes `npx breakwall` work in a fresh clone.
// Plain JavaScript: npm runs it with whatever Node installed the packages.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'

if (process.platform !== 'win32') {
  mkdirSync('node_modules/.bin', { recursive: true })
  rmSync('node_modules/.bin/breakwall', { force: true })
  symlinkSync('../../src/main.ts', 'node_modules/.bin/breakwall')
}
