import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const folder = join(import.meta.dirname, '../../../src/admin/console/pages')

t.test('every text of the pages is in the table of the other language, with the same places in it, and none is left over', async (t) => {
  const used = new Set<string>()
  for (const file of globSync('*.ts', { cwd: folder })) {
    const source = readFileSync(join(folder, file), 'utf8')
    for (const [, text = ''] of source.matchAll(/\bt\(\s*'((?:[^'\\]|\\.)*)'/g)) used.add(text)
    for (const [, one = '', other = ''] of source.matchAll(/\bt\([\w.]+ \? '([^']*)' : '([^']*)'/g)) used.add(one).add(other)
  }
  for (const [, text = ''] of readFileSync(join(folder, 'page.ts'), 'utf8').matchAll(/\btitle: '(\w+)'/g)) used.add(text)
  const { german } = (await import(join(folder, 'german.ts'))) as { german: Readonly<Record<string, string>> }
  t.ok(used.size > 300)
  t.same(
    [...used].filter((text) => german[text] === undefined),
    [],
  )
  t.same(
    Object.keys(german).filter((text) => !used.has(text)),
    [],
  )
  const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
  t.same(
    Object.entries(german).filter(([english, other]) => String(places(english)) !== String(places(other))),
    [],
  )
})

t.test('no page puts a text in as HTML, and nothing of it comes from elsewhere', (t) => {
  for (const file of globSync('*.{ts,html,css}', { cwd: folder })) {
    const source = readFileSync(join(folder, file), 'utf8')
    t.notMatch(
      source,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
      file,
    )
  }
  t.end()
})
