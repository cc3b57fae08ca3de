import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { rows } from '../../support/cases.ts'

const root = join(import.meta.dirname, '../../..')

t.test('which calls hold a role to its breakers: a call without a row fails here [CR 2.1]', (t) => {
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
  const { paths } = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')) as {
    readonly paths: Readonly<Record<string, object>>
  }
  const calls = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
  const decided = rows(table)
  t.same(decided.map(({ cells }) => cells[0]).sort(), [...calls].sort(), 'each call of the API has its row')
  const sources = globSync('src/admin/api/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
  const held = sources.join('\n').match(/allowed\(request, reply, '[a-z-]+', gateway, [a-z.]+\)/g) ?? []
  t.equal(held.length, decided.filter(({ expected }) => expected === 'honours').length, 'as many calls ask for a breaker as the table says')
  t.end()
})
