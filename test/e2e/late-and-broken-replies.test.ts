import { ServerTCP } from 'modbus-serial'
import { createServer } from 'node:net'
import t from 'tap'
import { commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

t.test('a silent breaker is answered 0B, a late reply answers nobody, and the line goes on', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start((toml) => toml.replaceAll('reply-timeout = "600ms"', 'reply-timeout = "200ms"\nread-retries = 0'))
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  world.board.serial.replyDelayMs = 400 // comes while the gateway waits for silence
  t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 125)), 11)
  world.board.serial.replyDelayMs = 0
  scada.setID(2)
  t.same(
    (await scada.readHoldingRegisters(11999, 10)).data,
    world.board.twins.Q2.read(12000, 10),
    'the next reply is of the breaker that was asked',
  )
  world.board.serial.mute = true
  t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 10)), 11)
  world.board.serial.mute = false
  t.same((await scada.readHoldingRegisters(11999, 3)).data, world.board.twins.Q2.read(12000, 3))
  t.equal(world.board.serial.gapViolations, 0, 'no request came before 3.5 characters of silence')
})

t.test('a foreign Ethernet breaker is read, its loss is 0A and an event, its return is noticed', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const free = await freePort()
  const foreign = (): Promise<ServerTCP> =>
    new Promise((resolve) => {
      const server = new ServerTCP(
        { getHoldingRegister: (address: number) => address & 0xff },
        { host: '127.0.0.1', port: free, unitID: 4 },
      )
      server.on('initialized', () => resolve(server))
    })
  let server = await foreign()
  const { port } = await world.start((toml) =>
    toml.replace(`127.0.0.1:${world.board.tcp.port}`, `127.0.0.1:${free}`).replace('profile = "mtz-micrologic-x"', 'profile = "generic"'),
  )
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(4)
  t.same((await scada.readHoldingRegisters(300, 3)).data, [300 & 0xff, 301 & 0xff, 302 & 0xff])
  await new Promise<void>((resolve) => server.close(() => resolve()))
  await world.heard((message) => message.id === 'bus-down')
  t.equal(await exceptionOf(scada.readHoldingRegisters(300, 3)), 10, 'nothing was sent')
  server = await foreign()
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  let answered = 0
  while (answered === 0)
    answered = await scada.readHoldingRegisters(300, 3).then(
      ({ data }) => data.length,
      () => 0,
    )
  t.ok(await world.heard((message) => message.id === 'bus-up'))
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

t.test('a pulled cable takes down its own bus only, with an event, and intrusive operations on it fail as not sent', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start()
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2)
  t.equal(
    await gateway.locks.unlock('Q1', 'control', { forMs: 60_000, by: 'ana', reason: 'cable test', workOrder: '', seen: 'any' }),
    'unlocked',
  )
  world.board.serial.close()
  t.match(await world.heard((message) => message.id === 'bus-down'), { data: { bus: 'rs485-1' } })
  t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 2)), 10)
  t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 10)
  t.match(await world.heard((message) => message.id === 'operation-failed'), {
    data: { outcome: 'not-sent', reason: /the port was lost|cannot open/i },
  })
  scada.setID(4)
  t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, 'the other bus goes on')
})

t.test('on a two-wire adapter that hears its own sending, reads and writes work and no echo confirms a write', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  world.board.serial.echo = true
  const { port, gateway } = await world.start()
  const engineer = await world.scada(port, 'engineer-1')
  t.teardown(() => engineer.close(() => undefined))
  await gateway.locks.unlock('Q2', 'other-setting', { forMs: 60_000, by: 'ana', reason: 'echo test', workOrder: '', seen: 'any' })
  engineer.setID(2)
  t.equal(await exceptionOf(engineer.writeRegister(799, 1)), 10, 'not sent while it is not known whether this line echoes')
  t.match(await world.heard((message) => message.id === 'operation-failed'), {
    data: { outcome: 'not-sent', reason: /whether this line echoes/ },
  })
  t.same((await engineer.readHoldingRegisters(11999, 20)).data, world.board.twins.Q2.read(12000, 20))
  await engineer.writeRegister(799, 3)
  t.same(world.board.twins.Q2.read(800, 1), [3])
  world.board.serial.mute = true // the adapter still echoes; the breaker says nothing
  t.equal(await exceptionOf(engineer.writeRegister(799, 4)), 11, 'an echo alone is no answer')
  t.match(await world.heard((message) => message.id === 'operation-outcome-unknown'), { data: { outcome: 'unknown' } })
})

t.test('what is wrong with replies is counted under its reason for each breaker', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start((toml) => toml.replaceAll('reply-timeout = "600ms"', 'reply-timeout = "150ms"'))
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  world.board.serial.mute = true
  scada.setID(1)
  const heard = world.board.serial.heard('01032edf0002')
  const asked = exceptionOf(scada.readHoldingRegisters(11999, 2))
  await heard
  world.board.serial.inject(Buffer.from('02030412345678b207', 'hex'))
  t.equal(await asked, 11)
  // A busy machine may hand the frame over in pieces with a silence between them, each then discarded; once is test/bus/transaction's to show.
  const discarded = gateway.health.discarded('Q1')
  t.same(Object.keys(discarded), ['unit'])
  t.ok((discarded.unit ?? 0) >= 1)
  t.match(await world.heard((message) => message.id === 'response-invalid'), {
    data: { breaker: 'Q1', reason: /^unit: it came from address 2, address 1 was asked/ },
  })
})
