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
  plant(
    'admin/console/pages/x.ts',
    `import { reason } from '../../contract/index.ts'\nimport type { Scope } from '../../contract/index.ts'\n`,
  )
  plant('utils/x.ts', `export const x = 1\n`)
  plant('gateway/control/a.ts', `import { b } from '../request/b.ts'\nimport type { S } from '../access/s.ts'\n`)
  plant('gateway/request/b.ts', `import type { C } from '../site.ts'\n`)
  plant('gateway/site.ts', `import type { A } from './control/a.ts'\n`)
  plant('gateway/other/x.ts', `import { b } from '../request/b.ts'\n`)
  const { breaches } = checkLayers(src)
  t.same(checkHil(join(planted, 'hil')).breaches, ['hil/twin.ts: may not import ../src/modbus/index.ts'])
  for (const expected of [
    /policy may not import gateway/,
    /policy may not import events/,
    /decide.ts: .*Date/,
    /policy\/decide.ts is not the public interface/,
    /serve.ts: .*net/,
    /pages\/x.ts: admin\/console\/pages may not import admin\/contract$/,
    /"utils" is not in the table/,
    /gateway\/control may not import request/,
    /gateway\/control may not import types of access/,
    /sub-folder "other" of gateway is not in the table/,
    /in a circle: gateway\/control\/a.ts, gateway\/request\/b.ts, gateway\/site.ts/,
  ]) {
    t.ok(
      breaches.some((breach) => expected.test(breach)),
      String(expected),
    )
  }
  t.end()
})
