import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Page } from 'playwright-core'
import t from 'tap'
import { runCommand } from '../support/command.ts'
import { browserFor, hire, logIn, pagesOf } from '../support/pages.ts'

const marks = (page: Page) => page.locator('section.tags article', { hasText: /NOT RECORDED YET|NOCH NICHT AUFGEZEICHNET/ })
/** A message that the person sees without moving the page. */
async function seen(page: Page, words: string): Promise<boolean> {
  const message = page.getByRole('status').filter({ hasText: words })
  await message.waitFor()
  const box = await message.boundingBox()
  return box !== null && box.y >= 0 && box.y + box.height <= 844
}

t.test('a tag that is hung while the disk refuses says so beside the button, after a reload and to others [S-31] [CR 2.10]', async (t) => {
  const all = await pagesOf(t)
  const { world, gateway, address } = all
  for (const name of ['tech', 'mate']) await hire(all, name, 'FieldTech')
  const browser = await browserFor(t, all)
  const { page } = await logIn(browser, all, 'tech', { size: 'phone', path: '/b/Q1' })
  const mate = await logIn(browser, all, 'mate', { size: 'phone', path: '/b/Q1' })
  for (const one of [page, mate.page]) one.setDefaultTimeout(60_000) // of a busy machine
  t.equal(await marks(page).count(), 0)

  const other = new Database(join(world.paths.state, 'state/journal.db'))
  t.teardown(() => other.close())
  other.exec('BEGIN EXCLUSIVE')
  await page.getByRole('button', { name: 'Hang my tag' }).click()
  t.ok(await seen(page, 'Your tag hangs, but is not recorded yet: a restart would lose it.'))
  t.equal(await page.getByText('Your tag hangs.', { exact: true }).count(), 0, 'and nothing says that all is well')
  const alarm = page.locator('.alarm', { hasText: 'EVERY OPERATION IS DENIED' })
  await alarm.filter({ hasText: 'Another program holds the record of the gateway.' }).waitFor()
  t.match(await alarm.textContent(), /is recorded only when the disk takes it again.*Call the person/)
  t.notMatch(await alarm.textContent(), /fuser|breakwall/, 'no command for a phone')

  await page.reload()
  await marks(page).waitFor()
  await marks(mate.page).waitFor()
  t.match((await runCommand(world.paths, 'tag', 'list')).stdout, /tech .*not recorded yet/)
  t.match((await runCommand(world.paths, 'status')).stdout, /TAG on Q1: tech: .*\(not recorded yet\)/)
  t.equal(gateway.journal.recorded('lock/Q2/control'), true, 'what was there before is on disk')

  // In German no English words stand in the alarm.
  await page.evaluate("localStorage.setItem('language', 'de')")
  await page.goto(`${address}/b/Q1`)
  const german = page.locator('.alarm', { hasText: 'Ein anderes Programm hält die Aufzeichnung des Gateways fest.' })
  await german.waitFor()
  t.notMatch(await german.textContent(), /journal|disk|record/)

  other.close()
  await marks(page).waitFor({ state: 'detached' })
  await german.waitFor({ state: 'detached' })
  t.notMatch((await runCommand(world.paths, 'status')).stdout, /not recorded yet/)
})
