import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkHil, checkLayers } from '../../scripts/layers.ts'

t.test('the sources keep to the table, and the check has looked at them', (t) => {
  const { files, imports, breaches } = checkLayers(join(import.meta.dirname, '../../src'))
  t.same(breaches, [])
  t.same(checkHil(join(import.meta.dirname, '../../hil')).breaches, [])
  t.ok(files > 50 && imports > 100, `${files} files, ${imports} imports`)
  t.end()
})

t.test('planted breaches are found: an import upwards, a side door, a clock, a socket, a value in a page, an unknown room', (t) => {
  const planted = mkdtempSync(join(tmpdir(), 'breakwall-layers-'))
  const src = join(planted, 'src')
  t.teardown(() => rmSync(planted, { recursive: true, force: true }))
  const plant = (file: string, text: string): void => {
    mkdirSync(join(src, file, '..'), { recursive: true })
    writeFileSync(join(src, file), text)
  }
  plant(
    'policy/decide.ts',
    `import { serve } from '../gateway/index.ts'\nimport { event } from '../events/index.ts'\nconst now = Date.now()\n`,
  )
  plant('gateway/serve.ts', `import { decide } from '../policy/decide.ts'\nimport net from 'node:net'\n`)
  plant('../hil/twin.ts', `import { crc16 } from '../src/modbus/index.ts'\nimport type { Clock } from '../src/platform/index.ts'\n`)
  plant('admin/console/pages/x.ts', `import { reason } from '../../contract.ts'\nimport type { Scope } from '../../contract.ts'\n`)
  plant('utils/x.ts', `export const x = 1\n`)
  const { breaches } = checkLayers(src)
  t.same(checkHil(join(planted, 'hil')).breaches, ['hil/twin.ts: may not import ../src/modbus/index.ts'])
  for (const expected of [
    /policy may not import gateway/,
    /policy may not import events/,
    /decide.ts: .*Date/,
    /policy\/decide.ts is not the door/,
    /serve.ts: .*net/,
    /pages\/x.ts: admin\/console\/pages may not import admin$/,
    /"utils" is not in the table/,
  ]) {
    t.ok(
      breaches.some((breach) => expected.test(breach)),
      String(expected),
    )
  }
  t.end()
})
