import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { call } from '../support/api.ts'
import { commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

const run = promisify(execFile)
const unlock = { scope: 'control', forSeconds: 300, reason: 'test of commands' }

t.test('open, close and reset move the breaker; what it refuses is recorded in its own words', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start()
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  for (const name of ['Q1', 'Q2', 'Q4']) t.equal((await call(world.paths.api, `/v1/breakers/${name}/unlock`, unlock)).status, 200)
  let outcomes = 0
  const command = async (unit: number, registers: number[]) => {
    scada.setID(unit)
    await scada.writeRegisters(7999, registers)
    outcomes += 1
    const isOutcome = (id: string): boolean => id === 'operation-done' || id === 'operation-refused-by-device'
    await world.heard(() => world.received.filter((message) => isOutcome(message.id)).length >= outcomes)
    return world.received.findLast((message) => isOutcome(message.id))
  }
  t.match(await command(1, commandRegisters(905, 4353)), { id: 'operation-done', data: { operation: 'close circuit breaker Q1' } })
  t.equal(world.board.twins.Q1.closed, true)
  t.match(await command(1, commandRegisters(905, 4353)), { id: 'operation-refused-by-device', data: { reason: 'already closed' } })
  world.board.twins.Q1.trip()
  scada.setID(1)
  t.equal((await scada.readHoldingRegisters(12000, 1)).data[0], 0x06, 'SD and SDE')
  t.match(await command(1, commandRegisters(905, 4353)), { data: { reason: 'tripped, reset first' } })
  t.match(await command(1, commandRegisters(906, 4353)), { id: 'operation-done', data: { operation: 'reset circuit breaker Q1' } })
  t.match(await command(2, commandRegisters(904, 4609)), { id: 'operation-done', data: { operation: 'open circuit breaker Q2' } })
  t.equal(world.board.twins.Q2.closed, false)
  t.equal((await gateway.vault.set('Q4', 'operator', 'nope', 'ana')).kind, 'changed')
  t.match(await command(4, commandRegisters(904, 5377)), {
    id: 'operation-refused-by-device',
    data: { reason: 'not enough rights or wrong password' },
  })
  t.equal((await scada.readHoldingRegisters(8020, 1)).data[0], 0x1501, 'the documented error code')
  t.equal(world.board.twins.Q4.closed, true)
  const identification = await scada.readDeviceIdentification(1, 0)
  t.match(identification.data, ['Schneider Electric', 'MasterPacT MTZ2', 'V1.0'])
})

t.test('a timed unlock shuts by itself, and what comes after it is refused [S-31]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  await call(world.paths.api, '/v1/breakers/Q4/unlock', { ...unlock, forSeconds: 1 })
  await world.heard((message) => message.id === 'relocked-by-timer')
  const scada = await world.scada(port)
  scada.setID(4)
  t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(904, 5377))), 1)
  scada.close(() => undefined)
})

t.test('the command line says what it did, and its exit code says it to a program', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.start()
  const cli = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    try {
      return {
        code: 0,
        ...(await run(process.execPath, [breakwall, ...args], { env: { ...process.env, BREAKWALL_API: world.paths.api } })),
      }
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string }
    }
  }
  const status = await cli('status', '--json')
  t.match(JSON.parse(status.stdout), {
    site: 'demo switchboard',
    breakers: [{ name: 'Q1', locks: { control: { locked: true, by: 'default' } }, discarded: {} }, {}, {}, {}, {}, {}, {}, {}, {}],
  })
  t.match((await cli('status')).stdout, /Q1 ComPacT NSX · pump 1 +1 .*LOCKED/)
  t.match(await cli('unlock', 'Q9', '--for', '5m', '--reason', 'test'), {
    code: 1,
    stderr: /there is no breaker "Q9"\nbreakwall: hint: the breakers are Q1, Q2, Q3, Q4/,
  })
  t.match(await cli('unlock', 'Q1', '--for', '25h', '--reason', 'test'), { code: 2, stderr: /"25h" is not a time from 1s to 24h/ })
  t.match(await cli('unlock', 'Q1', '--for', '9h', '--reason', 'test'), { code: 1, stderr: /this site unlocks for 8 h at most/ })
  t.match(await cli('unlock', 'Q1', '--for', '5m'), { code: 2, stderr: /--reason/ })
  t.match(await cli('unlock', 'Q1', '--for', '5m', '--reason', ' '), { code: 1, stderr: /reason/ })
  t.match(await cli('unlock', 'Q1', '--for', '5m', '--reason', 'WO-1', '--scope', 'protection-setting'), {
    code: 0,
    stdout: /^unlocked: Q1 protection-setting until /,
  })
  t.match(await cli('locks'), { code: 0, stdout: /Q1 +protection-setting +unlocked 0[45]:\d\d/ })
  t.match(await cli('lock', 'Q1', '--scope', 'protection-setting', '--json'), { code: 0, stdout: /"locked":true/ })
  t.match(await cli('events', '--json', '--id', 'gateway-started'), { code: 0, stdout: /"id":"gateway-started".*first start/ })
  t.match(await cli('check', world.paths.config), { code: 0, stdout: /no mistakes/ })
  t.match(await cli('check', '/nowhere.toml', '--json'), { code: 1, stdout: /cannot be read/ })
  t.match(await cli('status', '--api', '/nowhere.sock'), { code: 3, stderr: /no gateway answers on \/nowhere.sock/ })
  t.match(await cli('verify', '--api', '/nowhere.sock'), { code: 3, stderr: /breakwall verify --db FILE/ })
  t.match(await cli('nonsense'), { code: 2 })
  t.match(await cli('--version'), { code: 0, stdout: /^\d+\.\d+\.\d+/ })

  const following = spawn(process.execPath, [breakwall, 'events', '--follow', '--json', '--api', world.paths.api])
  t.teardown(() => following.kill('SIGKILL'))
  const told = new Promise<void>((resolve) => {
    let said = ''
    following.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('people at work')) resolve()
    })
  })
  t.equal((await call(world.paths.api, '/v1/breakers/Q2/lock', { scope: 'control', reason: 'people at work' })).status, 200)
  await told
})

t.test('a lock that is shut while an allowed close waits for the line stops it: not one byte is sent [S-31] [CR 2.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start()
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  await call(world.paths.api, '/v1/breakers/Q1/unlock', unlock)
  world.board.serial.replyDelayMs = 400 // the line is busy with a read while the close is decided
  scada.setID(2)
  const reading = scada.readHoldingRegisters(11999, 10)
  scada.setID(1)
  const closing = exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353)))
  await world.heard((message) => message.id === 'operation-allowed')
  gateway.locks.lock('Q1', 'control', 'bob', 'people at work')
  await reading
  t.equal(await closing, 1)
  t.match(await world.heard((message) => message.id === 'operation-failed'), {
    data: { outcome: 'not-sent', reason: /no longer held .*: nobody at the switchboard has unlocked it/ },
  })
  t.same(
    world.frames().filter((frame) => /^..10/.test(frame.hex)),
    [],
  )
  t.equal(world.board.twins.Q1.closed, false)
})
