import t from 'tap'
import { encodeRequest } from '../../src/modbus/index.ts'
import { rawClient } from '../support/raw-client.ts'
import { commandOf } from '../support/requests.ts'
import { createWorld } from '../support/world.ts'

const hexOf = (...command: Parameters<typeof commandOf>): string => Buffer.from(encodeRequest(commandOf(...command))).toString('hex')
const open = hexOf(904, 10, 5377, 1)
const close = hexOf(905, 10, 5377, 1)
const getZsi = hexOf(49025, 14, 5377, 0, [0xffff, 0xffff])
const readStatus = '031f530002'
const readAll = '031f3f0064' // 8000 to 8099

t.test('from a command until its result is read nobody else commands that breaker, or sees what it did', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.issue('scada-2', 'Operator')
  const { port, gateway } = await world.start()
  const first = rawClient(await world.tls(port))
  const second = rawClient(await world.tls(port, 'scada-2'))
  t.teardown(() => {
    first.close()
    second.close()
  })
  await gateway.locks.unlock('Q4', 'control', { forMs: 600_000, by: 'ana', reason: 'test of turns', workOrder: '', seen: 'any' })

  await t.test('another write gets 06, and an event that says why', async (t) => {
    t.equal(await first.ask(4, open), '101f3f0014')
    t.equal(await second.ask(4, close), '9006')
    t.equal(await second.ask(4, getZsi), '9006', 'reading a setting is a command too')
    t.match(await world.heard((message) => message.id === 'operation-denied'), {
      data: { operation: 'close circuit breaker Q4', reason: /^command-of-another/, subject: 'scada-2' },
    })
    t.equal(world.frames().filter(({ unit, hex }) => unit === 4 && hex.startsWith('0410')).length, 1)
  })

  await t.test('another reader finds nothing of it; its owner finds its result', async (t) => {
    const seen = await second.ask(4, readAll)
    t.match(seen, /^03c8(00){200}$/, 'a hundred registers of 0')
    t.equal((await second.ask(4, readStatus)).slice(4), '00000000')
    let status = ''
    do status = await first.ask(4, readStatus)
    while (status.endsWith('0003'))
    t.equal(status, '03040388' + '0000')
    t.equal(world.board.twins.Q4.closed, false)
    t.match((await first.ask(4, readAll)).slice(4), /^0388000a15010001000000000000/, 'its own command, without the password [S-14]')
  })

  await t.test('then the next one has its turn, and the first one sees nothing any more', async (t) => {
    t.equal(await second.ask(4, getZsi), '101f3f0014')
    t.equal((await first.ask(4, readStatus)).slice(4), '00000000')
    t.equal(await first.ask(4, getZsi), '9006', 'its data have not been read')
    t.equal(await second.ask(4, readStatus), '0304' + 'bf81' + '0000')
    t.equal(await first.ask(4, getZsi), '9006', 'still not')
    t.match(await second.ask(4, '031f550007'), /^030e000cffffffff0081/, 'twelve bytes')
    t.equal(await first.ask(4, close), '101f3f0014')
  })

  await t.test('the end of a connection ends its turn; nobody inherits its result', async (t) => {
    first.close()
    let answer = ''
    do answer = await second.ask(4, getZsi)
    while (answer === '9006')
    t.equal(answer, '101f3f0014')
    t.equal(world.board.twins.Q4.closed, true, 'the close was finished and recorded all the same')
    t.ok(await world.heard((message) => message.id === 'operation-done' && message.data['operation'] === 'close circuit breaker Q4'))
  })

  await t.test('another breaker is not concerned', async (t) => {
    await gateway.locks.unlock('Q1', 'control', { forMs: 600_000, by: 'ana', reason: 'test of turns', workOrder: '', seen: 'any' })
    const third = rawClient(await world.tls(port))
    t.equal(await third.ask(1, hexOf(905, 10, 4353, 1)), '101f3f0014')
    third.close()
  })
})
