import t from 'tap'
import { PASSWORD, browserFor, drawSlide, hire, lockWord, logIn, pagesOf, picture, reason, stateWord } from '../support/pages.ts'

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
