import t from 'tap'
import { browserFor, hire, logIn, pagesOf, picture } from '../support/pages.ts'

t.test('first look', async (t) => {
  const all = await pagesOf(t)
  await hire(all, 'tech', 'FieldTech')
  const browser = await browserFor(t, all)
  for (const size of ['phone', 'desk'] as const) {
    const { page, complaints } = await logIn(browser, all, 'tech', { size, path: '/b/Q1' })
    await page.locator('#lock-word', { hasText: 'LOCKED' }).waitFor()
    await picture(page, `breaker-${size}`)
    for (const path of ['/', '/events', '/requests', '/access', '/keys', '/settings', '/checklist', '/account']) {
      await page.goto(`${all.address}${path}`)
      await page.locator('main h1').first().waitFor()
      await page.waitForTimeout(1500)
      await picture(page, `${path.slice(1) || 'site'}-${size}`)
    }
    t.same(complaints, [])
  }
})
