import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import type { EventRecord } from '../../src/events/index.ts'
import { encodeRequest } from '../../src/modbus/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { WAITING_EVENTS } from '../../src/journal/limits.ts'
import { something } from '../support/journals.ts'
import { rawClient } from '../support/raw-client.ts'
import { commandOf } from '../support/requests.ts'
import { staffOf } from '../support/staff.ts'
import { type World, createWorld } from '../support/world.ts'

const SECONDS = 4
const CONNECTIONS = 8
const NSX = 4353
const MTZ = 4609
const hexOf = (code: number, kind: number): string => Buffer.from(encodeRequest(commandOf(code, 10, kind, 1))).toString('hex')
const REFUSED = '9001'

/** Eight connections of one certificate in a process of their own; resolves with what they were answered. */
async function flood(world: World, port: number): Promise<{ readonly refused: number; readonly others: number }> {
  const files = ['site-ca.crt', 'hostile.crt', 'hostile.key'].map((name) => join(world.paths.pki, name))
  const program = join(import.meta.dirname, '../../scripts/bench/refused.ts')
  const numbers = [port, SECONDS, CONNECTIONS, 16, 1].map(String)
  const child = spawn(process.execPath, [program, ...numbers, hexOf(905, NSX), ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  await once(child, 'close')
  return JSON.parse(said) as { refused: number; others: number }
}

async function all(journal: Journal): Promise<readonly EventRecord[]> {
  await journal.flush()
  const found: EventRecord[] = []
  for (let more = await journal.read(0, 1000); more.length > 0; more = await journal.read(found.at(-1)?.seq ?? 0, 1000)) found.push(...more)
  return found
}

t.test(
  'beside eight connections that repeat refused writes, no denial of another client, no tag and no permitted command is missing; each refusal is counted [CR 2.9] [CR 7.1]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    await world.issue('hostile', 'Viewer')
    const running = await world.start()
    const { gateway, port } = running
    const staff = await staffOf(world, gateway, { tech: 'FieldTech' })
    await gateway.locks.unlock('Q8', 'control', { forMs: 600_000, by: 'ana', reason: 'test of floods', workOrder: '', seen: 'any' })
    const [scada, viewer] = [rawClient(await world.tls(port)), rawClient(await world.tls(port, 'viewer-1'))]
    const before = await gateway.journal.space()

    const flooding = flood(world, port)
    await world.heard(({ id, data }) => id === 'operation-denied' && data['subject'] === 'hostile')
    const answers: string[] = []
    for (let i = 0; i < 20; i++) answers.push(await scada.ask(8, hexOf(904, MTZ)))
    t.same(new Set(answers), new Set(['101f3f0014']), 'every unlocked control is done')
    const denials = [1, 2, 3, 4, 5].flatMap((unit) => [904, 905].map((code) => ({ unit, code })))
    for (const { unit, code } of denials) t.equal(await viewer.ask(unit, hexOf(code, NSX)), REFUSED)
    for (const breaker of ['Q2', 'Q3', 'Q4'])
      t.match(await staff['tech']?.(`/v1/breakers/${breaker}/tags`, { reason: 'at work', workOrder: 'WO-1' }), { status: 200 })
    const { refused, others } = await flooding
    scada.close()
    viewer.close()

    const after = await gateway.journal.space()
    t.ok(after.journalBytes - before.journalBytes < 8e6, `${after.journalBytes - before.journalBytes} bytes more`)
    await running.stop()
    const again = await world.start()
    t.same([...new Set(again.gateway.tags.tags().tags.map(({ on }) => ('breaker' in on ? on.breaker : '')))].sort(), ['Q2', 'Q3', 'Q4'])
    const events = await all(again.gateway.journal)
    const of = (subject: string, id: string) => events.filter((one) => one.id === id && one.fields.subject === subject)
    const counted = of('hostile', 'events-collapsed').filter(({ fields }) => fields.event === 'operation-denied')
    const sums = counted.reduce((sum, { fields }) => sum + Number(fields.count), 0)
    t.equal(of('hostile', 'operation-denied').length + sums, refused, 'answered refusals = events + sums, exactly')
    t.equal(others, 0)
    t.ok(counted.every(({ severity, fields }) => severity === 3 && fields.breaker === 'Q1' && fields.source === '127.0.0.1'))
    t.equal(of('viewer-1', 'operation-denied').length, denials.length, 'each denial of another client is there')
    t.equal(events.filter(({ id }) => id === 'tag-hung').length, 3)
    t.equal(of('scada-1', 'operation-allowed').length, 20)
    t.equal(events.filter(({ id }) => id === 'events-lost').length, 0)
    await again.stop()
  },
)

t.test(
  'more events than the disk takes are counted in an event that the SOC gets, and a lock gets its place beside them [CR 2.9]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    // Alarms only: datagrams are lost where ten thousand come at once.
    const { gateway } = await world.start((toml) => toml.replace('[[sink]]\n', '[[sink]]\nfrom-severity = "critical"\n'))
    const before = gateway.journal.head().seq
    const flood = WAITING_EVENTS.other + 5000
    for (let i = 0; i < flood; i++) gateway.journal.note(something(i))
    const kept = gateway.journal.keep(something(-1), { test: '1' })
    const lost = await world.heard(({ id }) => id === 'events-lost')
    t.equal(lost.priority & 7, 1)
    t.type(await kept, 'number')
    const there = (await all(gateway.journal)).filter(({ seq, fields }) => seq > before && /^p\d/.test(String(fields.subject)))
    t.equal(there.length + Number(lost.data['count']), flood)
    t.match(lost.data['reason'], /^locked \d+$/)
  },
)
