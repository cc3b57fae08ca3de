import t from 'tap'
import { createWorld } from '../../../support/world.ts'
import { runCommand } from '../../../support/command.ts'
import { addressOf, labelSvg } from '../../../../src/admin/cli/commands/label.ts'
import { browserFor, pagesOf } from '../../../support/pages.ts'

t.test('a label holds the address of its breaker as a code that a reader reads, and any name as a name', async (t) => {
  const all = await pagesOf(t)
  t.match(await runCommand(all.world.paths, 'label', 'Q1'), { code: 0, stdout: new RegExp(`^<svg.*${all.address}/b/Q1</text>`) })
  const sheet = await runCommand(all.world.paths, 'label', '--all')
  t.equal(sheet.stdout.match(/<svg /g)?.length, 9)
  t.match(await runCommand(all.world.paths, 'label', 'Q99'), { code: 1, stderr: /no breaker "Q99"/ })
  const browser = await browserFor(t, all)
  const page = await browser.newPage()
  const address = addressOf(all.address, 'Q 1/ä')
  t.equal(address, `${all.address}/b/Q%201%2F%C3%A4`)
  const svg = await labelSvg({ name: '<Q&1>', label: '"pump"', family: 'ComPacT NSX' }, 'Plant 7', address)
  await page.setContent(svg)
  t.equal(await page.locator('svg text').first().textContent(), '<Q&1>')
  t.match(svg, /width="105mm" height="148mm"/)
  const { default: qrcode } = await import('qrcode')
  const { modules } = qrcode.create(address, { errorCorrectionLevel: 'Q' })
  t.equal(svg.match(/h1v1h-1z/g)?.length, [...modules.data].filter((on) => on).length, 'every dark module is drawn')
})

t.test('without pages there is no label; a report and the live view are printed for a pipe', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway } = await world.start()
  t.match(await runCommand(world.paths, 'label', 'Q1'), { code: 1, stderr: /no pages[\s\S]*add \[console\]/ })
  const report = await runCommand(world.paths, 'report')
  t.match(report, { code: 0, stdout: /<h1>Site security report<\/h1>[\s\S]*<style>|<style>[\s\S]*<h1>Site security report/ })
  t.notMatch(report.stdout, /Q1 control until/)
  await gateway.locks.unlock('Q1', 'control', { forMs: 60_000, by: 'tech', reason: 'a test', workOrder: '', seen: 'any' })
  t.match((await runCommand(world.paths, 'report')).stdout, /<td>OPEN<\/td><td>Q1 control until/, 'what is unlocked is an open point')
  t.match(report.stdout, /S-38[\s\S]*eth-1 in clear text/)
  t.match(report.stdout, /no clear-text listener<\/td><td>met<\/td><td>TLS only/)
  t.match(report.stdout, /the journal was verified<\/td><td>OPEN<\/td><td>not since the start/)
  t.equal((await runCommand(world.paths, 'verify')).code, 0)
  t.match((await runCommand(world.paths, 'report')).stdout, /the journal was verified<\/td><td>met<\/td><td>\S+ whole, \d+ events/)
  t.match(await runCommand(world.paths, 'top'), {
    code: 0,
    stdout: /demo switchboard · 9 breakers[\s\S]*rs485-1[\s\S]*nothing was refused/,
  })
  t.match(JSON.parse((await runCommand(world.paths, 'top', '--json')).stdout), { status: { site: 'demo switchboard' }, refused: [] })
})

t.test('each shell gets its completion, and bash completes by it', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { stdout } = await runCommand(world.paths, 'completion', 'bash')
  const { execFileSync } = await import('node:child_process')
  const complete = (...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `${stdout}\nCOMP_WORDS=(breakwall ${words.join(' ')}); COMP_CWORD=${words.length}; _breakwall; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n')
  t.same(complete('unl'), ['unlock'])
  t.same(complete('tag', 'rem'), ['remove'])
  t.same(complete('tag', 'hang', '--work'), ['--work-order'])
  t.match(await runCommand(world.paths, 'completion', 'zsh'), { code: 0, stdout: /bashcompinit/ })
  t.match(await runCommand(world.paths, 'completion', 'fish'), { code: 0, stdout: /-a "hang list|-a "list hang/ })
  t.match(await runCommand(world.paths, 'completion', 'tcsh'), { code: 2, stderr: /bash, zsh or fish/ })
})
