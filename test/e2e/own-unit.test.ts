import t from 'tap'
import { commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

t.test('a panel reads from unit 255 what is locked, by whom, and why it was refused, and no bus hears of it', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start()
  const panel = await world.scada(port)
  const viewer = await world.scada(port, 'viewer-1')
  t.teardown(() => {
    panel.close(() => undefined)
    viewer.close(() => undefined)
  })
  const block = async (client: typeof panel, first: number, quantity: number): Promise<number[]> => {
    client.setID(255)
    return (await client.readHoldingRegisters(first - 1, quantity)).data
  }
  const text = (registers: readonly number[]): string =>
    registers
      .map((n) => String.fromCharCode(n >> 8, n & 255))
      .join('')
      .replace(/\0+$/, '')
  panel.setID(1)
  await panel.readHoldingRegisters(11999, 20)
  gateway.locks.lock('Q1', 'control', 'ana', 'people at work')
  const frames = world.frames().length

  t.same(await block(panel, 1, 4), [1, 1, 2, 3], 'edition and version')
  t.same(await block(panel, 8, 3), [1, 4, 9], 'journal, buses, breakers')
  t.same(await block(panel, 101, 5), [1, 1, 1, 1, 0])
  const q1 = await block(panel, 1020, 20)
  t.same(q1.slice(0, 3), [1, 1, 1], 'configured, answers, open')
  t.same(q1.slice(4, 6), [1, 0], 'locked')
  t.equal(q1[10], 2, 'by a person')
  t.equal(text(q1.slice(11, 19)), 'ana')
  t.equal(world.frames().length, frames, 'not one frame on any bus')

  await t.test('an unlock is seen with its time', async (t) => {
    await gateway.locks.unlock('Q1', 'control', { forMs: 300_000, by: 'bob', reason: 'WO-7', workOrder: '', seen: 'any' })
    const [state, left = 0] = await block(viewer, 1024, 2)
    t.equal(state, 2)
    t.ok(left > 290 && left <= 300, String(left))
    t.equal(text(await block(viewer, 1031, 8)), 'bob')
  })

  await t.test('each client reads its own last refusal', async (t) => {
    t.same(await block(panel, 201, 3), [0, 0, 0])
    panel.setID(4)
    t.equal(await exceptionOf(panel.writeRegisters(7999, commandRegisters(905, 5377))), 1)
    t.same(await block(panel, 201, 3), [4, 4, 16], 'locked, unit 4, FC 16')
    t.equal(text(await block(panel, 205, 32)), 'close circuit breaker Q4')
    t.match(text(await block(panel, 237, 48)), /^nobody at the switchboard has unlocked it$/)
    t.same(await block(viewer, 201, 3), [0, 0, 0], 'another client sees nothing of it')
  })

  await t.test('it can be read by whoever may monitor, and not written by anybody', async (t) => {
    panel.setID(255)
    t.match((await panel.readDeviceIdentification(1, 0)).data, ['Breakwall', 'breakwall-gateway', '1.2.3'])
    t.equal((await panel.readInputRegisters(0, 1)).data[0], 1)
    t.equal(await exceptionOf(panel.readHoldingRegisters(10, 1)), 2, 'register 11 is not in the map')
    t.equal(await exceptionOf(panel.readHoldingRegisters(1999, 1)), 2, 'unit 50 is not configured')
    t.equal(await exceptionOf(panel.writeRegister(6, 0)), 1)
    t.match(await world.heard((message) => message.id === 'operation-denied' && message.data['breaker'] === 'gateway'), {
      data: { operation: 'operate the gateway itself', reason: /^unknown-operation/ },
    })
    await world.issue('norole', '')
    const nobody = await world.scada(port, 'norole')
    nobody.setID(255)
    t.equal(await exceptionOf(nobody.readHoldingRegisters(0, 1)), 1)
    nobody.close(() => undefined)
  })
})

t.test('the own unit can be another one, or none', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const seven = await world.start((toml) => toml.replace('name = "demo switchboard"', 'name = "demo switchboard"\nown-unit = 100'))
  const scada = await world.scada(seven.port)
  scada.setID(100)
  t.equal((await scada.readHoldingRegisters(0, 1)).data[0], 1)
  scada.setID(255)
  t.equal(await exceptionOf(scada.readHoldingRegisters(0, 1)), 10)
  scada.close(() => undefined)
  await seven.stop()
  const none = await world.start((toml) => toml.replace('own-unit = 100', 'own-unit = "none"'))
  const again = await world.scada(none.port)
  again.setID(255)
  t.equal(await exceptionOf(again.readHoldingRegisters(0, 1)), 10)
  again.close(() => undefined)
})
