/** Rows of a table as a person draws it: columns by two or more spaces, `|` before the expectation, `#` for a comment. */
export function rows(table: string): { cells: string[]; expected: string; text: string }[] {
  return table
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '')
    .slice(1)
    .map((text) => {
      const [left = '', expected = ''] = text.split('|').map((part) => part.trim())
      return { cells: left.split(/ {2,}/), expected, text }
    })
}
