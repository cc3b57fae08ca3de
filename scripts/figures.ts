import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { breakers } from '../hil/rig/switchboard.ts'
import { pageFiles } from '../src/admin/console/index.ts'
import { catalogue } from '../src/events/index.ts'

/** One figure that a page says of the product: the text around it, with one group for the figure, and where it is from. */
export type Figure = { readonly file: string; readonly pattern: RegExp; readonly value: () => string }

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve']
const inWords = (count: number): string => words[count] ?? String(count)
const buses = (kind: string): string => inWords(new Set(breakers.map(({ bus }) => bus).filter((bus) => bus.startsWith(kind))).size)

/** The first group of a pattern in a file of the project; a pattern that finds nothing is a bug of this table. */
function found(path: string, pattern: RegExp): string {
  const group = pattern.exec(read(path))?.[1]
  if (group === undefined) throw new Error(`${path} does not hold ${String(pattern)}`)
  return group
}

/** All pages as they go over the network, to the nearest 5 kB. */
function pagesKilobytes(): string {
  const bytes = pageFiles().reduce((sum, { content }) => sum + gzipSync(content).length, 0)
  return String(Math.round(bytes / 5000) * 5)
}

/** A paragraph may be wrapped anywhere: a space of a pattern is any white space of the page. */
const wrapped = ({ source, flags }: RegExp): RegExp => new RegExp(source.replaceAll(' ', '\\s+').replaceAll('\\s+\\s+', '\\s+'), flags)

/** Every figure that README and the pages in docs say of the product and that the project itself holds. */
export const figures: readonly Figure[] = [
  { file: 'README.md', pattern: /^Node (\d+) or newer and npm/m, value: () => found('package.json', /"node": ">=(\d+)"/) },
  { file: 'README.md', pattern: /a virtual switchboard of (\w+) breakers/, value: () => inWords(breakers.length) },
  { file: 'README.md', pattern: /^Licence: (\S+?)\.$/m, value: () => found('package.json', /"license": "([^"]+)"/) },
  { file: 'docs/features.md', pattern: /^- \*\*events\*\*: (\d+) kinds/m, value: () => String(Object.keys(catalogue).length) },
  { file: 'docs/install.md', pattern: /a virtual switchboard of (\w+) devices/, value: () => inWords(breakers.length) },
  { file: 'docs/install.md', pattern: /\((\w+) serial lines with true byte timing/, value: () => buses('rs485') },
  { file: 'docs/install.md', pattern: /true byte timing, (\w+)\s+Modbus TCP interfaces/, value: () => buses('eth') },
  {
    file: 'docs/install.md',
    pattern: /takes another port than (\d+)/,
    value: () => found('hil/demo/start.ts', /port: .*default: '(\d+)'/),
  },
  {
    file: 'docs/install.md',
    pattern: /`--pages N` another than (\d+)/,
    value: () => found('hil/demo/start.ts', /pages: .*default: '(\d+)'/),
  },
  { file: 'docs/features.md', pattern: /WCAG 2\.2 AA;\s+about (\d+) kB/, value: pagesKilobytes },
  {
    file: 'docs/performance.md',
    pattern: /(\d+) seeds are part of every test run/,
    value: () => found('test/sim/seeds.test.ts', /^const SEEDS = (\d+)/m),
  },
  {
    file: 'docs/install.md',
    pattern: /for a time \((\d+) hours at most/,
    value: () => found('src/config/guard-schema.ts', /'longest-unlock': '(\d+)h'/),
  },
  {
    file: 'docs/features.md',
    pattern: /^- \*\*own unit\*\*: unit (\d+) answers/m,
    value: () => found('src/config/schema.ts', /'own-unit': .*default\((\d+)\)/),
  },
  {
    file: 'docs/cli.md',
    pattern: /usually at most (\d+) h;/,
    value: () => found('src/config/guard-schema.ts', /'longest-unlock': '(\d+)h'/),
  },
].map((figure) => ({ ...figure, pattern: wrapped(figure.pattern) }))

export const filesWithFigures: readonly string[] = [...new Set(figures.map(({ file }) => file))]

/** The text of a page with each of its figures as it is now. A page that lost one throws: the sentence went, and its row here did not. */
export function withFigures(file: string, text: string): string {
  return figures
    .filter((figure) => figure.file === file)
    .reduce((page, { pattern, value }) => {
      if (!pattern.test(page)) throw new Error(`${file} does not hold ${String(pattern)}`)
      return page.replace(pattern, (whole, figure: string) => whole.replace(figure, value()))
    }, text)
}
