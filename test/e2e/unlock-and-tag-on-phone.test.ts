import t from 'tap'
import {
  PASSWORD,
  type Pages,
  browserFor,
  drawSlide,
  hire,
  lockWord,
  logIn,
  pagesOf,
  picture,
  reason,
  stateWord,
} from '../support/pages.ts'
import { commandRegisters, exceptionOf } from '../support/world.ts'

const NSX = 4353
const CLOSE = 905
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

t.test('emergency opening is two steps with the name typed; it is not there where the site has none [S-27] [CR 2.1 RE 3]', async (t) => {
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
