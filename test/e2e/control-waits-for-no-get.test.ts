import { connect as tcpConnect } from 'node:net'
import t from 'tap'
import { encodeRequest } from '../../src/modbus/index.ts'
import { rawClient } from '../support/raw-client.ts'
import { commandOf } from '../support/requests.ts'
import { createWorld } from '../support/world.ts'

const hexOf = (...command: Parameters<typeof commandOf>): string => Buffer.from(encodeRequest(commandOf(...command))).toString('hex')
const open = hexOf(904, 10, 5377, 1)
const close = hexOf(905, 10, 5377, 1)
const getZsi = hexOf(49025, 14, 5377, 0, [0xffff, 0xffff])
const taken = '101f3f0014'
const readStatus = '031f530002'

t.test('a Viewer and a client in the clear that repeat a get keep no operator from opening [CR 7.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start((toml) =>
    toml.replace(
      '[[access]]',
      '[[listener]]\nname = "old-hmi"\naddress = "localhost:0"\nclear-text = "read-only"\nrole = "Viewer"\n\n[[access]]',
    ),
  )
  const clearPort = gateway.listeners[1]?.port ?? 0
  const scada = rawClient(await world.tls(port))
  const viewer = rawClient(await world.tls(port, 'viewer-1'))
  const hmi = rawClient(tcpConnect({ port: clearPort, host: '127.0.0.1' }))
  t.teardown(() => {
    for (const client of [scada, viewer, hmi]) client.close()
  })
  await gateway.locks.unlock('Q4', 'control', { forMs: 600_000, by: 'ana', reason: 'test of turns', workOrder: '', seen: 'any' })
  const finished = async (): Promise<string> => {
    let status = ''
    do status = await scada.ask(4, readStatus)
    while (status.endsWith('0003'))
    return status
  }

  for (const [name, reader] of Object.entries({ viewer, hmi })) {
    await t.test(name, async (t) => {
      for (const [command, code, isClosed] of [
        [open, '0388', false],
        [close, '0389', true],
      ] as const) {
        let got = ''
        do got = await reader.ask(4, getZsi)
        while (got === '9006') // until the gateway has recorded how the command before ended
        t.equal(got, taken, 'nobody is there: it has the turn, and reads nothing')
        t.equal(await reader.ask(4, getZsi), taken, 'again')
        const [answer, ofReader] = await Promise.all([scada.ask(4, command), reader.ask(4, readStatus)])
        t.equal(answer, taken, 'control goes at once')
        t.match(ofReader, /^0304(bf810000|00000000)$/, 'the reader finds its own result, or nothing')
        t.equal(await reader.ask(4, readStatus), '030400000000', 'and never that of the control')
        t.equal(await finished(), `0304${code}0000`)
        t.equal(world.board.twins.Q4.closed, isClosed)
      }
    })
  }

  await t.test('who was refused is next: nobody makes its turn longer', async (t) => {
    let got = ''
    do got = await viewer.ask(4, getZsi)
    while (got === '9006')
    t.equal(await scada.ask(4, getZsi), '9006')
    t.equal(await viewer.ask(4, readStatus), '0304bf810000')
    t.match(await viewer.ask(4, '031f550007'), /^030e000c/, 'it has read all: its turn is over')
    t.equal(await viewer.ask(4, getZsi), '9006', 'the next one is for who was refused')
    t.equal(await scada.ask(4, getZsi), taken)
  })
})
