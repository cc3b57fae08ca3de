import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createClientTrust, newest, readRevocation } from '../../src/identity/index.ts'
import * as c from '../support/chains.ts'
import { integer, utcTime } from '../support/der.ts'

const root = c.certify({ name: 'root', extensions: c.CA })
const gone = c.certify({ name: 'leaf', by: root, extensions: c.LEAF, serial: '2a' })
const delta = c.extension('2.5.29.27', integer('01'), true)
const list = (more: Partial<c.List> = {}) => c.revoke({ by: root, revoked: ['2a'], ...more })
const clock = { utcUs: () => c.NOW_MS * 1000 }
const folder = mkdtempSync(join(tmpdir(), 'breakwall-lists-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

t.test('of two lists the newer one counts; a number that goes back, a partial or a future one takes nothing back [CR 1.9]', (t) => {
  const files = (...ders: Buffer[]) => {
    writeFileSync(join(folder, 'now.der'), ders[0] ?? Buffer.of())
    const read = readRevocation([join(folder, 'now.der')], [c.read(root)], c.NOW_MS)
    if (read.kind === 'unusable') throw new Error(read.why)
    return read
  }
  const inForce = files(list({ number: '05' }).der).lists
  const revoked = (lists: typeof inForce) => {
    const trust = createClientTrust({ authorities: [c.read(root)], lists: () => lists, stale: 'admit', clock })
    return trust({ certificate: c.read(gone), chain: [] }).kind === 'refused'
  }
  t.ok(revoked(inForce))
  const june = (day: string) => utcTime(`2606${day}000000Z`)
  for (const [what, der, stays] of [
    ['older', list({ number: '04', from: utcTime('260501000000Z'), revoked: [] }).der, true],
    ['a lower number', list({ number: '04', from: june('02'), revoked: [] }).der, true],
    ['no number any more', list({ version: 'v1', from: june('02'), revoked: [] }).der, true],
    ['delta', list({ number: '06', from: june('02'), revoked: [], extensions: [delta] }).der, true],
    ['of 2031', list({ number: '06', from: utcTime('310101000000Z'), until: utcTime('320101000000Z'), revoked: [] }).der, true],
    ['newer', list({ number: '06', from: june('02'), revoked: [] }).der, false],
  ] as const) {
    const read = files(der)
    const now = newest(inForce, read.lists)
    t.equal(revoked(now.lists), stays, what)
    t.equal(read.untaken.length + now.untaken.length, stays ? 1 : 0, `${what}: it is said`)
  }
  t.end()
})
