import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventsPage } from './events-page.ts'

/** Writes what is derived from tables in the code; a test fails when it is stale. */
writeFileSync(join(import.meta.dirname, '../docs/events.md'), eventsPage())
