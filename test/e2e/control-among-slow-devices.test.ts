import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import t from 'tap'
import { loadClient, read } from '../../scripts/bench/load.ts'
import { realClock } from '../../src/platform/index.ts'
import { commandRegisters, createWorld } from '../support/world.ts'

type Test = { teardown(run: () => unknown): void }
const pause = (ms: number): Promise<void> => new Promise((resolve) => void realClock.after(ms, resolve))

/** Register 9999, which no device here answers. */
const isMute = (pdu: Buffer): boolean => pdu[0] === 3 && pdu.readUInt16BE(1) === 9998
const open = commandRegisters(904, 4353)

for (const bus of ['serial', 'tcp'] as const)
  t.test(`${bus}: a Viewer reads a register that the breaker never answers: others read on, and an open gets its try [S-46]`, async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    world.board[bus].ignores = isMute
    const { gateway, port } = await world.start()
    const unit = bus === 'serial' ? 1 : 4
    const name = bus === 'serial' ? 'Q1' : 'Q4'
    await gateway.locks.unlock(name, 'control', { forMs: 600_000, by: 'test', reason: 'test', workOrder: '', seen: 'any' })
    const viewer = loadClient(await world.tls(port, 'viewer-1'))
    const scada = await world.scada(port)
    t.teardown(() => scada.close(() => undefined))
    scada.setID(unit)
    const status = gateway.site().breakers.find((breaker) => breaker.name === name)?.profile.status
    const register = status === undefined || status === 'none' ? 0 : status.register - 1
    t.equal((await scada.readHoldingRegisters(register, 1)).data.length, 1)
    const viewed: number[] = []
    const looks = Array.from({ length: 6 }, async () => viewed.push((await viewer.ask(read(unit, 9999, 1))).pdu[1] ?? 0))
    for (let i = 0; i < 8; i++) t.equal((await scada.readHoldingRegisters(register, 1)).data.length, 1, `read ${i}`)
    const sent = bus === 'serial' ? await scada.writeRegisters(7999, open) : await scada.readHoldingRegisters(register, 1)
    t.ok(sent, 'the open went out')
    await Promise.all(looks)
    t.same(new Set(viewed), new Set([11]), 'whoever asks for it is told that nothing came')
    const breaker = gateway.site().breakers.find((one) => one.name === name)
    t.equal(breaker === undefined ? '' : gateway.buses.get(breaker.bus)?.unitFigures(breaker.address).state, 'answering')
    t.notOk(world.received.some(({ id }) => id === 'breaker-offline'))
    viewer.close()
  })

t.test('a gateway that was stopped for a while answers all that was answered meanwhile, and no breaker is silent [CR 7.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { process: gateway, port } = await world.spawn()
  const clients = await Promise.all(Array.from({ length: 8 }, async () => loadClient(await world.tls(port, 'viewer-1'))))
  for (const ms of [300, 800, 1200, 2500]) {
    const from = performance.now()
    const until = from + ms + 1500
    let i = 0
    const load = clients.map((client) => client.saturate(2, () => read(4, 32_000 + (i++ % 50), 2), from, until))
    await pause(200)
    gateway.kill('SIGSTOP')
    await pause(ms)
    gateway.kill('SIGCONT')
    const all = await Promise.all(load)
    t.ok(all.every(({ latencies }) => latencies.length > 0))
    t.same(
      all.flatMap(({ codes }) => [...codes]),
      [],
      `after ${ms} ms: no exception at all`,
    )
  }
  for (const client of clients) client.close()
})

/** An interface of the test's own; `serve` gets each connection. */
async function interfaceThat(
  t: Test,
  serve: (socket: Socket) => void,
): Promise<{ server: Server; port: number; connections: () => number }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port, connections: () => connections }
}

/** The reply to a read of FC 3: each register 7. */
function answerTo(adu: Buffer): Buffer {
  const quantity = adu.readUInt16BE(10)
  const reply = Buffer.alloc(9 + 2 * quantity, 7)
  adu.copy(reply, 0, 0, 8)
  reply.writeUInt16BE(3 + 2 * quantity, 4)
  reply[8] = 2 * quantity
  return reply
}

t.test(
  'an interface that was taken over and floods the gateway is dropped, once told; the other buses go on [CR 7.1] [S-46]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const frame = Buffer.from('80010000000504030200000', 'hex')
    const flood = Buffer.concat(Array.from({ length: 5000 }, () => Buffer.concat([frame, Buffer.alloc(11 - frame.length)])))
    const taken = await interfaceThat(t, (socket) => {
      const more = (): void => {
        while (socket.writable && socket.write(flood));
      }
      socket.on('drain', more)
      more()
    })
    const { port } = await world.start((toml) => toml.replace(`127.0.0.1:${world.board.tcp.port}`, `127.0.0.1:${taken.port}`))
    const scada = await world.scada(port)
    t.teardown(() => scada.close(() => undefined))
    t.match(await world.heard(({ id }) => id === 'bus-down'), { data: { bus: 'eth-1', reason: /frames that answer nobody/ } })
    scada.setID(8)
    for (let i = 0; i < 50; i++) t.equal((await scada.readHoldingRegisters(31_999, 2)).data.length, 2)
    t.equal(world.received.filter(({ id }) => id === 'bus-down').length, 1)
    t.ok(taken.connections() < 8, `${taken.connections()} connections`)
  },
)

for (const habit of ['after each answer', 'when it is idle'] as const)
  t.test(`an interface that ends its connection ${habit} is read all the same, and raises no alarm [S-46]`, async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const taken = await interfaceThat(t, (socket) =>
      socket.on('data', (adu: Buffer) => {
        socket.write(answerTo(adu))
        if (habit === 'after each answer') socket.end()
        else void realClock.after(300, () => socket.end())
      }),
    )
    const { port } = await world.start((toml) =>
      toml
        .replace(`127.0.0.1:${world.board.tcp.port}`, `127.0.0.1:${taken.port}`)
        .replace('profile = "mtz-micrologic-x"', 'profile = "generic"'),
    )
    const scada = await world.scada(port)
    t.teardown(() => scada.close(() => undefined))
    scada.setID(4)
    for (let i = 0; i < 12; i++) {
      t.same((await scada.readHoldingRegisters(300, 1)).data, [0x0707])
      if (habit === 'when it is idle' && i < 4) await pause(350)
    }
    t.ok(taken.connections() > 4, `${taken.connections()} connections`)
    t.notOk(world.received.some(({ id }) => id === 'bus-down' || id === 'bus-up'))
  })

t.test('bytes that answer nobody keep no serial line from work, and are an event [S-46]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  let babbling = true
  t.teardown(() => (babbling = false))
  const babble = (): void => {
    world.board.serial.inject(Buffer.from([0x55]))
    if (babbling) realClock.after(100, babble)
  }
  babble()
  t.match(await world.heard(({ id }) => id === 'bus-noisy'), { data: { bus: 'rs485-1' } })
  let answered = 0
  for (let i = 0; i < 20; i++)
    answered += await scada.readHoldingRegisters(11_999, 2).then(
      () => 1,
      () => 0,
    )
  babbling = false
  t.ok(answered >= 15, `${answered} of 20 reads were answered`)
  t.equal(world.received.filter(({ id }) => id === 'bus-noisy').length, 1)
})

t.test('a stray byte before or behind a reply costs nothing', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  world.board.serial.stray = { before: Buffer.from([0x00]), behind: Buffer.from([0xff]) }
  for (let i = 0; i < 10; i++) t.equal((await scada.readHoldingRegisters(11_999, 2)).data.length, 2)
})
