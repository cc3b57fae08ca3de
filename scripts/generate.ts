import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openApi } from '../src/admin/api/index.ts'
import { operationMatrix } from '../test/support/operation-matrix.ts'
import { shippedMatrix } from '../test/support/access-matrix.ts'
import { eventsPage, eventsSchema } from './events-page.ts'
import { filesWithFigures, withFigures } from './figures.ts'
import { siemFiles } from './siem.ts'
import { requirementsPage } from './requirements-page.ts'

/** Writes what is derived from tables in the code; a test fails when it is stale. */
writeFileSync(join(import.meta.dirname, '../docs/events.md'), eventsPage())
writeFileSync(join(import.meta.dirname, '../docs/events.schema.json'), eventsSchema())
writeFileSync(join(import.meta.dirname, '../test/golden/commands.txt'), operationMatrix())
writeFileSync(join(import.meta.dirname, '../test/golden/access.txt'), shippedMatrix())
writeFileSync(join(import.meta.dirname, '../docs/requirements.md'), requirementsPage())
writeFileSync(join(import.meta.dirname, '../docs/openapi.json'), `${JSON.stringify(openApi('1'), null, 2)}\n`)
for (const file of filesWithFigures) {
  const path = join(import.meta.dirname, '..', file)
  writeFileSync(path, withFigures(file, readFileSync(path, 'utf8')))
}
for (const [path, content] of siemFiles()) {
  const file = join(import.meta.dirname, '../config/siem', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}
