import t from 'tap'
import { breakers } from '../../hil/rig/switchboard.ts'
import { rawClient } from '../support/raw-client.ts'
import { profileOf } from '../support/requests.ts'
import { createWorld, exceptionOf } from '../support/world.ts'

t.test('every register that the documents list of each family is read through its interface, as it is [S-13]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  const scada = await world.scada(port, 'viewer-1')
  t.teardown(() => scada.close(() => undefined))
  let registers = 0
  for (const { name, unit, profile } of breakers) {
    scada.setID(unit)
    const twin = world.board.twins[name]
    for (const { from, to } of profileOf(profile).readable) {
      for (let first = from; first <= to; first += 125) {
        const quantity = Math.min(125, to - first + 1)
        const read = from === 12000 ? scada.readInputRegisters(first - 1, quantity) : scada.readHoldingRegisters(first - 1, quantity)
        const { data } = await read
        // Of the command interface a client sees its own command, and this one has sent none.
        const expected = from === 8000 ? Array<number>(quantity).fill(0) : twin.read(first, quantity)
        if (data.join() !== expected.join()) t.same(data, expected, `${name} ${first}`)
        registers += quantity
      }
    }
  }
  t.ok(registers > 7_500, `${registers} registers of ${breakers.length} devices`)
  scada.setID(8)
  t.equal(await exceptionOf(scada.readHoldingRegisters(8752, 1)), 2, 'what a device does not have is the device’s own exception')
})

/** Writes 1 into 8000 of address 1: a frame with its CRC, as it would stand on the line. */
const HIDDEN = '01061f3f00017fd2'

t.test('the functions beyond registers are answered by the device that was asked', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  const raw = rawClient(await world.tls(port, 'viewer-1'))
  t.teardown(() => raw.close())
  const { Q1, Q4 } = world.board.twins
  const hex = (values: number[]): string => values.map((value) => value.toString(16).padStart(4, '0')).join('')
  for (const [unit, twin] of [
    [1, Q1],
    [4, Q4],
  ] as const) {
    const scattered = [12001, 12016, 32000]
    const addresses = hex(scattered.map((register) => register - 1))
    const values = hex(scattered.flatMap((register) => twin.read(register, 1)))
    t.equal(await raw.ask(unit, `6408 0407 ${addresses}`), `64080407${values}`, 'FC 100/4')
    t.equal(await raw.ask(unit, `640c04072ee0${HIDDEN}`), 'e401', 'a list that holds a whole write')
    t.notOk(world.frames().some((frame) => frame.hex.includes(HIDDEN)))
    t.match(await raw.ask(unit, '2b0e0100'), /^2b0e0101000003/, 'FC 43/14')
    t.match(await raw.ask(unit, '2b0f00'), /^2b0f0000/, 'FC 43/15')
    t.equal(await raw.ask(unit, '08 0000 a537'), '080000a537', 'FC 8/0')
    t.equal(await raw.ask(unit, '08 000c 0000'), '08000c0007', 'FC 8/12')
    t.equal(await raw.ask(unit, '07'), '8701', 'what a device lacks is its own exception')
    t.equal(await raw.ask(unit, '11'), '9101')
  }
})
