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
