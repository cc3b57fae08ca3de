import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { startBrowser } from './browser.ts'
import { issue } from './pki.ts'
import { breakwallService } from './service.ts'
import { type World, createWorld } from './world.ts'

export const PASSWORD = 'correct horse battery'
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

type Test = { teardown(run: () => unknown): void }
type Options = { readonly people?: string; readonly more?: string; readonly edit?: (toml: string) => string; readonly setUp?: boolean }

/** A gateway, and the pages as a process of their own. */
export async function pagesOf(t: Test, { people = '', more = '', edit = (toml) => toml, setUp = true }: Options = {}) {
  const world: World = await createWorld()
  t.teardown(() => world.close())
  const port = await freePort()
  await issue(world.paths.pki, 'console', { kind: 'server', hosts: ['localhost'] })
  const { gateway } = await world.start((toml) =>
    edit(
      `${toml.replace(/without-login = .*\n/, people)}\n[console]\naddress = "127.0.0.1:${port}"\nname = "localhost"\nuser = "${userInfo().username}"\ncertificate = "pki/console.crt"\nkey = "pki/console.key"\n${more}`,
    ),
  )
  const pages: ChildProcess = spawn(...breakwallService('console', '--config', world.paths.config), {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.teardown(() => pages.kill())
  await new Promise<void>((resolve, reject) => {
    let said = ''
    pages.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('the pages are at')) resolve()
    })
    pages.on('exit', () => reject(new Error(said)))
  })
  const { accounts } = gateway.people
  const address = `https://localhost:${port}`
  if (setUp) await accounts.setUp(accounts.newSetUpCode(), 'root-admin', PASSWORD, 'here')
  return { world, gateway, port, pages, address }
}
export type Pages = Awaited<ReturnType<typeof pagesOf>>

/** Somebody with this role and the usual password, who has changed the first one. */
export async function hire({ gateway }: Pages, name: string, role: string): Promise<void> {
  const { accounts, login } = gateway.people
  const made = await accounts.create(name, role, { name: 'root-admin', source: 'here' })
  if (made.kind === 'refused') throw new Error(made.why)
  const from = { source: 'here', via: 'command-line', systemUser: 'test' } as const
  const said = await login.byPassword(name, made.password, from)
  if (said.kind !== 'logged-in') throw new Error(said.kind)
  await gateway.people.changePassword(said.session, made.password, PASSWORD)
  gateway.people.endSession(said.session.id, { name: 'test', source: 'here' })
}

export const browserFor = async (t: Test, { world }: Pages): Promise<Browser> => {
  const browser = await startBrowser(join(world.paths.pki, 'console.crt'))
  t.teardown(() => browser.close())
  return browser
}

export const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } } as const

/** A page on which somebody is logged in; what the browser complains of is kept. */
export async function logIn(
  browser: Browser,
  { address }: Pages,
  name: string,
  options: { size?: keyof typeof sizes; path?: string; context?: object } = {},
) {
  const { size = 'desk', path = '/', context: more = {} } = options
  const context: BrowserContext = await browser.newContext({ viewport: sizes[size], locale: 'en-GB', ...more })
  const page: Page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/\b(401|403|409)\b/.test(message.text())) complaints.push(message.text())
  })
  await page.goto(`${address}${path}`)
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.locator('#who').waitFor()
  return { page, context, complaints }
}

/** Keeps a picture of the page for whoever wants to look at it. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'] ?? join(import.meta.dirname, '../../.tap/pictures')
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

// What is on a breaker's page.
export const reason = (page: Page) => page.locator('section.lock').getByRole('textbox', { name: 'Reason' })
export const lockWord = (page: Page, word: string): Promise<void> =>
  page
    .locator('#lock-word')
    .filter({ hasText: new RegExp(`^\\s*${word}$`) })
    .waitFor()
export const stateWord = (page: Page, word: string | RegExp): Promise<void> =>
  page.locator('#state-word').filter({ hasText: word }).waitFor()

/** Draws the slide as a finger does: from its left end to a part of its way. */
export async function drawSlide(page: Page, { from = 0.08, to = 0.99 } = {}): Promise<void> {
  const slide = page.locator('.slide input')
  await slide.scrollIntoViewIfNeeded()
  const box = await slide.boundingBox()
  if (box === null) throw new Error('there is no slide')
  const y = box.y + box.height / 2
  await page.mouse.move(box.x + box.width * from, y)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y, { steps: 5 })
  await page.mouse.move(box.x + box.width * to, y, { steps: 5 })
  await page.mouse.up()
}
