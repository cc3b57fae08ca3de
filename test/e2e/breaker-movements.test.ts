import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { freePort } from '../../scripts/bench/free-port.ts'
import { type Clock, realClock } from '../../src/platform/index.ts'
import { breakers } from '../../hil/rig/switchboard.ts'
import { call } from '../support/api.ts'
import { intrusivePaths } from '../support/intrusive-paths.ts'
import { runCommand } from '../support/command.ts'
import { rawClient } from '../support/raw-client.ts'
import { commandRegisters, createWorld } from '../support/world.ts'

t.test(
  'a breaker that opens, closes, trips or is reset is an event: expected where an operation here caused it, else with who was connected [CR 6.2]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { port } = await world.start()
    const scada = await world.scada(port)
    t.teardown(() => scada.close(() => undefined))
    scada.setID(1)
    const status = async (): Promise<unknown> => (await scada.readHoldingRegisters(11999, 2)).data
    const twin = world.board.twins.Q1
    const seen = (id: string, expected: string) => world.heard((message) => message.id === id && message.data['expected'] === expected)
    const press = async (change: () => void): Promise<void> => {
      change()
      twin.refresh()
      await status()
    }
    await status()
    await press(() => void (twin.closed = true))
    t.match(await seen('breaker-closed', 'unexpected'), {
      priority: 13 * 8 + 4,
      data: { breaker: 'Q1', connected: 'scada-1', correlation: '' },
    })
    await press(() => twin.trip())
    t.match(await seen('breaker-tripped', 'unexpected'), { priority: 13 * 8 + 2 })
    await press(() => void (twin.tripped = false))
    await seen('breaker-reset', 'unexpected')
    await press(() => void (twin.closed = true))
    await press(() => void (twin.closed = false))
    await seen('breaker-opened', 'unexpected')

    t.equal((await call(world.paths.api, '/v1/breakers/Q1/unlock', { scope: 'control', forSeconds: 60, reason: 'test' })).status, 200)
    await scada.writeRegisters(7999, commandRegisters(905, 4353))
    const done = await world.heard(({ id }) => id === 'operation-done')
    twin.refresh()
    await status()
    t.match(await seen('breaker-closed', 'expected'), { data: { correlation: done.data['correlation'] ?? '' } })
    await press(() => void (twin.closed = false))
    const opened = world.received.filter(({ id }) => id === 'breaker-opened')
    await world.heard(() => world.received.filter(({ id }) => id === 'breaker-opened').length > opened.length)
    t.match(
      world.received.findLast(({ id }) => id === 'breaker-opened')?.data,
      { expected: 'unexpected' },
      'the close that was asked for does not explain that it opened',
    )
  },
)

t.test('a breaker that was moved while the gateway was away shows at its next start', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const first = await world.start()
  const look = async (port: number): Promise<void> => {
    const scada = await world.scada(port, 'viewer-1')
    scada.setID(2)
    await scada.readHoldingRegisters(11999, 2)
    scada.close(() => undefined)
  }
  await look(first.port)
  await first.stop()
  world.board.twins.Q2.closed = false
  world.board.twins.Q2.refresh()
  const second = await world.start()
  await look(second.port)
  t.match(await world.heard(({ id }) => id === 'breaker-opened'), { data: { breaker: 'Q2', expected: 'unexpected' } })
})

t.test('a setting that was changed is an event with its new value [CR 2.8]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  const paths = intrusivePaths.filter(({ scope, command, client }) => scope === 'other-setting' && !command && client === 'engineer-1')
  const [path] = paths
  if (path === undefined) throw new Error('there is a setting by a plain write')
  const name = breakers.find(({ unit }) => unit === path.unit)?.name ?? ''
  const client = rawClient(await world.tls(port, 'engineer-1'))
  t.teardown(() => client.close())
  t.equal(
    (await call(world.paths.api, `/v1/breakers/${name}/unlock`, { scope: 'other-setting', forSeconds: 60, reason: 'test' })).status,
    200,
  )
  // A serial port takes a moment to open after the start.
  while ((await client.ask(path.unit, '032edf0002')).startsWith('83')) continue
  await client.ask(path.unit, path.pdu)
  const changed = await world.heard(({ id }) => id === 'setting-changed')
  const allowed = await world.heard(({ id }) => id === 'operation-allowed')
  t.match(changed.data, {
    breaker: name,
    subject: 'engineer-1',
    setting: /register|coil|clock/,
    old: 'not read',
    correlation: allowed.data['correlation'] ?? '',
  })
})

t.test('another device that answers at the address of a breaker is an alarm, also over a restart [CR 1.2]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  // Half an hour passes in a second.
  const clock: Clock = { ...realClock, after: (ms, run) => realClock.after(ms >= 30_000 ? ms / 1800 : ms, run) }
  const first = await world.start(undefined, { clock })
  const known = async (): Promise<number> => (await first.gateway.journal.states('identity/')).size
  while ((await known()) < 3) await new Promise<void>((resolve) => void realClock.after(50, resolve))
  await first.stop()
  world.board.twins.Q2.firmware = 'V9.9'
  await world.start(undefined, { clock })
  const changed = await world.heard(({ id }) => id === 'device-identity-changed')
  t.match(changed, { priority: 13 * 8 + 2, data: { breaker: 'Q2', old: /V1\.0$/, new: /V9\.9$/ } })
})

t.test('the commissioning check finds a service in the clear on an Ethernet interface, and each is on record [S-33]', async (t) => {
  const world = await createWorld()
  const server = createServer((socket) => socket.destroy())
  t.teardown(async () => {
    server.close()
    await world.close()
  })
  const open = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
  const shut = await freePort()
  await world.start((toml) =>
    toml
      .replace('name = "eth-1"\n', `name = "eth-1"\nunwanted-services = [${shut}, ${open}]\n`)
      .replace('name = "eth-2"\n', `name = "eth-2"\nunwanted-services = [${shut}]\n`),
  )
  const found = await runCommand(world.paths, 'services')
  t.match(found, {
    code: 1,
    stdout: new RegExp(`eth-1 \\(127.0.0.1\\): OPEN: a service \\(port ${open}\\).*\\neth-2 .*none of ports ${shut} is open`),
  })
  t.match(await world.heard(({ id }) => id === 'device-clear-text-service'), { data: { bus: 'eth-1', reason: `a service (port ${open})` } })
})
