import t from 'tap'
import { browserFor, drawSlide, hire, lockWord, logIn, pagesOf, reason } from '../support/pages.ts'

t.test('half an answer is no answer: the page says neither locked nor unlocked by it, and tries a lock again', async (t) => {
  const all = await pagesOf(t)
  const { gateway } = all
  await hire(all, 'tech', 'FieldTech')
  const { page } = await logIn(await browserFor(t, all), all, 'tech', { size: 'phone', path: '/b/Q1' })
  await lockWord(page, 'LOCKED')
  const cut = { status: 200, contentType: 'application/json', body: '{"version":7,"loc' }
  // The first call of each never reaches the gateway.
  await page.route('**/api/breakers/Q1/unlock', (route) => route.fulfill(cut), { times: 1 })
  const { promise: seen, resolve: onSeen } = Promise.withResolvers<undefined>()
  let calls = 0
  await page.route('**/api/breakers/Q1/lock', async (route) => {
    calls += 1
    if (calls === 1) return route.fulfill(cut)
    await seen
    return route.continue()
  })
  await reason(page).fill('a link that breaks')
  await drawSlide(page)
  await page.getByRole('status').filter({ hasText: 'no answer: it may be unlocked or not' }).waitFor()
  await lockWord(page, 'LOCKED')
  t.equal(gateway.locks.locks('Q1').control.kind, 'locked')
  await drawSlide(page)
  await lockWord(page, 'UNLOCKED')
  await page.getByRole('button', { name: 'LOCK NOW' }).click()
  await page.getByRole('status').filter({ hasText: 'no answer, trying again (2 of 5)' }).waitFor()
  t.equal(gateway.locks.locks('Q1').control.kind, 'unlocked')
  onSeen(undefined)
  await page
    .getByRole('status')
    .filter({ hasText: /^Locked\.$/ })
    .waitFor()
  t.equal(gateway.locks.locks('Q1').control.kind, 'locked', 'said only when it was so')
})

t.test('an answer that comes late counts for the lock that it is about, whichever is shown by then', async (t) => {
  const all = await pagesOf(t)
  const { gateway } = all
  await hire(all, 'tech', 'FieldTech')
  await gateway.locks.unlock('Q1', 'control', { forMs: 600_000, by: 'tech', reason: 'a test', workOrder: '', seen: 'any' })
  const { page } = await logIn(await browserFor(t, all), all, 'tech', { size: 'phone', path: '/b/Q1' })
  await page.route('**/api/live*', (route) => route.abort())
  await page.reload() // from here on only answers change what is shown
  await lockWord(page, 'UNLOCKED')
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>()
  const asked = page.waitForRequest('**/api/breakers/Q1/lock')
  await page.route('**/api/breakers/Q1/lock', async (route) => {
    await released
    await route.continue()
  })
  await page.getByRole('button', { name: 'LOCK NOW' }).click()
  await asked
  await page.getByRole('button', { name: 'Protection settings' }).click()
  await lockWord(page, 'LOCKED')
  release(undefined)
  await page
    .getByRole('status')
    .filter({ hasText: /^Locked\.$/ })
    .waitFor()
  await page.getByRole('button', { name: 'Open and close' }).click()
  await lockWord(page, 'LOCKED')
  t.equal(gateway.locks.locks('Q1').control.kind, 'locked')
})

t.test('who presses Follow again while it still waits sees each event once', async (t) => {
  const all = await pagesOf(t)
  const { gateway } = all
  const { page } = await logIn(await browserFor(t, all), all, 'root-admin', { path: '/events' })
  const waits = /\/api\/events\?.*wait=10/
  const follow = page.getByRole('button', { name: 'Follow' })
  for (const expected of [1, 0, 1]) {
    const asked = expected === 1 ? page.waitForRequest(waits) : Promise.resolve()
    await follow.click()
    await asked
  }
  const next = page.waitForRequest(waits)
  await gateway.locks.unlock('Q3', 'control', { forMs: 60_000, by: 'tech', reason: 'while two may follow', workOrder: '', seen: 'any' })
  await next
  await page.locator('#events li', { hasText: 'while two may follow' }).first().waitFor()
  const headings = await page.locator('#events li > p.mute:first-child').allTextContents()
  t.same(headings, [...new Set(headings)])
})
