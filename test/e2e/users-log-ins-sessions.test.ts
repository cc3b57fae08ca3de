import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { openssl, skipWithoutOpenssl } from '../support/openssl.ts'
import { totpCode } from '../support/people.ts'
import { type World, createWorld } from '../support/world.ts'

const PASSWORD = 'correct horse battery'
const me = userInfo().username
type Said = { readonly status: number; readonly value: Record<string, unknown> }

function call(socketPath: string, path: string, body: object | 'GET' = 'GET', headers: Record<string, string> = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, path, method: body === 'GET' ? 'GET' : 'POST', headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
        response.on('end', () => {
          const json = (response.headers['content-type'] ?? '').includes('json')
          resolve({ status: response.statusCode ?? 0, value: (json ? JSON.parse(text) : { text }) as Record<string, unknown> })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body === 'GET' ? '' : JSON.stringify(body))
  })
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A gateway with its usual rights for users of the machine, an administrator, and a user of each other role. */
async function site(t: { teardown(run: () => unknown): void }, more = '') {
  const world: World = await createWorld()
  t.teardown(() => world.close())
  const { gateway } = await world.start((toml) =>
    toml.replace(/\n\[people\]\nwithout-login = .*\n/, `\n[people]\nsession-life = "1h"\n${more}`),
  )
  const api = (path: string, body: object | 'GET' = 'GET', headers: Record<string, string> = {}) =>
    call(world.paths.api, path, body, headers)
  const code = gateway.people.accounts.newSetUpCode()
  const setUp = await api('/v1/setup', { code, name: 'root-admin', password: PASSWORD })
  const token = async (name: string, password = PASSWORD): Promise<string> =>
    String((await api('/v1/login', { name, password })).value['token'])
  const admin = setUp.status === 200 ? await token('root-admin') : ''
  const add = async (name: string, role: string): Promise<string> => {
    const { value } = await api('/v1/users', { name, role }, bearer(admin))
    const first = await token(name, String(value['password']))
    await api('/v1/me/password', { old: value['password'], fresh: PASSWORD }, bearer(first))
    return first
  }
  return { world, gateway, api, admin, add, token }
}

t.test('what each role may do with the gateway is what its row says, and every refusal is an event [S-04] [S-05] [CR 2.1]', async (t) => {
  const { world, api, admin, add, gateway, token } = await site(t)
  const tokens: Record<string, string> = { SecurityAdmin: admin }
  for (const role of ['Engineer', 'Operator', 'FieldTech', 'Auditor', 'Viewer']) tokens[role] = await add(`a-${role}`, role)
  const lock = { scope: 'control', reason: 'table of rights' }
  const { value: fresh } = await api('/v1/users', { name: 'newcomer', role: 'FieldTech' }, bearer(admin))
  const first = bearer(await token('newcomer', String(fresh['password'])))
  t.match((await api('/v1/me', 'GET', first)).value, { pending: 'change-password', may: [] }, 'nothing before the password is changed')
  t.equal((await api('/v1/status', 'GET', first)).status, 403)
  const calls: readonly (readonly [string, string, object | 'GET', string])[] = [
    ['status', '/v1/status', 'GET', 'SecurityAdmin Engineer Operator FieldTech Auditor Viewer system'],
    ['events', '/v1/events', 'GET', 'SecurityAdmin Engineer Operator FieldTech Auditor system'],
    ['lock', '/v1/breakers/Q1/lock', lock, 'SecurityAdmin Engineer Operator FieldTech system'],
    ['unlock', '/v1/breakers/Q1/unlock', { ...lock, forSeconds: 5 }, 'FieldTech'],
    ['vault', '/v1/vault/set', { breaker: 'Q1', level: 'engineer', password: 'aB3d' }, 'SecurityAdmin Engineer'],
    ['reload', '/v1/reload', {}, 'SecurityAdmin'],
    ['users', '/v1/users', 'GET', 'SecurityAdmin'],
    ['tokens', '/v1/tokens', 'GET', 'SecurityAdmin'],
  ]
  for (const [what, path, body, who] of calls) {
    for (const role of [...Object.keys(tokens), 'system', 'nobody']) {
      const headers = role === 'system' ? {} : bearer(role === 'nobody' ? 'no-such-token' : (tokens[role] ?? ''))
      // The same password twice is refused: its age would be renewed.
      const sent = what === 'vault' && body !== 'GET' ? { ...body, password: role.slice(0, 4) } : body
      const { status } = await api(path, sent, headers)
      const may = who.split(' ').includes(role)
      t.equal(status, may ? 200 : role === 'system' || role === 'nobody' ? 401 : 403, `${role} ${what}`)
      const { value: me } = await api('/v1/me', 'GET', headers)
      const right = { status: 'look', reload: 'configuration', tokens: 'users' }[what] ?? what
      t.equal(Array.isArray(me['may']) && me['may'].includes(right), may, `whoami of ${role} says of ${right} what is so`)
    }
  }
  t.match(await world.heard(({ id, data }) => id === 'privilege-denied' && data['subject'] === 'a-Viewer'), {
    data: { operation: 'events' },
  })
  t.match(await world.heard(({ id, data }) => id === 'unlocked' && data['subject'] === 'a-FieldTech'), { data: { breaker: 'Q1' } })
  t.match((await api('/v1/breakers/Q1/unlock', { ...lock, forSeconds: 5 })).value, {
    error: /"unlock" takes a log-in/,
    hint: 'breakwall login',
  })
  t.equal(gateway.people.sessions().length, 7)
})

t.test('a role for a group of breakers unlocks those only; no role both administers and operates [S-04] [CR 2.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway } = await world.start((toml) =>
    toml
      .replace('[roles.FieldTech]\nmay = ["monitor"]', '[roles.FieldTech]\nmay = ["monitor"]\nbreakers = ["feeders", "Q4"]')
      .replace('name = "Q1"\n', 'name = "Q1"\ngroup = "feeders"\n'),
  )
  const { accounts, login } = gateway.people
  await accounts.setUp(accounts.newSetUpCode(), 'root-admin', PASSWORD, 'here')
  const created = await accounts.create('tech', 'FieldTech', { name: 'test', source: 'here' })
  if (created.kind === 'refused') throw new Error(created.why)
  const first = await login.byPassword('tech', created.password, { source: `local ${me}`, via: 'command-line', systemUser: me })
  if (first.kind !== 'logged-in') throw new Error(first.kind)
  await gateway.people.changePassword(first.session, created.password, PASSWORD)
  for (const [name, status] of [
    ['Q1', 200],
    ['Q4', 200],
    ['Q2', 403],
  ] as const)
    t.equal(
      (
        await call(
          world.paths.api,
          `/v1/breakers/${name}/unlock`,
          { scope: 'control', forSeconds: 5, reason: 'group test' },
          bearer(first.token),
        )
      ).status,
      status,
      name,
    )
  await t.rejects(
    world.start((toml) => toml.replace('[roles.SecurityAdmin]\nmay = []', '[roles.SecurityAdmin]\nmay = ["control"]')),
    /administers \(users\) and operates \(control\): who gives rights must not use them/,
  )
})

t.test(
  'only the pages say where a browser is, a session of the command line is its user’s, and a PIN is for the panel [S-24] [CR 3.8]',
  async (t) => {
    const { world, api, admin, gateway } = await site(t)
    t.match(await api('/v1/status', 'GET', { 'x-breakwall-from': '10.0.0.1' }), { status: 401 }, 'nobody but the pages')
    t.match(await api('/v1/login', { name: 'root-admin', password: PASSWORD }, { 'x-breakwall-from': '10.0.0.1' }), { status: 403 })
    t.match(await api('/v1/login/pin', { name: 'root-admin', pin: '739154' }), {
      status: 403,
      value: { error: /on the panel of this gateway only/ },
    })
    const elsewhere = await gateway.people.login.byPassword('root-admin', PASSWORD, {
      source: 'local other',
      via: 'command-line',
      systemUser: 'other',
    })
    if (elsewhere.kind !== 'logged-in') throw new Error(elsewhere.kind)
    t.match((await api('/v1/users', 'GET', bearer(elsewhere.token))).value, {
      error: 'this session belongs to another user of this machine',
    })
    t.equal((await api('/v1/users', 'GET', bearer(admin))).status, 200)
    for (const path of ['/v1/me', '/v1/users', '/v1/sessions', '/v1/tokens', '/v1/banner']) {
      const text = JSON.stringify((await api(path, 'GET', bearer(admin))).value)
      for (const secret of ['argon2', PASSWORD, admin]) t.notOk(text.includes(secret), `${path} holds no secret`)
    }
    t.notOk(JSON.stringify(world.received).includes(PASSWORD), 'nor does any event [S-12] [S-18]')
  },
)

t.test(
  'a program enrols by its token, in the manner of EST; openssl takes what comes back [CR 1.9]',
  { skip: skipWithoutOpenssl },
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { port, gateway } = await world.start((toml) => `${toml}\n[authority]\ndirectory = "pki"\n`)
    const { accounts, services } = gateway.people
    await accounts.setUp(accounts.newSetUpCode(), 'root-admin', PASSWORD, 'here')
    const made = await services.create('hmi-7', [], 'Viewer', 30, { name: 'root-admin', source: 'here' })
    if (made.kind === 'refused') throw new Error(made.why)
    const at = (name: string): string => join(world.paths.pki, name)
    openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      at('hmi.key'),
      '-subj',
      '/CN=somebody else',
      '-out',
      at('hmi.csr'),
    )
    const pkcs10 = readFileSync(at('hmi.csr'), 'utf8').replace(/-----[^-]+-----/g, '')
    const enrol = (token: string) =>
      new Promise<{ status: number; text: string }>((resolve) => {
        const sent = request(
          {
            socketPath: world.paths.api,
            path: '/v1/est/simpleenroll',
            method: 'POST',
            headers: { 'content-type': 'application/pkcs10', ...bearer(token) },
          },
          (response) => {
            let text = ''
            response.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
            response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
          },
        )
        sent.end(pkcs10)
      })
    t.equal((await enrol('bws_wrong')).status, 401)
    const { status, text } = await enrol(made.token)
    t.equal(status, 200, text)
    writeFileSync(at('hmi.p7'), `-----BEGIN PKCS7-----\n${text.replace(/\r/g, '').trim()}\n-----END PKCS7-----\n`)
    writeFileSync(at('hmi.crt'), openssl('pkcs7', '-in', at('hmi.p7'), '-print_certs'))
    t.match(openssl('verify', '-CAfile', at('site-ca.crt'), at('hmi.crt')), /OK/)
    t.match(
      openssl('x509', '-in', at('hmi.crt'), '-noout', '-subject'),
      /CN = hmi-7/,
      'the name is that of the token, whatever the request says',
    )
    const scada = await world.scada(port, 'hmi')
    scada.setID(4)
    t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, 'and the gateway takes it')
    scada.close(() => undefined)
    t.match(await world.heard(({ id }) => id === 'certificate-enrolled'), { data: { user: 'hmi-7', role: 'Viewer' } })

    const together = await Promise.all(Array.from({ length: 5 }, () => enrol(made.token)))
    const worked = together.filter((one) => one.status === 200).length
    const { issued } = JSON.parse(readFileSync(at('authority.json'), 'utf8')) as { issued: { name: string }[] }
    t.equal(issued.filter(({ name }) => name === 'hmi-7').length, 1 + worked, 'none of those that come together is lost to the register')
    t.equal(worked, 5)
  },
)

t.test('a person at the command line sets up, logs in, works and logs out [S-18] [S-21]', async (t) => {
  const { world, gateway, api } = await site(t)
  const home = mkdtempSync(join(tmpdir(), 'breakwall-home-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const cli = (args: readonly string[], input = '', env: Record<string, string> = {}) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const child = spawn(process.execPath, [breakwall, ...args, '--api', world.paths.api], { env: { ...process.env, HOME: home, ...env } })
      let out = ''
      let err = ''
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')))
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
      child.on('close', (code) => resolve({ code: code ?? 1, out, err }))
    })
  t.match(await cli(['whoami']), { out: /a user of this machine, without a log-in\nmay: look, events, lock/ })
  t.match(await cli(['unlock', 'Q1', '--for', '5m', '--reason', 'WO-1']), {
    code: 1,
    err: /"unlock" takes a log-in\nbreakwall: hint: breakwall login/,
  })
  t.match(await cli(['login', 'root-admin'], 'wrong password here'), { code: 1, err: /the name or the password is wrong/ })
  t.match(await cli(['login', 'root-admin'], PASSWORD), { code: 0, out: /logged in: root-admin, SecurityAdmin/ })
  const kept = join(home, '.cache/breakwall')
  t.equal(statSync(kept).mode & 0o777, 0o700)
  t.match(await cli(['user', 'list']), { out: /root-admin +SecurityAdmin +active/ })
  const added = await cli(['user', 'add', 'tech', '--role', 'FieldTech'])
  const first = /first password: (\S+)/.exec(added.out)?.[1] ?? ''
  t.match(added, { code: 0, out: /must be changed at the first log-in/ })
  t.match(
    await cli(['unlock', 'Q1', '--for', '5m', '--reason', 'WO-1']),
    { code: 1, err: /does not have the right to "unlock" on Q1/ },
    'who administers does not operate',
  )
  t.match(await cli(['token', 'add', 'backup', '--may', 'look', 'events']), { out: /^bws_\S{43}\nshown this once/ })
  const token = /bws_\S+/.exec((await cli(['token', 'add', 'monitor', '--may', 'look'])).out)?.[0] ?? ''
  t.match(await cli(['status'], '', { BREAKWALL_TOKEN: token }), { code: 0 })
  t.match(await cli(['events'], '', { BREAKWALL_TOKEN: token }), { code: 1, err: /the token of monitor is not for "events"/ })
  t.match(await cli(['session', 'list']), { out: /root-admin +command-line +local/ })
  t.match(await cli(['logout']), { out: /logged out/ })
  t.match(await cli(['user', 'list']), { code: 1, err: /takes a log-in/ })

  t.match(await cli(['login', 'tech'], first), { out: /the password must be changed first: breakwall password/ })
  t.match(await cli(['unlock', 'Q1', '--for', '5m', '--reason', 'WO-1']), { code: 1, err: /the password must be changed first/ })
  const old = join(home, 'old')
  const fresh = join(home, 'fresh')
  writeFileSync(old, first)
  writeFileSync(fresh, 'Tech-password-123')
  t.match(await cli(['password', '--old-file', old, '--password-file', fresh]), { code: 1, err: /name of its user is in it/ })
  writeFileSync(fresh, PASSWORD)
  t.match(await cli(['password', '--old-file', old, '--password-file', fresh]), { code: 0, out: /changed/ })
  t.match(await cli(['unlock', 'Q1', '--for', '5m', '--reason', 'WO-1']), { code: 0, out: /unlocked: Q1 control until .* by tech/ })
  t.match(await cli(['access']), { out: /control +unlocked +- / })
  t.match(await cli(['acl', 'test', '127.0.0.1']), {
    code: 0,
    out: /127\.0\.0\.1 on listener scada: control, by 127\.0\.0\.1 \(line \d+\)/,
  })
  t.match(await cli(['cert', 'list', '--dir', world.paths.pki]), { out: /scada-1 +Operator/ })

  const started = await gateway.people.login.byPassword('tech', PASSWORD, { source: `local ${me}`, via: 'command-line', systemUser: me })
  if (started.kind !== 'logged-in') throw new Error(started.kind)
  const { value } = await api('/v1/me/totp', {}, bearer(started.token))
  const code = totpCode(String(value['secret']), Date.now())
  t.equal((await api('/v1/me/totp/confirm', { code }, bearer(started.token))).status, 200)
  t.match((await api('/v1/login', { name: 'tech', password: PASSWORD })).value, { kind: 'second-factor', methods: ['code'] })
})
