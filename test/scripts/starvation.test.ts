import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { boundsOf, mistakesIn, rowsOf } from '../../scripts/starvation.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/starvation.md'), 'utf8')

t.test('every bound of the source has a row that says who can fill it and which test shows what is kept [CR 7.1]', (t) => {
  const bounds = boundsOf(root)
  t.ok(bounds.length > 80, `${bounds.length} bounds were found`)
  t.same(mistakesIn(page, bounds, root), [])
  t.end()
})

t.test('a bound without a row, a row without a bound, and a test that is not there are mistakes', (t) => {
  const [one = { file: '', name: '' }] = boundsOf(root)
  const known = 'test/upstream/admission.test.ts'
  const row = (test: string): string => `| \`${one.file}\` \`${one.name}\` | who | whom | what | ${test} |`
  const table: readonly (readonly [string, RegExp])[] = [
    ['', /has no row in docs\/starvation.md: say who can fill it/],
    [`${row('none: it is only a memory')}\n| \`src/a.ts\` \`MAX_B\` | a size |`, /which is not there \(any more\)/],
    [row('`test/nowhere.test.ts` "a"'), /names test\/nowhere.test.ts, which is not there/],
    [row(`\`${known}\` "no such title"`), /has no test "no such title"/],
    [row('somebody'), /must end with a test's file/],
    [`${row('none: it is only a memory')}\n${row('none: it is only a memory')}`, /two rows/],
    [`| \`${one.file}\` \`${one.name}\` | a |  |`, /has 3 cells/],
    [`| \`${one.file}\` \`${one.name}\` |  |`, /empty cell/],
  ]
  for (const [text, mistake] of table) t.match(mistakesIn(text, [one], root).join('\n'), mistake)
  t.same(mistakesIn(row('none: it is only a memory'), [one], root), [])
  t.equal(
    rowsOf(page).every(({ cells }) => cells.length === 2 || cells.length === 5),
    true,
  )
  t.end()
})
