/** A terminal's second screen, drawn anew as a whole; `end` gives the first one back. */
export function createScreen(terminal: NodeJS.WriteStream): (lines: readonly string[] | 'end') => void {
  let drawing = false
  return (lines) => {
    if (lines === 'end') {
      if (drawing) terminal.write('\x1b[?25h\x1b[?1049l')
      drawing = false
      return
    }
    if (!drawing) terminal.write('\x1b[?1049h\x1b[?25l')
    drawing = true
    const shown = lines.slice(0, terminal.rows).map((line) => `${line.slice(0, terminal.columns)}\x1b[K`)
    terminal.write(`\x1b[H${shown.join('\r\n')}\x1b[J`)
  }
}
