import { readFileSync } from 'node:fs'
import t from 'tap'
import { browserFor, hire, logIn, pagesOf, picture } from '../support/pages.ts'
import { commandRegisters, exceptionOf } from '../support/world.ts'

const everyPage = ['/', '/b/Q1', '/events', '/requests', '/access', '/people', '/keys', '/settings', '/checklist', '/account']
const manage = (toml: string): string =>
  `${toml}\n[roles.Everything]\nmay = ["monitor"]\nmanage = ["look", "events", "lock", "unlock", "tag", "master-lock", "ask-grant", "approve-grant", "vault"]\n`

t.test('a name that is HTML is a name, in every field and on every page [CR 3.5]', async (t) => {
  const bad = `<img src=x onerror="window.pwned=1">'"&`
  const quoted = JSON.stringify(bad)
  const all = await pagesOf(t, {
    edit: (toml) =>
      manage(toml)
        .replace('name = "demo switchboard"', `name = ${quoted}`)
        .replace(/label = "pump 1"/, `label = ${quoted}`),
  })
  const { gateway } = all
  await hire(all, 'tech', 'FieldTech')
  await gateway.locks.unlock('Q1', 'control', { forMs: 3_600_000, by: bad, reason: bad, workOrder: bad, seen: 'any' })
  await gateway.tags.act({ kind: 'hang', id: 'one', on: { kind: 'breaker', breaker: 'Q1' }, by: bad, reason: bad, workOrder: bad })
  await gateway.tags.act({ kind: 'ask-removal', id: 'one', by: 'root-admin', reason: bad })
  await gateway.tags.act({ kind: 'start-job', job: bad, breakers: ['Q2'], by: bad, reason: bad, workOrder: bad })
  await gateway.masterLock.turn(true, bad, bad)
  await gateway.checklist.sign({ breaker: 'Q1', item: 'room-locked', family: 'ComPacT NSX', by: bad, note: bad })
  gateway.grants.ask(
    {
      client: bad,
      breaker: 'Q1',
      uses: 1,
      startsMs: 0,
      lengthMs: 3_600_000,
      reason: bad,
      workOrder: bad,
      for: { kind: 'setting', class: 'protection-setting', setting: bad, minimum: 1, maximum: 2 },
    },
    bad,
  )
  await gateway.people.login.byPassword(bad, bad, { source: bad, via: 'command-line', systemUser: bad })
  const browser = await browserFor(t, all)
  for (const who of ['tech', 'root-admin']) {
    const { page, complaints } = await logIn(browser, all, who)
    for (const path of [
      ...everyPage,
      '/api/report',
      `/b/${encodeURIComponent('<img src=x>')}`,
      `/events?breaker=${encodeURIComponent(bad)}`,
    ]) {
      await page.goto(`${all.address}${path}`)
      await page.locator('main').first().waitFor()
      if (path !== '/api/report') await page.locator('main h1').first().waitFor()
      for (const details of await page.locator('details').all())
        if (await details.isVisible()) await details.evaluate(`one => one.setAttribute('open', '')`)
      t.equal(await page.locator('img').count(), 0, `${path}, ${who}`)
      t.equal(await page.evaluate('window.pwned'), undefined)
    }
    t.same(
      complaints.filter((text) => !text.includes('404')),
      [],
    )
  }
})

t.test('an engineer asks, a field tech sees old and new and approves, and the setting passes once [CR 2.1 RE 4]', async (t) => {
  const all = await pagesOf(t, {
    edit: (toml) =>
      toml.replace('may = ["monitor", "protection-setting", "other-setting", "clock", "diagnostic"]', '$&\ngrant = ["protection-setting"]'),
  })
  await hire(all, 'ana', 'Engineer')
  await hire(all, 'tech', 'FieldTech')
  const browser = await browserFor(t, all)
  const { page: ana, complaints } = await logIn(browser, all, 'ana', { path: '/requests' })
  await ana.getByLabel('Client, by the name in its certificate').fill('engineer-1')
  await ana.getByLabel('Breaker', { exact: true }).fill('Q1')
  await ana.getByLabel('What for').selectOption('registers')
  await ana.getByLabel('First register').fill('12000')
  await ana.getByLabel('Last register').fill('12000')
  await ana.getByLabel('Least value').fill('160')
  await ana.getByLabel('Greatest value').fill('200')
  await ana.getByLabel('Reason').fill('new pump')
  await ana.getByRole('button', { name: 'Ask', exact: true }).click()
  await ana.getByRole('status').filter({ hasText: 'Asked. Another person answers it.' }).waitFor()
  const { page: tech } = await logIn(browser, all, 'tech', { path: '/requests', size: 'phone' })
  await tech.locator('.diff .new', { hasText: 'may become: 160 to 200' }).waitFor()
  await tech.locator('.diff .old', { hasText: /now: \d+/ }).waitFor()
  await picture(tech, 'request-phone')
  await tech.getByRole('button', { name: 'Approve' }).click()
  await tech.getByText('IN FORCE').first().waitFor()
  await ana.getByText('IN FORCE').first().waitFor()
  t.match(all.gateway.grants.list(), [{ client: 'engineer-1', state: { kind: 'approved', by: 'tech' } }])
  await tech.getByRole('button', { name: 'Revoke' }).click()
  await tech.getByText('REVOKED').first().waitFor()
  t.same(complaints, [])
})

t.test('an analyst finds a refusal, reads its story, follows what happens, and takes it along [S-10] [CR 6.1]', async (t) => {
  const all = await pagesOf(t)
  const { world, gateway } = all
  await hire(all, 'soc', 'Auditor')
  const scada = await world.scada(gateway.listeners[0]?.port ?? 0)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  const ask = (): Promise<unknown> => scada.writeRegisters(7999, commandRegisters(905, 4353))
  await exceptionOf(ask())
  const { page, complaints } = await logIn(await browserFor(t, all), all, 'soc', { path: '/events' })
  await page.getByLabel('Breaker').fill('Q1')
  await page.getByLabel('Severity').selectOption('warning')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  const denied = page.locator('#events li', { hasText: 'operation-denied' }).first()
  await denied.getByRole('link', { name: 'the whole story' }).click()
  await page.waitForURL(/correlation=/)
  await page.locator('#events li', { hasText: 'denied' }).first().waitFor()
  // The story of one that was done: what it was asked under, that it was allowed, that it was sent, how it ended.
  await gateway.locks.unlock('Q1', 'control', { forMs: 60_000, by: 'tech', reason: 'pump test', workOrder: 'WO-7', seen: 'any' })
  await ask()
  await world.heard(({ id }) => id === 'operation-done')
  await page.goto(`${all.address}/events?id=operation-done`)
  await page.locator('#events li').first().getByRole('link', { name: 'the whole story' }).click()
  await page.waitForURL(/correlation=/)
  for (const id of ['operation-allowed', 'operation-done']) await page.locator('#events li', { hasText: id }).first().waitFor()
  await picture(page, 'story-desk')
  await page.goto(`${all.address}/events`)
  await page.getByRole('button', { name: 'Follow' }).click()
  await gateway.locks.unlock('Q3', 'control', { forMs: 60_000, by: 'tech', reason: 'while somebody follows', workOrder: '', seen: 'any' })
  await page.locator('#events li', { hasText: 'while somebody follows' }).first().waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Signed bundle' }).click()])
  t.match(download.suggestedFilename(), /\.zip$/)
  t.same(complaints, [])
})

t.test(
  'who runs the site reads the file with its lines, puts a change in force, signs the checklist and prints the report [S-07] [S-28] [S-30]',
  async (t) => {
    const all = await pagesOf(t)
    const { world, gateway, address } = all
    await hire(all, 'tech', 'FieldTech')
    const browser = await browserFor(t, all)
    const { page } = await logIn(browser, all, 'root-admin', { path: '/settings' })
    await page.locator('ol.code li', { hasText: '[[listener]]' }).first().waitFor()
    await page.getByText(`In force as it stands: ${gateway.site().hash}`).waitFor()
    const { writeFileSync } = await import('node:fs')
    const before = readFileSync(world.paths.config, 'utf8')
    writeFileSync(world.paths.config, before.replace('level = "control"', 'level = "contrl"'))
    await page.reload()
    await page.locator('p.alarm', { hasText: 'level' }).waitFor()
    t.equal(await page.getByRole('button', { name: 'Put the file in force' }).isVisible(), false)
    writeFileSync(world.paths.config, before.replace('level = "control"', 'level = "read"'))
    await page.reload()
    await page.getByRole('button', { name: 'Put the file in force' }).click()
    await page.getByText('In force as it stands').waitFor()
    t.equal(gateway.site().listeners[0]?.access[0]?.level, 'read')

    const { page: tech } = await logIn(browser, all, 'tech', { path: '/checklist' })
    const card = tech.locator('article', { hasText: 'Q2 ·' })
    t.match(await card.textContent(), /Bluetooth|test port/, 'what its family has')
    await card.getByText('Sign it').first().click()
    await card.getByLabel('Remark').first().fill('key 14 at the gate')
    await card.getByRole('button', { name: 'I have done it' }).first().click()
    await tech.getByRole('status').filter({ hasText: 'Signed.' }).waitFor()
    t.match((await world.heard(({ id }) => id === 'checklist-signed')).data, { subject: 'tech', breaker: 'Q2' })
    await page.goto(`${address}/access`)
    await page.locator('td', { hasText: 'deny locked' }).first().waitFor()
    await page.getByRole('textbox', { name: 'Address' }).fill('127.0.0.1')
    await page.getByRole('button', { name: 'Which entry wins?' }).click()
    await page.locator('td', { hasText: 'read, by 127.0.0.1' }).first().waitFor()
    await page.getByRole('link', { name: 'Site security report' }).click()
    await page.getByRole('heading', { name: 'Site security report' }).waitFor()
    await page.getByText(/Open points: \d+/).waitFor()
    await page.locator('td', { hasText: 'key 14 at the gate' }).waitFor()
    t.match(await page.evaluate('getComputedStyle(document.querySelector("td")).borderTopStyle'), 'solid', 'its style has come')
    await picture(page, 'report-desk')
    t.ok((await page.pdf()).length > 10_000, 'it prints')
  },
)
