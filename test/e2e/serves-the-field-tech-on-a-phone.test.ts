import t from 'tap'
import type { Page } from 'playwright-core'
import { PASSWORD, type Pages, browserFor, hire, logIn, pagesOf, picture } from '../support/pages.ts'
import { commandRegisters, exceptionOf } from '../support/world.ts'

const NSX = 4353
const CLOSE = 905
const reason = (page: Page) => page.locator('section.lock').getByRole('textbox', { name: 'Reason' })
const lockWord = (page: Page, word: string): Promise<void> =>
  page
    .locator('#lock-word')
    .filter({ hasText: new RegExp(`^\\s*${word}$`) })
    .waitFor()
const stateWord = (page: Page, word: string | RegExp): Promise<void> => page.locator('#state-word').filter({ hasText: word }).waitFor()

/** Draws the slide as a finger does: from its left end to a part of its way. */
async function drawSlide(page: Page, { from = 0.08, to = 0.99 } = {}): Promise<void> {
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

async function withScada(t: { teardown(run: () => unknown): void }, all: Pages) {
  const scada = await all.world.scada(all.gateway.listeners[0]?.port ?? 0)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  const close = (): Promise<unknown> => scada.writeRegisters(7999, commandRegisters(CLOSE, NSX))
  return { close, refused: () => exceptionOf(close()) }
}

t.test('from the set-up code to the first close: a newcomer on a phone, the timer, a tag, and the whole story [S-01] [S-31]', async (t) => {
  const all = await pagesOf(t, { setUp: false })
  const { world, gateway, address } = all
  const { close, refused } = await withScada(t, all)
  const code = gateway.people.accounts.newSetUpCode()
  const browser = await browserFor(t, all)
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  await page.goto(address)
  await page.getByText('Not set up yet').waitFor()
  await picture(page, 'set-up-phone')
  const setUp = async (given: string): Promise<void> => {
    await page.getByLabel('Set-up code').fill(given)
    await page.getByLabel('Name').fill('root-admin')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByLabel('Once more').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make it' }).click()
  }
  await setUp('aaaa-bbbb-cccc')
  await page.getByRole('status').filter({ hasText: 'this is not the set-up code' }).waitFor()
  await setUp(code)
  await page.locator('#who', { hasText: 'root-admin · SecurityAdmin' }).waitFor()
  // The administrator makes the field tech, who may not be the same person.
  await page.goto(`${address}/people`)
  await page.getByLabel('Name').fill('tech')
  await page.getByLabel('Role', { exact: true }).selectOption('FieldTech')
  await page.getByRole('button', { name: 'Add the user' }).click()
  const told = (await page.getByText('First password of tech, shown this once').textContent()) ?? ''
  await picture(page, 'people-phone')
  await page.goto(`${address}/account`)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.goto(`${address}/b/Q1`)
  await page.getByLabel('Name').fill('tech')
  await page.getByLabel('Password').fill(told.split(': ').at(-1) ?? '')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('Change your password first').waitFor()
  await page.getByLabel('Old password').fill(told.split(': ').at(-1) ?? '')
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByLabel('Once more').fill(PASSWORD)
  await page.getByRole('button', { name: 'Change it' }).click()

  await lockWord(page, 'LOCKED')
  await stateWord(page, 'OPEN')
  await refused()
  await page.getByRole('button', { name: 'Maintenance' }).click()
  await page.getByLabel('Work order').fill('WO-1182')
  await drawSlide(page)
  await lockWord(page, 'UNLOCKED')
  await page.locator('#lock-since', { hasText: /by tech until .*WO-1182 · Maintenance/ }).waitFor()
  await picture(page, 'unlocked-phone')
  t.match(gateway.locks.locks('Q1').control, { kind: 'unlocked', by: 'tech', workOrder: 'WO-1182' })
  await close()
  await stateWord(page, 'CLOSED')
  await page.getByRole('button', { name: 'LOCK NOW' }).click()
  await lockWord(page, 'LOCKED')
  // A short unlock from elsewhere: the page sees it come, and its timer end it.
  await gateway.locks.unlock('Q1', 'control', { forMs: 2000, by: 'tech', reason: 'a short one', workOrder: '', seen: 'any' })
  await lockWord(page, 'UNLOCKED')
  await page.locator('#lock-since', { hasText: 'by timer' }).waitFor()
  await lockWord(page, 'LOCKED')
  await page.getByRole('button', { name: 'Hang my tag' }).click()
  await page.getByText('DO NOT OPERATE').waitFor()
  await gateway.locks.unlock('Q1', 'control', { forMs: 60_000, by: 'tech', reason: 'in spite of the tag', workOrder: '', seen: 'any' })
  await refused()
  await world.heard(({ id, data }) => id === 'operation-denied' && (data['reason'] ?? '').startsWith('tagged'))
  await picture(page, 'tagged-phone')
  await page.getByRole('button', { name: 'Take my tag off' }).click()
  await page.getByText('DO NOT OPERATE').waitFor({ state: 'detached' })
  await page.reload()
  await page.locator('.refused li', { hasText: 'tagged' }).first().waitFor()
  await page.locator('.refused li', { hasText: 'locked' }).first().waitFor()
  await page.getByRole('link', { name: 'All that happened here' }).click()
  for (const words of ['unlocked', 'Close', 'time was over', 'hung a tag', 'denied'])
    await page
      .locator('#events li', { hasText: new RegExp(words, 'i') })
      .first()
      .waitFor()
  await picture(page, 'story-phone')
})

t.test(
  'the slide wants to be drawn: a tap at its end, half a way and a missing reason unlock nothing; keys and two presses do',
  async (t) => {
    const all = await pagesOf(t)
    const { gateway } = all
    await hire(all, 'tech', 'FieldTech')
    const { page, complaints } = await logIn(await browserFor(t, all), all, 'tech', { size: 'phone', path: '/b/Q1' })
    const slide = page.locator('.slide input')
    const nothing = async (words: string): Promise<void> => {
      t.equal(await slide.inputValue(), '0', `${words}: the handle is back`)
      t.equal(gateway.locks.locks('Q1').control.kind, 'locked', words)
    }
    await page.getByRole('button', { name: 'Test' }).click()
    const box = await slide.boundingBox()
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) * 0.97, (box?.y ?? 0) + 30)
    await nothing('a tap at the far end')
    await drawSlide(page, { to: 0.7 })
    await nothing('not far enough')
    await drawSlide(page, { from: 0.6 })
    await nothing('begun in the middle')
    await reason(page).fill('')
    await drawSlide(page)
    await page.getByRole('status').filter({ hasText: 'the reason is missing' }).waitFor()
    await nothing('no reason')

    await reason(page).fill('by keys')
    await slide.focus()
    await page.keyboard.press('End')
    await lockWord(page, 'UNLOCKED')
    t.match(gateway.locks.locks('Q1').control, { reason: 'by keys' })
    await page.getByRole('button', { name: 'LOCK NOW' }).focus()
    await page.keyboard.press('Enter')
    await lockWord(page, 'LOCKED')
    await page.getByRole('button', { name: 'Protection settings' }).click()
    await page.getByRole('button', { name: '1 h' }).click()
    await reason(page).fill('two presses')
    await page.getByRole('button', { name: 'Unlock by two presses instead' }).click()
    await page.getByRole('button', { name: 'Yes, unlock' }).click()
    await lockWord(page, 'UNLOCKED')
    t.match(gateway.locks.locks('Q1')['protection-setting'], { kind: 'unlocked', reason: 'two presses' })
    t.equal(gateway.locks.locks('Q1').control.kind, 'locked', 'one scope is not the other')
    t.same(complaints, [])
  },
)

t.test('two people at once: who looked at an older lock is told what it is now, and changes nothing', async (t) => {
  const all = await pagesOf(t)
  const { gateway } = all
  await hire(all, 'tech', 'FieldTech')
  await hire(all, 'mate', 'FieldTech')
  const browser = await browserFor(t, all)
  const { page: slow } = await logIn(browser, all, 'tech', { size: 'phone', path: '/b/Q1' })
  await lockWord(slow, 'LOCKED')
  await slow.route('**/api/live*', (route) => route.abort())
  await slow.reload() // what it shows from here on is what it saw now
  await lockWord(slow, 'LOCKED')
  const { page: fast } = await logIn(browser, all, 'mate', { size: 'phone', path: '/b/Q1' })
  await reason(fast).fill('I was first')
  await drawSlide(fast)
  await lockWord(fast, 'UNLOCKED')
  await reason(slow).fill('I was second')
  await drawSlide(slow)
  await slow.getByRole('status').filter({ hasText: 'somebody else was first: Q1 is unlocked by mate: I was first' }).waitFor()
  await lockWord(slow, 'LOCKED')
  t.match(gateway.locks.locks('Q1').control, { by: 'mate', reason: 'I was first' })
})

t.test(
  'on a bad link the page says how old it is, shows nothing as done before the gateway has said so, and tries a lock again',
  async (t) => {
    const all = await pagesOf(t)
    const { gateway } = all
    await hire(all, 'tech', 'FieldTech')
    const { page, context } = await logIn(await browserFor(t, all), all, 'tech', { size: 'phone', path: '/b/Q1' })
    const slow = await context.newCDPSession(page)
    await slow.send('Network.enable')
    await slow.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 800,
      downloadThroughput: 20_000,
      uploadThroughput: 10_000,
    })
    await reason(page).fill('over a slow link')
    await drawSlide(page)
    await page.getByRole('status').filter({ hasText: 'asking the gateway' }).waitFor()
    t.match(await page.locator('#lock-word').textContent(), /\sLOCKED$/, 'not unlocked before there is an answer')
    await lockWord(page, 'UNLOCKED')
    // The line is dead from here on: nothing is refused, nothing is answered.
    all.pages.kill('SIGSTOP')
    t.teardown(() => all.pages.kill('SIGCONT'))
    await page.locator('#state-age', { hasText: /link lost · retry \d+ in \d+ s|no word from the gateway/ }).waitFor({ timeout: 20_000 })
    t.match(await page.locator('section.state').getAttribute('class'), /old/)
    await stateWord(page, /^last: OPEN$/)
    await page.getByRole('button', { name: 'LOCK NOW' }).click()
    await page.getByRole('status').filter({ hasText: 'no answer, trying again (2 of 5)' }).waitFor()
    t.equal(gateway.locks.locks('Q1').control.kind, 'unlocked')
    await lockWord(page, 'UNLOCKED')
    await picture(page, 'offline-phone')
    all.pages.kill('SIGCONT')
    await page
      .getByRole('status')
      .filter({ hasText: /^Locked\.$/ })
      .waitFor()
    t.equal(gateway.locks.locks('Q1').control.kind, 'locked')
    await page.locator('#state-age', { hasText: 'live' }).waitFor({ timeout: 20_000 })
    await stateWord(page, /^OPEN$/)
  },
)

t.test(
  'a session that has ended while the page lay open asks for the log-in, and looking on keeps nobody logged in [S-22] [S-23]',
  async (t) => {
    const all = await pagesOf(t)
    const { gateway } = all
    await hire(all, 'tech', 'FieldTech')
    const { page } = await logIn(await browserFor(t, all), all, 'tech', { size: 'phone', path: '/b/Q1' })
    await lockWord(page, 'LOCKED')
    await page.locator('#state-age', { hasText: 'live' }).waitFor()
    const before = gateway.people.sessions()[0]?.lastUsedAt ?? 0
    // Three words of the live line later the session is as old as it was.
    for (let i = 0; i < 3; i++) await new Promise<void>((heard) => gateway.clock.after(1000, heard))
    t.equal(gateway.people.sessions()[0]?.lastUsedAt, before)
    for (const { id } of gateway.people.sessions()) gateway.people.endSession(id, { name: 'test', source: 'here' })
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    await page.getByLabel('Name').fill('tech')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await lockWord(page, 'LOCKED')
    t.match(page.url(), /\/b\/Q1$/, 'where it was')
  },
)

t.test('emergency opening is two steps with the name typed; it is not there where the site has none [S-27]', async (t) => {
  const all = await pagesOf(t, {
    edit: (toml) =>
      toml
        .replace('[state]', 'emergency-open = true\n\n[state]')
        .replace('[roles.FieldTech]\n', '[roles.FieldTech]\nmanage = ["look", "events", "lock", "unlock", "tag", "emergency-open"]\n'),
  })
  const { world, gateway } = all
  await hire(all, 'tech', 'FieldTech')
  const { page } = await logIn(await browserFor(t, all), all, 'tech', { size: 'phone', path: '/b/Q2' })
  await stateWord(page, 'CLOSED')
  await page.getByText('Emergency opening').click()
  await page.locator('.emergency').getByLabel('Reason').fill('smoke in the hall')
  await page.getByRole('button', { name: 'Ask to open' }).click()
  await page.getByLabel('Type Q2 to open it').fill('Q1')
  await page.getByRole('button', { name: 'OPEN Q2 NOW' }).click()
  await page.getByRole('status').filter({ hasText: '"Q1" is not the name of this breaker' }).waitFor()
  await page.getByLabel('Type Q2 to open it').fill('Q2')
  await page.getByRole('button', { name: 'OPEN Q2 NOW' }).click()
  await page.getByRole('status').filter({ hasText: 'The open command was sent' }).waitFor()
  await stateWord(page, 'OPEN')
  await world.heard(({ id }) => id === 'emergency-open')
  t.equal(gateway.locks.locks('Q2').control.kind, 'locked')
})
