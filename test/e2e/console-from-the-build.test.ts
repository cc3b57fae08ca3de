import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { startConsole as StartConsole } from '../../src/admin/console/index.ts'
import { cipherSuites } from '../../src/platform/index.ts'
import { browserFor, logIn, pagesOf } from '../support/pages.ts'

const root = join(import.meta.dirname, '../..')

/** The built form, as `npm run build` makes it, in a folder inside the checkout so that it finds its packages. */
function build(t: { teardown(run: () => unknown): void }): string {
  mkdirSync(join(root, '.tap'), { recursive: true })
  const place = mkdtempSync(join(root, '.tap/built-'))
  t.teardown(() => rmSync(place, { recursive: true, force: true }))
  symlinkSync(join(root, 'src'), join(place, 'src'))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const scripts: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const projects = [...JSON.stringify(scripts).matchAll(/tsc -p (tsconfig[\w.]*\.json)/g)].map(([, project = '']) => project)
  for (const project of projects) {
    // Types are what `npm run check` looks at.
    const run = spawnSync(process.execPath, [tsc, '-p', project, '--noCheck', '--outDir', join(place, 'dist')], {
      cwd: root,
      encoding: 'utf8',
    })
    if (run.status !== 0) throw new Error(run.stdout)
  }
  return join(place, 'dist')
}

t.test('the pages load from the build as from the sources, and show what the gateway says', async (t) => {
  const all = await pagesOf(t)
  const { world, gateway } = all
  const dist = build(t)
  const { startConsole } = (await import(join(dist, 'admin/console/index.js'))) as { startConsole: typeof StartConsole }
  const running = await startConsole({
    host: '127.0.0.1',
    port: 0,
    name: 'localhost',
    certificate: readFileSync(join(world.paths.pki, 'console.crt'), 'utf8'),
    key: readFileSync(join(world.paths.pki, 'console.key'), 'utf8'),
    ciphers: cipherSuites,
    apiSocket: world.paths.api,
  })
  t.teardown(() => running.close())
  const built = { ...all, address: `https://localhost:${running.port}` }
  const { page, complaints } = await logIn(await browserFor(t, all), built, 'root-admin')
  await page.locator('a.breaker', { hasText: 'Q1' }).first().waitFor()
  t.equal(await page.locator('main h1').textContent(), gateway.site().name)
  t.match(
    await page.evaluate(`fetch('/page.js').then((response) => response.text())`),
    /from "\.\/texts\.js"/,
    'what tsc made, not what Node stripped',
  )
  t.same(complaints, [])
})
