import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { type RevocationNotice, watchRevocation } from '../../src/identity/index.ts'

t.test('a revocation file that cannot be examined any more is told, and ends nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-crl-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'crl.pem')
  const clock = virtualClock()
  const told = new Promise<RevocationNotice>((resolve) => {
    const watch = watchRevocation([file], [], { lists: new Map(), untaken: [] }, clock, resolve)
    t.teardown(() => watch.close())
  })
  symlinkSync(file, file) // a link to itself: ELOOP, for root too
  clock.advance(10_000)
  t.match(await told, { kind: 'stale', reason: /ELOOP/ })
})

t.test('a pipe in place of a revocation list is refused at once: the gateway would wait for its writer for good [CR 7.1]', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-crl-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'crl.pem')
  // In a process of its own, which can be ended: a read that waits would wait in this one too.
  const module = `import { readRevocation } from ${JSON.stringify(new URL('../../src/identity/index.ts', import.meta.url).href)}
console.log(JSON.stringify(readRevocation([process.argv[2]], [], 0)))`
  execFileSync('mkfifo', [file])
  const args = ['--input-type=module-typescript', '-', file]
  const env = { ...process.env, NODE_OPTIONS: '' }
  const done = execFileSync(process.execPath, args, { input: module, encoding: 'utf8', timeout: 120_000, env })
  t.match(JSON.parse(done), { kind: 'unusable', why: /a pipe or a device, expected a file/ })
  t.end()
})
