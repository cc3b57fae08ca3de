import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { breakers } from '../../hil/rig/switchboard.ts'
import { intrusivePaths } from '../support/intrusive-paths.ts'
import { type RawClient, rawClient } from '../support/raw-client.ts'
import { createWorld } from '../support/world.ts'

const nameOf = (unit: number): (typeof breakers)[number]['name'] => {
  const found = breakers.find((breaker) => breaker.unit === unit)
  if (found === undefined) throw new Error(`no breaker has unit ${unit}`)
  return found.name
}

/** Reads the result of one's command as the documents say: poll 8021 while it is in progress, then look at its low byte. */
async function resultOf(client: RawClient, unit: number): Promise<string> {
  for (;;) {
    const reply = await client.ask(unit, '031f530002')
    const status = reply.slice(8, 12)
    if (status !== '0003') return status === '0000' ? 'done' : status
  }
}

t.test(
  'every intrusive path is refused while locked, with not one byte on a bus, and done when allowed [S-13] [S-29] [S-31] [CR 2.1]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { port, gateway } = await world.start()
    const clients = { 'scada-1': rawClient(await world.tls(port)), 'engineer-1': rawClient(await world.tls(port, 'engineer-1')) }
    t.teardown(() => Object.values(clients).forEach((client) => client.close()))
    const intrusive = (): number => world.frames().filter(({ hex }) => /^..(05|06|0f|10|15|16|17|2b10|08000[134a]|080014)/.test(hex)).length

    await t.test('while locked', async (t) => {
      for (const path of intrusivePaths) {
        const answer = await clients[path.client].ask(path.unit, path.pdu)
        t.match(answer, /^[89a][0-9a-f]01$/, `${path.what} is exception 01`)
      }
      t.equal(intrusive(), 0, 'not one intrusive frame has reached a breaker')
      const denied = await world.heard(
        (message) => message.id === 'operation-denied' && message.data['unit'] === '9' && /locked/.test(message.data['reason'] ?? ''),
      )
      t.match(denied.data['operation'], /^set the clock of E4 to 2030-01-02 03:04:/)
    })

    await t.test('when its scope is unlocked, and only then', async (t) => {
      for (const path of intrusivePaths) {
        const name = nameOf(path.unit)
        const twin = world.board.twins[name]
        await gateway.locks.unlock(name, path.scope, { forMs: 60_000, by: 'ana', reason: 'test of every path', workOrder: '', seen: 'any' })
        if (path.before !== undefined) path.before(twin)
        const before = intrusive()
        const answer = await clients[path.client].ask(path.unit, path.pdu)
        t.notMatch(answer, /^[89a][0-9a-f]..$/, `${path.what} is answered`)
        if (path.command) t.equal(await resultOf(clients[path.client], path.unit), 'done', `${path.what}: register 8021`)
        t.ok(path.done(twin), `${path.what} is done`)
        t.equal(intrusive(), before + 1, `${path.what} was sent once`)
        gateway.locks.lock(name, path.scope, 'ana', 'next')
      }
    })

    await t.test('each was recorded before it was sent and its outcome after it [CR 2.8]', async (t) => {
      await world.heard(() => world.received.filter(({ id }) => id === 'operation-done').length >= intrusivePaths.length)
      const allowed = world.received.filter(({ id }) => id === 'operation-allowed')
      t.equal(allowed.length, intrusivePaths.length)
      for (const { data } of allowed) {
        const done = world.received.find(({ id, data: other }) => id === 'operation-done' && other['correlation'] === data['correlation'])
        if (done === undefined || done.data['operation'] !== data['operation']) t.fail(`${data['operation'] ?? ''} has no outcome`)
      }
      t.notMatch(JSON.stringify(world.received), /op42|Adm1|6f703432|41646d31|ZqXw|5a715877/, 'no password anywhere')
    })
  },
)

t.test('open and close of a MicroLogic Active, which asks for no password, are gated all the same', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start()
  const scada = rawClient(await world.tls(port))
  t.teardown(() => scada.close())
  const close = intrusivePaths.find((path) => path.what === 'Q8 close')
  if (close === undefined) return t.fail('Q8 has no close')
  t.equal(await scada.ask(8, close.pdu), '9001')
  t.equal(world.board.twins.Q8.closed, false)
  await gateway.locks.unlock('Q8', 'control', { forMs: 60_000, by: 'ana', reason: 'test', workOrder: '', seen: 'any' })
  t.equal(await scada.ask(8, close.pdu), '101f3f0014')
  t.equal(await resultOf(scada, 8), 'done')
  t.equal(world.board.twins.Q8.closed, true)
  return undefined
})

t.test('a command whose length is in no document is refused though unlocked, until a profile of the site gives it', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const command = '101f3f001428' + 'b08b0010140100010000' + '0000' + '00'.repeat(20) + '00001f531f541f55'
  const attempt = async (): Promise<string> => {
    const running = await world.start()
    await running.gateway.locks.unlock('Q1', 'protection-setting', { forMs: 60_000, by: 'ana', reason: 'test', workOrder: '', seen: 'any' })
    const engineer = rawClient(await world.tls(running.port, 'engineer-1'))
    const answer = await engineer.ask(1, command)
    const result = answer === '9001' ? 'refused' : await resultOf(engineer, 1)
    engineer.close()
    await running.stop()
    return result
  }
  t.equal(await attempt(), 'refused')
  t.match(await world.heard((message) => message.id === 'operation-denied'), {
    data: { operation: /^set ground-fault protection of Q1.*no document here gives the length of command 45195/ },
  })
  mkdirSync(join(world.paths.state, 'profiles'))
  writeFileSync(
    join(world.paths.state, 'profiles', 'nsx-bscm.toml'),
    `family = "ComPacT NSX"
interface = "BSCM, behind an IFM"
include = ["parts/data-sets"]

[[command]]
code = 45195
words = "set ground-fault protection of {breaker}"
class = "protection-setting"
length = 16
destination = 5121
security = 1
password = ["administrator"]
source = "our own copy of DOCA0091EN"
`,
  )
  t.equal(await attempt(), 'done')
})
