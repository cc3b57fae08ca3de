import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { described, openApi } from '../../../src/admin/api/index.ts'
import { call } from '../../support/api.ts'
import { staffOf } from '../../support/staff.ts'
import { createWorld } from '../../support/world.ts'

const folder = join(import.meta.dirname, '../../../src/admin/api')

t.test('every call of the API is described and every description is a call; the file in docs is not stale: npm run generate', (t) => {
  const made = globSync('*.ts', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/(?:app\.(get|post)|\bchange)(?:<[^(]*>)?\(\s*'(\/v1\/[^']+)'/g)].map(
      ([, method = 'post', path = '']) => `${method} ${path}`,
    ),
  )
  t.ok(made.length > 60)
  t.same([...described()].sort(), made.sort())
  const page = readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')
  t.equal(page, `${JSON.stringify(openApi('1'), null, 2)}\n`)
  t.end()
})

t.test('a refusal is a problem of RFC 9457; a change for an older version is told; a list has pages', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway } = await world.start()
  const people = await staffOf(world, gateway, { tech: 'FieldTech', mate: 'FieldTech', ana: 'Engineer' })
  const from = (path: string, headers: Record<string, string> = {}, body?: object) => call(world.paths.api, path, body, headers)
  t.match(await from('/v1/nothing'), {
    status: 404,
    type: /^application\/problem\+json/,
    value: { status: 404, title: 'Not Found', error: /there is no GET/, hint: /openapi/ },
  })
  t.match(await from('/v1/users'), { status: 401, type: /^application\/problem\+json/, value: { detail: /takes a log-in/ } })
  t.match(await from('/v1/openapi.json'), { status: 200, value: { openapi: '3.1.0' } })
  const list = async (path: string) => (await people['admin']?.(path))?.value as unknown as readonly { name: string }[]
  const all = await list('/v1/users')
  t.equal(all.length, 4)
  t.same(await list('/v1/users?limit=1&offset=2'), [all[2]])
  t.equal((await from('/v1/breakers/Q1/locks/control')).headers['etag'], '"0"')
  t.match(await from('/v1/breakers/Q1/locks/everything'), { status: 404, value: { error: /no scope "everything"/ } })
  const login = (await from('/v1/login', {}, { name: 'tech', password: 'correct horse battery' })).value as { token: string }
  const unlock = { scope: 'control', forSeconds: 60, reason: 'of the first version' }
  const first = { 'if-match': '"0"', authorization: `Bearer ${login.token}` }
  t.equal((await from('/v1/breakers/Q1/unlock', first, unlock)).status, 200)
  t.match(await from('/v1/breakers/Q1/unlock', first, unlock), { status: 409, value: { error: /somebody else was first/ } })
})
