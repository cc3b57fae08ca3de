import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { requirementsPage } from '../../scripts/requirements-page.ts'

t.test('the table of requirements is that of the tests', (t) => {
  const page = requirementsPage()
  t.equal(page, readFileSync(join(import.meta.dirname, '../../docs/requirements.md'), 'utf8'), 'npm run generate')
  // What this release claims of people, certificates and lists.
  for (const id of [
    'S-01',
    'S-02',
    'S-04',
    'S-05',
    'S-06',
    'S-09',
    'S-12',
    'S-13',
    'S-14',
    'S-15',
    'S-16',
    'S-17',
    'S-18',
    'S-19',
    'S-20',
    'S-21',
    'S-22',
    'S-23',
    'S-24',
    'S-34',
    'S-37',
    'S-38',
  ])
    t.match(page, new RegExp(`^\\| ${id} \\| .+`, 'm'), id)
  t.end()
})
