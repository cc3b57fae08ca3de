import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import t from 'tap'
import type { Page } from 'playwright-core'
import { browserFor, hire, logIn, pagesOf, picture } from '../support/pages.ts'

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const everyPage = ['/', '/b/Q1', '/events', '/requests', '/access', '/people', '/keys', '/settings', '/checklist', '/account']
const manage = (toml: string): string =>
  `${toml}\n[roles.Everything]\nmay = ["monitor"]\nmanage = ["look", "events", "lock", "unlock", "tag", "master-lock", "ask-grant", "approve-grant", "vault"]\n`

/** The page as it is when all that it asks for has come. */
async function settled(page: Page, address: string, path: string): Promise<void> {
  await page.goto(`${address}${path}`)
  await page.locator('main h1').first().waitFor()
  if (path === '/') await page.locator('a.breaker').first().waitFor()
}

/** What axe finds against WCAG 2.2 A and AA, in words. */
async function complaintsOfAxe(page: Page): Promise<readonly string[]> {
  // The page forbids scripts that are not its own; the tool goes in by the browser's own test interface.
  await page.evaluate(readFileSync(axeFile, 'utf8'))
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations, passes }) => (passes.length < 10 ? [{ id: 'axe', help: 'it looked at nothing', nodes: [] }] : violations).map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  )
}

t.test('every page, on a phone and on a desk, light and dark, passes axe for WCAG 2.2 AA and moves nothing by itself', async (t) => {
  const all = await pagesOf(t, { edit: manage })
  const { gateway } = all
  await hire(all, 'tech', 'FieldTech')
  await gateway.locks.unlock('Q1', 'control', { forMs: 3_600_000, by: 'tech', reason: 'a test', workOrder: 'WO-1', seen: 'any' })
  await gateway.tags.act({ kind: 'hang', id: 'one', on: { kind: 'breaker', breaker: 'Q1' }, by: 'mate', reason: 'at work', workOrder: '' })
  gateway.grants.ask(
    {
      client: 'engineer-1',
      breaker: 'Q1',
      uses: 1,
      startsMs: 0,
      lengthMs: 3_600_000,
      reason: 'new pump',
      workOrder: '',
      for: { kind: 'registers', class: 'protection-setting', from: 807, to: 807, minimum: 160, maximum: 200 },
    },
    'ana',
  )
  const browser = await browserFor(t, all)
  for (const [who, size, colorScheme] of [
    ['tech', 'phone', 'light'],
    ['tech', 'desk', 'dark'],
    ['root-admin', 'desk', 'light'],
  ] as const) {
    const { page, context, complaints } = await logIn(browser, all, who, {
      size,
      context: { colorScheme, reducedMotion: 'reduce', bypassCSP: false },
    })
    for (const path of everyPage) {
      await settled(page, all.address, path)
      t.same(await complaintsOfAxe(page), [], `${path}, ${size}, ${colorScheme}, ${who}`)
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${path}: nothing to the side`)
      t.equal(await page.evaluate('document.getAnimations().length'), 0)
      if (who === 'tech') await picture(page, `${path.replaceAll('/', '') || 'site'}-${size}`)
    }
    t.same(complaints, [], 'the browser has nothing to say')
    await context.close()
  }
  // 200 % of a desk of 1280 is a page of 640; 400 % is one of 320 (WCAG 2.2, 1.4.4 and 1.4.10).
  const { page } = await logIn(browser, all, 'tech', { context: { viewport: { width: 320, height: 400 } } })
  for (const path of everyPage) {
    await page.setViewportSize({ width: 640, height: 400 })
    await settled(page, all.address, path)
    for (const width of [640, 320]) {
      await page.setViewportSize({ width, height: 400 })
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${path} at ${width}`)
    }
  }
})

t.test('the first load is small, asks nobody else, and is for keys too; German is complete', async (t) => {
  const all = await pagesOf(t)
  await hire(all, 'tech', 'FieldTech')
  const browser = await browserFor(t, all)
  const context = await browser.newContext({ locale: 'de-DE', viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  let bytes = 0
  const hosts = new Set<string>()
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
  page.on('request', (sent) => hosts.add(new URL(sent.url()).host))
  await page.goto(`${all.address}/b/Q1`)
  await page.getByLabel('Name').fill('tech')
  await page.getByLabel('Passwort').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.locator('#lock-word', { hasText: 'GESPERRT' }).waitFor()
  await picture(page, 'breaker-german-phone')
  t.ok(bytes > 5000 && bytes < 150_000, `${bytes} bytes with everything on it`)
  t.same([...hosts], [new URL(all.address).host])
  // From the top of the page to the slide with the tabulator alone.
  await page.locator('#lock-word').waitFor()
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab')
    if ((await page.evaluate('document.activeElement.type')) === 'range') break
  }
  t.equal(await page.evaluate('document.activeElement.type'), 'range')
  t.match(await page.evaluate('document.activeElement.getAttribute("aria-label")'), /entsperren für 15 min/)
  await page.getByRole('button', { name: 'Menü' }).click()
  await page.getByLabel('Sprache').selectOption('en')
  await page.locator('#lock-word', { hasText: 'LOCKED' }).waitFor()
})
