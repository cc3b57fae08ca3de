import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { SecurityEvent } from '../../../src/events/index.ts'
import { openCertificateInventory } from '../../../src/gateway/access/certificate-inventory.ts'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'
import { issue, makeAuthority } from '../../support/pki.ts'

const DAY = 86_400_000

/** Certificates of 90 days on a virtual clock, and what the book tells of them. */
async function place(t: { teardown(run: () => void): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-book-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const clock = virtualClock()
  await makeAuthority(folder, 'test', clock)
  await issue(folder, 'gateway', { kind: 'server', hosts: ['x'] }, 90, 'ec', clock)
  await issue(folder, 'scada-1', { kind: 'client', role: 'Operator' }, 90, 'ec', clock)
  await issue(folder, 'scada-2', { kind: 'client', role: 'Operator' }, 400, 'ec', clock)
  const states = new Map<string, string>()
  const told: { day: number; event: SecurityEvent }[] = []
  const started = clock.utcUs()
  const journal = {
    states: (prefix: string) => Promise.resolve(new Map([...states].filter(([key]) => key.startsWith(prefix)))),
    putState(key: string, value: string) {
      states.set(key, value)
      return Promise.resolve('written' as const)
    },
    note(event: SecurityEvent, more: Readonly<Record<string, string>> = {}) {
      for (const [key, value] of Object.entries(more)) states.set(key, value)
      told.push({ day: Math.floor((clock.utcUs() - started) / 1000 / DAY), event })
    },
  }
  const certificate = (name: string): X509Certificate => new X509Certificate(readFileSync(join(folder, `${name}.crt`)))
  return { clock, told, states, certificate, open: () => openCertificateInventory(journal, clock) }
}
const client = { kind: 'client', role: 'Operator', where: 'listener scada' } as const
const own = { kind: 'own', role: '', where: 'listener scada' } as const

t.test(
  'the end of a certificate is told 60, 30, 7 and 1 days before and when it is there, once each, over restarts too [CR 1.8]',
  async (t) => {
    const { clock, told, certificate, open } = await place(t)
    let book = await open()
    const useAll = (): void => {
      book.own([{ certificate: certificate('gateway'), use: own }])
      book.saw(certificate('scada-1'), client)
    }
    useAll()
    t.match(book.list(), [
      { name: 'gateway', kind: 'own' },
      { name: 'scada-1', role: 'Operator', where: 'listener scada' },
    ])
    for (let day = 0; day < 95; day++) {
      clock.advance(DAY)
      if (day === 40) {
        book.close()
        book = await open()
        useAll()
        clock.advance(0)
      }
    }
    const ofGateway = told.filter(({ event }) => event.fields.subject === 'gateway')
    t.same(
      ofGateway.map(({ day, event }) => [day, event.id, event.fields.days ?? '']),
      [
        [30, 'certificate-expiring', 60],
        [60, 'certificate-expiring', 30],
        [83, 'certificate-expiring', 7],
        [89, 'certificate-expiring', 1],
        [90, 'certificate-expired', ''],
      ],
    )
    t.equal(told.filter(({ event }) => event.fields.subject === 'scada-1').length, 5)
    book.close()
  },
)

t.test('a client that shows a newer certificate is not warned of the one before it', async (t) => {
  const { clock, told, certificate, open } = await place(t)
  const book = await open()
  book.saw(certificate('scada-1'), client)
  const newer = Object.create(certificate('scada-2')) as X509Certificate
  Object.defineProperty(newer, 'subject', { value: 'CN=scada-1' })
  for (const name of ['fingerprint256', 'serialNumber', 'validToDate'] as const)
    Object.defineProperty(newer, name, { value: certificate('scada-2')[name] })
  book.saw(newer, client)
  for (let day = 0; day < 95; day++) clock.advance(DAY)
  t.same(told, [])
  book.close()
})

t.test('who was seen when outlives a restart', async (t) => {
  const { clock, states, certificate, open } = await place(t)
  const first = await open()
  first.saw(certificate('scada-1'), client)
  const seenAt = clock.utcUs() / 1000
  first.close()
  t.equal(states.size, 1)
  clock.advance(3 * DAY)
  const again = await open()
  t.match(again.list(), [{ name: 'scada-1', lastSeenMs: seenAt }])
  again.close()
})
