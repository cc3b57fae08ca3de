import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { requirementsPage, requirementsShown } from '../../scripts/requirements-page.ts'
import { demanded, withoutTest } from '../../scripts/requirements.ts'

t.test('the table of requirements is that of the tests', (t) => {
  t.equal(requirementsPage(), readFileSync(join(import.meta.dirname, '../../docs/requirements.md'), 'utf8'), 'npm run generate')
  t.end()
})

t.test('a title with a value in it is readable in the table', (t) => {
  t.notMatch(requirementsPage(), /\$\{/)
  t.end()
})

t.test('each requirement has a test that shows it, or the reason why there is none, and not both', (t) => {
  const shown = requirementsShown()
  for (const id of demanded) t.not(shown.has(id), id in withoutTest, id)
  for (const id of Object.keys(withoutTest)) t.ok(demanded.includes(id), `${id} is a requirement`)
  // Above SL 2, and shown all the same.
  const more = [...shown.keys()].filter((id) => !demanded.includes(id))
  t.same(more.sort(), ['CR 1.1 RE 2', 'CR 2.1 RE 3', 'CR 2.1 RE 4', 'CR 2.7', 'CR 6.1 RE 1'], 'an id that is no row is a mistake')
  t.end()
})
