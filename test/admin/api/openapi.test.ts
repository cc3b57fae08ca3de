import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { described, openApi } from '../../../src/admin/api/index.ts'
import { call } from '../../support/api.ts'
import { staffOf } from '../../support/staff.ts'
import { createWorld } from '../../support/world.ts'

const folder = join(import.meta.dirname, '../../../src/admin/api')

t.test('every call of the API is described and every description is a call; the file in docs is not stale: npm run generate', (t) => {
  const made = globSync('**/*.ts', { cwd: folder }).flatMap((file) =>
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

/** What each call with a body or a query takes along here, so that nothing but the right is missing. */
const taken: Readonly<Record<string, object>> = {
  '/v1/breakers/{name}/unlock': { scope: 'control', forSeconds: 60, reason: 'to see who may' },
  '/v1/breakers/{name}/lock': { scope: 'control', reason: 'to see who may' },
  '/v1/breakers/{name}/tags': { reason: 'to see who may' },
  '/v1/breakers/{name}/emergency-open': { reason: 'to see who may' },
  '/v1/breakers/{name}/emergency-open/confirm': { ticket: 'none', breaker: 'Q1' },
  '/v1/master-lock': { on: true, reason: 'to see who may' },
  '/v1/journal/accept-states': { reason: 'to see who may' },
  '/v1/jobs': { name: 'job', breakers: ['Q1'], reason: 'to see who may' },
  '/v1/grants': { client: 'scada-1', breaker: 'Q1', for: { kind: 'class', class: 'control' }, forSeconds: 60, reason: 'to see who may' },
  '/v1/grants/{id}': { action: 'approve' },
  '/v1/checklist': { breaker: 'Q1', item: 'display-password' },
  '/v1/vault/set': { breaker: 'Q1', level: 'operator', password: 'ab12' },
  '/v1/vault/remove': { breaker: 'Q1', level: 'operator' },
  '/v1/users': { name: 'tech', role: 'FieldTech' },
  '/v1/users/{name}': { action: 'disable' },
  '/v1/tokens': { name: 'script', scope: ['look'], days: 1 },
}
const queries: Readonly<Record<string, string>> = { '/v1/acl': '?address=127.0.0.1', '/v1/export': '?format=csv' }
const values: Readonly<Record<string, string>> = { name: 'Q1', scope: 'control', bus: 'rs485-1', id: 'G1', job: 'job' }

t.test('each call takes the right that its description says, and those without one take none [CR 2.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.start((toml) => toml.replace(/without-login = .*/, 'without-login = []'))
  const { paths } = openApi('1') as { paths: Record<string, Record<string, { description?: string }>> }
  let simple = 0
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { description = '' }] of Object.entries(methods)) {
      const right = /^Takes the right: ([a-z-]+)\.$/.exec(description)?.[1]
      // What a log-in starts, and what belongs to an account or a token, has tests of its own.
      if (right === undefined && description !== '') continue
      if (right === undefined && method === 'post') continue
      const called = path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name) + (queries[path] ?? '')
      const answered = await call(world.paths.api, called, method === 'post' ? (taken[path] ?? {}) : undefined)
      const error = (answered.value as { error?: string } | undefined)?.error ?? ''
      if (right === undefined) t.notMatch(error, /takes a log-in/, `${method} ${path}`)
      else t.match([answered.status, error], [401, `"${right}" takes a log-in`], `${method} ${path}`)
      simple += 1
    }
  t.ok(simple > 40, `${simple} calls`)
})
