import { type LookupFunction, type Socket, connect, createServer } from 'node:net'
import t from 'tap'
import { createWorld, exceptionOf } from '../support/world.ts'

/** Passes each connection on from 127.0.0.2 to 127.0.0.1: the second interface on an address of its own. */
async function forward(from: number, to: number) {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      open.add(one)
      one.on('data', (chunk: Buffer) => other.write(chunk))
      one.on('error', () => undefined)
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(from, '127.0.0.2', resolve))
  const drop = (): void => open.forEach((socket) => socket.destroy())
  return { drop, close: () => (drop(), new Promise((resolve) => server.close(resolve))) }
}

t.test("a bus whose name comes to lead to another bus's interface is not used until it leads to its own [S-31]", async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { tcp, tcp2 } = world.board
  const second = await forward(tcp.port, tcp2.port)
  t.teardown(() => second.close())
  const named = { address: '127.0.0.2' }
  const lookup: LookupFunction = (_, options, end) =>
    options.all === true ? end(null, [{ address: named.address, family: 4 }]) : end(null, named.address, 4)
  const withName = (toml: string): string => toml.replace(`127.0.0.1:${tcp2.port}`, `ife-4.example:${tcp.port}`)
  const { port } = await world.start(withName, { lookup })
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  const read = (unit: number) => {
    scada.setID(unit)
    return scada.readHoldingRegisters(11999, 1)
  }
  t.equal((await read(4)).data.length, 1)
  t.equal((await read(8)).data.length, 1)

  named.address = '127.0.0.1'
  second.drop()
  t.match(await world.heard(({ id }) => id === 'bus-is-another'), {
    data: { bus: 'eth-2', otherBus: 'eth-1', address: `127.0.0.1:${tcp.port}` },
  })
  t.match(await world.heard(({ id, data }) => id === 'bus-down' && data['bus'] === 'eth-2'), {
    data: { reason: /belongs to bus eth-1: nothing is sent/ },
  })
  t.equal(await exceptionOf(read(8)), 10)
  t.equal((await read(4)).data.length, 1, 'the bus that was there first goes on')
  t.notOk(
    world.frames().some(({ bus, unit }) => bus === 'eth-1' && unit === 8),
    'no request of the second bus has reached it',
  )

  named.address = '127.0.0.2'
  await world.heard(({ id, data }) => id === 'bus-up' && data['bus'] === 'eth-2')
  t.equal((await read(8)).data.length, 1)
  t.equal(world.received.filter(({ id }) => id === 'bus-is-another').length, 1, 'one event, however many tries')
})
