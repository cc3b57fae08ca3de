import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { startBrowser, withAuthenticator } from '../support/browser.ts'
import { PASSWORD, pagesOf, picture } from '../support/pages.ts'
import type { World } from '../support/world.ts'

type Said = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string }
const ask = (world: World, port: number, path: string, method = 'GET', headers: Record<string, string> = {}, body = ''): Promise<Said> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        ca: readFileSync(join(world.paths.pki, 'site-ca.crt')),
        servername: 'localhost',
        headers: { host: `localhost:${port}`, ...headers },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

t.test('the pages keep other pages out, and say nothing before a log-in [S-12] [S-33] [CR 3.8] [NDR 2.4]', async (t) => {
  const { world, port } = await pagesOf(t)
  const origin = { origin: `https://localhost:${port}`, 'content-type': 'application/json' }
  const login = JSON.stringify({ name: 'root-admin', password: PASSWORD })
  const home = await ask(world, port, '/')
  t.equal(home.status, 200)
  t.match(home.headers, {
    'content-security-policy': /default-src 'none'; script-src 'self'.*frame-ancestors 'none'/,
    'strict-transport-security': /max-age/,
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
  })
  t.notMatch(home.text + JSON.stringify(home.headers), /\d+\.\d+\.\d+|fastify|node/i, 'no version, no maker')
  t.notMatch(home.text, /<script(?! type="module" src)|style=|onclick/, 'nothing inline')
  t.equal((await ask(world, port, '/', 'GET', { host: 'evil.example' })).status, 421, 'another name')
  t.equal((await ask(world, port, '/api/login', 'POST', { ...origin, origin: 'https://evil.example' }, login)).status, 403, 'another page')
  t.equal((await ask(world, port, '/api/login', 'POST', { 'content-type': 'application/json' }, login)).status, 403, 'no page')
  t.equal(
    (await ask(world, port, '/api/login', 'POST', { ...origin, 'content-type': 'text/plain' }, login)).status,
    415,
    'a form of another page',
  )
  for (const path of [
    '/api/metrics',
    '/api/buses',
    '/api/events',
    '/api/buses/rs485-1/capture',
    '/api/live?breaker=Q1&x=(',
    '/api/export?format=csv&x=(',
    '/api/../v1/users',
    '/api/me/../users',
    '/v1/users',
    '/page.ts',
    '/../package.json',
  ])
    t.equal((await ask(world, port, path)).status, 404, path)
  for (const path of ['/api/status', '/api/users', '/api/live', '/api/report', '/api/breakers/Q1', '/api/settings', '/api/grants'])
    t.equal((await ask(world, port, path)).status, 401, `${path} is for who is logged in`)
  t.match(
    JSON.parse((await ask(world, port, '/api/me')).text),
    { kind: 'nobody' },
    'a browser has none of the rights of the machine’s users',
  )
  const said = await ask(world, port, '/api/login', 'POST', origin, login)
  t.equal(said.status, 200)
  const [cookie = ''] = said.headers['set-cookie'] ?? []
  for (const part of [/^__Host-breakwall=[\w-]{43};/, /Path=\//, /HttpOnly/, /Secure/, /SameSite=Strict/]) t.match(cookie, part)
  t.notMatch(cookie, /Domain/)
  t.notOk(said.text.includes('token'), 'no script sees the token')
  const kept = { cookie: cookie.split(';')[0] ?? '' }
  t.match(JSON.parse((await ask(world, port, '/api/me', 'GET', kept)).text), { kind: 'person', name: 'root-admin' })
  t.match(await world.heard(({ id }) => id === 'login-succeeded'), { data: { via: 'console', source: '127.0.0.1' } })
  const big = await ask(world, port, '/api/login', 'POST', origin, JSON.stringify({ name: 'x', password: 'y'.repeat(40_000) }))
  t.equal(big.status, 413)
  t.equal((await ask(world, port, '/api/logout', 'POST', { ...origin, ...kept }, '{}')).status, 200)
  t.match(JSON.parse((await ask(world, port, '/api/me', 'GET', kept)).text), { kind: 'nobody', why: 'the session has ended' })
})

t.test('a browser logs in, makes a passkey and comes in with it; on a phone and on a desk [S-18] [S-23] [CR 1.1 RE 2]', async (t) => {
  const { world, gateway, port } = await pagesOf(t, { people: 'second-factor = ["SecurityAdmin"]\n' })
  const browser = await startBrowser(join(world.paths.pki, 'console.crt'))
  t.teardown(() => browser.close())
  for (const [size, viewport] of [
    ['phone', { width: 390, height: 844 }],
    ['desk', { width: 1280, height: 800 }],
  ] as const) {
    const context = await browser.newContext({ viewport })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
    })
    const shot = (name: string): Promise<void> => picture(page, `${name}-${size}`)
    await withAuthenticator(page)
    await page.goto(`https://localhost:${port}/account`)
    const logIn = async (password: string): Promise<void> => {
      await page.getByLabel('Name').fill('root-admin')
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Log in' }).click()
    }
    t.equal(await page.getByLabel('Password').getAttribute('type'), 'password')
    await logIn('wrong password here')
    await page.getByRole('status').filter({ hasText: 'the name or the password is wrong' }).waitFor()
    await shot('1-wrong')
    await logIn(PASSWORD)
    await page.getByText('Your role needs a second factor').waitFor()
    await shot('2-factor')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('heading', { name: 'root-admin' }).waitFor()
    await shot('3-account')
    t.equal(gateway.people.accounts.list()[0]?.passkeys.length, 1)
    await page.goto(`https://localhost:${port}/events`)
    await page.locator('#events li', { hasText: 'logged in as SecurityAdmin' }).first().waitFor()
    await page.getByLabel('Severity').selectOption('warning')
    await page.locator('#events li', { hasText: 'log-in of root-admin failed' }).first().waitFor()
    await page.locator('#events li', { hasText: 'logged in as' }).first().waitFor({ state: 'detached' }) // only warnings and graver
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Table (CSV)' }).click()])
    t.match(download.suggestedFilename(), /^breakwall-events-\d{8}T\d{6}\.csv$/)
    const table = readFileSync(await download.path(), 'utf8')
    t.ok(table.startsWith('\uFEFFseq,time,') && table.includes('login-succeeded'), 'the table that was asked for [S-10]')
    t.match((await gateway.journal.query({ after: 0, limit: 5, id: 'audit-exported' }))[0]?.fields, {
      subject: 'root-admin',
      format: 'csv',
    })
    await page.goto(`https://localhost:${port}/`)
    await page.locator('tr', { hasText: 'listener scada' }).filter({ hasText: '29 days' }).waitFor()
    await page.goto(`https://localhost:${port}/account`)
    t.equal(await page.evaluate('document.cookie'), '', 'no script sees the cookie')

    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Name').waitFor()
    await logIn(PASSWORD)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('Passkey').first().waitFor()
    await page.getByRole('heading', { name: 'root-admin' }).waitFor()
    t.equal(gateway.people.sessions().length, 1)

    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('Your role needs a second factor').waitFor()
    t.equal(gateway.people.accounts.list()[0]?.passkeys.length, 0)
    t.same(complaints, [], 'the browser has nothing to say')
    await context.close()
    for (const { id } of gateway.people.sessions()) gateway.people.endSession(id, { name: 'test', source: 'here' })
  }
})

t.test('the pages are killed, and nothing changes on the data path [CR 7.2]', async (t) => {
  const { world, gateway, pages } = await pagesOf(t)
  const scada = await world.scada(gateway.listeners[0]?.port ?? 0)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  const read = async (): Promise<number> => (await scada.readHoldingRegisters(11999, 2)).data.length
  t.equal(await read(), 2)
  const gone = new Promise((resolve) => pages.once('exit', resolve))
  pages.removeAllListeners('exit').once('exit', () => undefined)
  pages.kill('SIGKILL')
  await Promise.race([gone, new Promise((resolve) => pages.once('exit', resolve))])
  for (let i = 0; i < 5; i++) t.equal(await read(), 2)
  t.equal(gateway.failClosed.permits(), true)
  t.equal(gateway.listeners[0]?.connections(), 1)
})

t.test('a name that is HTML stays a name, and a session that has ended asks for the log-in again [CR 1.12]', async (t) => {
  const { world, gateway, port } = await pagesOf(t, { people: 'banner = "<img src=x onerror=alert(1)> Plant 7, authorised people only"\n' })
  const browser = await startBrowser(join(world.paths.pki, 'console.crt'))
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  await page.goto(`https://localhost:${port}/`)
  await page.getByText('<img src=x onerror=alert(1)> Plant 7').waitFor()
  t.equal(await page.locator('img').count(), 0)
  await page.getByLabel('Name').fill('root-admin')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.locator('#who').waitFor()
  for (const { id } of gateway.people.sessions()) gateway.people.endSession(id, { name: 'test', source: 'here' })
  await page.reload()
  await page.getByRole('button', { name: 'Log in' }).waitFor()
  t.pass('the log-in is back')
})
