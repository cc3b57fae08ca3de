import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A bound of the source: an exported constant of a `limits.ts`, or one elsewhere whose name says that it is one. */
export type Bound = { readonly file: string; readonly name: string }
/** A row of docs/starvation.md. `test` is empty in the tables of what cannot be filled. */
export type Row = Bound & { readonly cells: readonly string[] }

const COLUMNS_OF_A_RESOURCE = 5
const isBoundByName = /(^|_)(MAX|MOST|PER|SLOTS|IN_ALL|IN_FLIGHT|LONGEST|WHOLE|STALLED|NAMED)(_|$)/

export function boundsOf(root: string): readonly Bound[] {
  return globSync('src/**/*.ts', { cwd: root }).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const isLimits = file.endsWith('/limits.ts')
    return [...text.matchAll(/^(export )?const ([A-Z][A-Z0-9_]*)\b/gm)]
      .filter(([, exported, name = '']) => (isLimits && exported !== undefined) || isBoundByName.test(name))
      .map(([, , name = '']) => ({ file, name }))
  })
}

export function rowsOf(page: string): readonly Row[] {
  return page.split('\n').flatMap((line) => {
    const found = /^\| `(src\/[^`]+)` `(\w+)` \|/.exec(line)
    if (found === null) return []
    const [, file = '', name = ''] = found
    return [
      {
        file,
        name,
        cells: line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      },
    ]
  })
}

/** What is wrong between the source, the table and the tests that it names; each with what to do. */
export function mistakesIn(page: string, bounds: readonly Bound[], root: string): readonly string[] {
  const rows = rowsOf(page)
  const same = (a: Bound, b: Bound): boolean => a.file === b.file && a.name === b.name
  const missing = bounds.filter((bound) => !rows.some((row) => same(row, bound)))
  const gone = rows.filter((row) => !bounds.some((bound) => same(row, bound)))
  const twice = rows.filter((row, i) => rows.findIndex((other) => same(row, other)) !== i)
  return [
    ...missing.map(
      ({ file, name }) =>
        `${name} of ${file} has no row in docs/starvation.md: say who can fill it, who is harmed, what is kept and which test shows it`,
    ),
    ...gone.map(({ file, name }) => `docs/starvation.md has a row for ${name} of ${file}, which is not there (any more)`),
    ...twice.map(({ file, name }) => `docs/starvation.md has two rows for ${name} of ${file}`),
    ...rows.flatMap((row) => mistakesOfRow(row, root)),
  ]
}

function mistakesOfRow({ name, cells }: Row, root: string): string[] {
  const empty = cells.some((cell) => cell === '') ? [`the row of ${name} has an empty cell`] : []
  if (cells.length === 2) return empty
  if (cells.length !== COLUMNS_OF_A_RESOURCE) return [`the row of ${name} has ${cells.length} cells, not 2 or ${COLUMNS_OF_A_RESOURCE}`]
  const shown = cells.at(-1) ?? ''
  if (/^none: .{10}/.test(shown)) return empty
  const [, test, title] = /^`(test\/[^`]+)` "([^"]+)"$/.exec(shown) ?? []
  if (test === undefined || title === undefined)
    return [...empty, `the row of ${name} must end with a test's file and "title", or "none: why"`]
  if (!existsSync(join(root, test))) return [...empty, `the row of ${name} names ${test}, which is not there`]
  return readFileSync(join(root, test), 'utf8').includes(title) ? empty : [...empty, `${test} has no test "${title}" (row of ${name})`]
}
