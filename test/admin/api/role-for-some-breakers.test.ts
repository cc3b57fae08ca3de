import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { call } from '../../support/api-call.ts'
import { rows } from '../../support/cases.ts'
import { type Running, createWorld } from '../../support/world.ts'

const root = join(import.meta.dirname, '../../..')

// `does not`: a role with breakers = ["Q1"] reaches others by it (issue 20). `no breaker`: it concerns none.
const table = `
  call | held
  get /v1/openapi.json | no breaker
  get /v1/status | does not
  get /v1/live | does not
  get /v1/metrics | does not
  get /v1/buses | does not
  post /v1/buses/services | does not
  get /v1/buses/{bus}/capture | does not
  get /v1/breakers/{name} | does not
  get /v1/breakers/{name}/locks/{scope} | does not
  post /v1/breakers/{name}/unlock | honours
  post /v1/breakers/{name}/lock | honours
  post /v1/breakers/{name}/tags | honours
  post /v1/breakers/{name}/emergency-open | honours
  post /v1/breakers/{name}/emergency-open/confirm | honours
  post /v1/master-lock | does not
  get /v1/tags | does not
  post /v1/tags/{id} | does not
  get /v1/jobs | does not
  post /v1/jobs | does not
  post /v1/jobs/{job}/end | does not
  get /v1/grants | does not
  post /v1/grants | honours
  get /v1/grants/{id} | does not
  post /v1/grants/{id} | honours
  get /v1/learned | does not
  get /v1/access | does not
  get /v1/acl | does not
  get /v1/certificates | no breaker
  get /v1/settings | no breaker
  post /v1/reload | no breaker
  get /v1/checklist | does not
  post /v1/checklist | honours
  get /v1/report | does not
  get /v1/vault | does not
  post /v1/vault/set | does not
  post /v1/vault/remove | does not
  post /v1/vault/rotate | does not
  get /v1/events | does not
  get /v1/export | does not
  get /v1/export/running | no breaker
  post /v1/journal/accept-states | no breaker
  post /v1/journal/verify | no breaker
  get /v1/sinks | no breaker
  post /v1/sinks/{name}/test | no breaker
  get /v1/banner | no breaker
  post /v1/setup | no breaker
  post /v1/login | no breaker
  post /v1/login/pin | no breaker
  post /v1/login/code | no breaker
  post /v1/login/passkey-options | no breaker
  post /v1/login/passkey | no breaker
  post /v1/logout | no breaker
  get /v1/me | no breaker
  post /v1/me/password | no breaker
  post /v1/me/pin | no breaker
  post /v1/me/totp | no breaker
  post /v1/me/totp/confirm | no breaker
  post /v1/me/passkeys/options | no breaker
  post /v1/me/passkeys | no breaker
  post /v1/me/factors/remove | no breaker
  get /v1/sessions | no breaker
  post /v1/sessions/{id}/end | no breaker
  get /v1/users | no breaker
  post /v1/users | no breaker
  post /v1/users/{name} | no breaker
  get /v1/tokens | no breaker
  post /v1/tokens | no breaker
  post /v1/tokens/{name}/remove | no breaker
  get /v1/est/cacerts | no breaker
  post /v1/est/simpleenroll | no breaker
`

t.test('which calls hold a role to its breakers: a call without a row fails here [CR 2.1]', (t) => {
  const { paths } = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')) as {
    readonly paths: Readonly<Record<string, object>>
  }
  const calls = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
  const decided = rows(table)
  t.same(decided.map(({ cells }) => cells[0]).sort(), [...calls].sort(), 'each call of the API has its row')
  const sources = globSync('src/admin/api/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
  const held = sources.join('\n').match(/allowed\(request, reply, '[a-z-]+', gateway, [a-z.]+\)/g) ?? []
  t.equal(held.length, decided.filter(({ expected }) => expected === 'honours').length, 'as many calls ask for a breaker as the table says')
  t.end()
})

const PASSWORD = 'correct horse battery'
const manage = ['look', 'events', 'lock', 'unlock', 'tag', 'remove-tag', 'master-lock', 'ask-grant', 'approve-grant', 'emergency-open']
const half = `[roles.Half]\nmay = ["monitor"]\nmanage = ${JSON.stringify([...manage, 'capture', 'vault'])}\nbreakers = ["Q1"]\n`

/** What is there of each of the two breakers: a tag, a job and a request for a grant. */
async function prepare({ gateway }: Running, breaker: string) {
  const by = 'root-admin'
  const tag = gateway.tags.freshId()
  await gateway.tags.act({
    kind: 'hang',
    id: tag,
    on: { kind: 'breaker', breaker },
    by,
    reason: `seal change of ${breaker}`,
    workOrder: '',
  })
  await gateway.tags.act({ kind: 'start-job', job: `job-${breaker}`, breakers: [breaker], by, reason: 'cleaning', workOrder: '' })
  const what = { client: 'scada-1', breaker, for: { kind: 'class', class: 'control' }, uses: 1 } as const
  const asked = await gateway.grants.ask({ ...what, startsMs: 0, lengthMs: 600_000, reason: 'test', workOrder: '' }, by)
  if (asked.kind !== 'done') throw new Error(`no grant: ${asked.kind}`)
  return { breaker, tag, job: `job-${breaker}`, grant: asked.grant.id, item: '' }
}
type There = Awaited<ReturnType<typeof prepare>>

const why = { reason: 'test of rows', workOrder: '' }
/** The path and the body of a call that is about one breaker. */
const aboutOne: Readonly<Record<string, (there: There) => readonly [path: string, body: object | 'GET']>> = {
  'get /v1/breakers/{name}': ({ breaker }) => [`/v1/breakers/${breaker}`, 'GET'],
  'get /v1/breakers/{name}/locks/{scope}': ({ breaker }) => [`/v1/breakers/${breaker}/locks/control`, 'GET'],
  'post /v1/breakers/{name}/unlock': ({ breaker }) => [`/v1/breakers/${breaker}/unlock`, { ...why, scope: 'control', forSeconds: 60 }],
  'post /v1/breakers/{name}/lock': ({ breaker }) => [`/v1/breakers/${breaker}/lock`, { scope: 'control', reason: 'row' }],
  'post /v1/breakers/{name}/tags': ({ breaker }) => [`/v1/breakers/${breaker}/tags`, why],
  'post /v1/breakers/{name}/emergency-open': ({ breaker }) => [`/v1/breakers/${breaker}/emergency-open`, { reason: 'row' }],
  'post /v1/breakers/{name}/emergency-open/confirm': ({ breaker }) => [
    `/v1/breakers/${breaker}/emergency-open/confirm`,
    { ticket: 'none', breaker },
  ],
  'post /v1/tags/{id}': ({ tag }) => [`/v1/tags/${tag}`, { action: 'ask-removal', reason: 'row' }],
  'post /v1/jobs': ({ breaker }) => ['/v1/jobs', { ...why, name: `new-${breaker}`, breakers: [breaker] }],
  'post /v1/jobs/{job}/end': ({ job }) => [`/v1/jobs/${job}/end`, {}],
  'post /v1/grants': ({ breaker }) => [
    '/v1/grants',
    { ...why, client: 'scada-1', breaker, for: { kind: 'class', class: 'control' }, forSeconds: 600 },
  ],
  'get /v1/grants/{id}': ({ grant }) => [`/v1/grants/${grant}`, 'GET'],
  'post /v1/grants/{id}': ({ grant }) => [`/v1/grants/${grant}`, { action: 'refuse', version: 0, reason: 'row' }],
  'post /v1/checklist': ({ breaker, item }) => ['/v1/checklist', { breaker, item, note: '' }],
  'post /v1/vault/set': ({ breaker }) => ['/v1/vault/set', { breaker, level: 'engineer', password: 'aB3d' }],
  'post /v1/vault/remove': ({ breaker }) => ['/v1/vault/remove', { breaker, level: 'engineer' }],
}
/** Calls that answer for all breakers: what they say of Q3. */
const aboutAll = [
  '/v1/status',
  '/v1/metrics',
  '/v1/buses',
  '/v1/tags',
  '/v1/jobs',
  '/v1/grants',
  '/v1/checklist',
  '/v1/report',
  '/v1/vault',
  '/v1/events',
  '/v1/export?format=csv',
]
/** Calls that act on the breakers of others with those of the role. */
const forTheSite: Readonly<Record<string, object>> = { '/v1/master-lock': { on: true, reason: 'row' }, '/v1/vault/rotate': {} }
/** Streams, bus by bus, or without a breaker in what they answer here: their rows are held by the other test alone. */
const notDriven = [
  'get /v1/live',
  'post /v1/buses/services',
  'get /v1/buses/{bus}/capture',
  'get /v1/learned',
  'get /v1/access',
  'get /v1/acl',
]

t.test('each row is what the API does for a role with breakers = ["Q1"], asked for Q1 and for Q3 [CR 2.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const running = await world.start((toml) => toml.replace('[roles.Operator]', `${half}\n[roles.Operator]`))
  const api = (path: string, body: object | 'GET', token = '') =>
    call(world.paths.api, path, body, token === '' ? {} : { authorization: `Bearer ${token}` })
  const said = (answer: { readonly value: Record<string, unknown> }, key: string): string => String(answer.value[key])
  await api('/v1/setup', { code: running.gateway.people.accounts.newSetUpCode(), name: 'root-admin', password: PASSWORD })
  const admin = said(await api('/v1/login', { name: 'root-admin', password: PASSWORD }), 'token')
  const first = said(await api('/v1/users', { name: 'ana', role: 'Half' }, admin), 'password')
  const token = said(await api('/v1/login', { name: 'ana', password: first }), 'token')
  await api('/v1/me/password', { old: first, fresh: PASSWORD }, token)
  const list = (await api('/v1/checklist', 'GET', token)).value as unknown as readonly { breaker: string; item: string }[]
  const [own, other] = await Promise.all(
    ['Q1', 'Q3'].map(async (name) => ({
      ...(await prepare(running, name)),
      item: list.find(({ breaker }) => breaker === name)?.item ?? '',
    })),
  )
  if (own === undefined || other === undefined) throw new Error('two were prepared')
  const decided = new Map(rows(table).map(({ cells, expected }) => [cells[0] ?? '', expected]))
  const refused = (status: number): boolean => status === 403 || status === 404
  for (const [what, asked] of Object.entries(aboutOne)) {
    const forOther = await api(...asked(other), token)
    const forOwn = await api(...asked(own), token)
    if (refused(forOwn.status)) t.fail(`${what} for its own breaker: ${forOwn.status} ${JSON.stringify(forOwn.value)}`)
    t.equal(refused(forOther.status) ? 'honours' : 'does not', decided.get(what), `${what}: ${forOther.status}`)
  }
  for (const path of aboutAll) {
    const { status, value } = await api(path, 'GET', token)
    t.equal(status, 200, path)
    t.equal(/\bQ3\b/.test(JSON.stringify(value)) ? 'does not' : 'honours', decided.get(`get ${path.split('?')[0] ?? ''}`), path)
  }
  for (const [path, body] of Object.entries(forTheSite))
    t.equal(refused((await api(path, body, token)).status) ? 'honours' : 'does not', decided.get(`post ${path}`), path)
  const looked = [
    ...Object.keys(forTheSite).map((path) => `post ${path}`),
    ...Object.keys(aboutOne),
    ...aboutAll.map((path) => `get ${path.split('?')[0] ?? ''}`),
    ...notDriven,
  ]
  t.same(looked.sort(), [...decided].flatMap(([what, held]) => (held === 'no breaker' ? [] : [what])).sort(), 'no row is left out')
})
