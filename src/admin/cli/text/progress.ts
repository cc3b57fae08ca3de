import type { Terminal } from '../parts.ts'

const WIDTH = 30

/** A bar on one line of a person's terminal; nothing where a program reads. */
export function progressBar(terminal: Pick<Terminal, 'interactive' | 'progress'>, what: string) {
  let last = ''
  return {
    show(done: number, of: number): void {
      if (!terminal.interactive) return
      const share = of <= 0 ? 0 : Math.min(1, done / of)
      const filled = Math.round(share * WIDTH)
      const line = `${what} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %  ${done.toLocaleString('en-GB')}`
      if (line !== last) terminal.progress(line)
      last = line
    },
    end(): void {
      if (last !== '') terminal.progress('')
    },
  }
}
