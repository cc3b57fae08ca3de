import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import { figures, filesWithFigures, withFigures } from '../../scripts/figures.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

t.test('each figure that a page says of the product is the one that the project holds; a wrong one is seen', (t) => {
  for (const file of filesWithFigures) t.equal(read(file), withFigures(file, read(file)), `${file}: npm run generate`)
  for (const { file, pattern } of figures) {
    const page = read(file)
    const [whole = '', figure = ''] = pattern.exec(page) ?? []
    const wrong = page.replace(whole, whole.replace(figure, /^\d+$/.test(figure) ? '7777' : 'seventy'))
    t.not(wrong, withFigures(file, wrong), `${String(pattern)} is compared`)
    t.equal(withFigures(file, wrong), page)
    t.throws(() => withFigures(file, page.replace(whole, '')), /does not hold/)
  }
  t.end()
})

t.test('each file that a page links to is there', (t) => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...globSync('docs/**/*.md', { cwd: root })]
  for (const page of pages)
    for (const [, link = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
      t.ok(existsSync(resolve(root, dirname(page), link)), `${page}: ${link}`)
  t.end()
})
