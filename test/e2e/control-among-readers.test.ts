import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { encodeRequest } from '../../src/modbus/index.ts'
import { READS_IN_FLIGHT } from '../../src/upstream/limits.ts'
import { rawClient } from '../support/raw-client.ts'
import { commandOf } from '../support/requests.ts'
import { createWorld } from '../support/world.ts'

const open = Buffer.from(encodeRequest(commandOf(904, 10, 4609, 1))).toString('hex')
const CONNECTIONS = 64
const DEPTH = 12
const read = (register: number): string => `03${register.toString(16).padStart(4, '0')}0001`

t.test(
  'two addresses of readers fill all that they may with reads of a bus that does not answer: every one of 40 opens on another bus gets through [CR 7.1]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { port, gateway } = await world.start((toml) =>
      toml
        .replace('from = "127.0.0.1"', 'from = "127.0.0.0/8"')
        .replace(
          '[[access]]',
          '[[listener]]\nname = "hmi"\naddress = "localhost:0"\nclear-text = "read-only"\nrole = "Viewer"\n\n[[access]]',
        )
        .replace('name = "eth-1"', 'name = "eth-1"\nreply-timeout = "30s"\nlongest-wait = "60s"'),
    )
    await gateway.locks.unlock('Q8', 'control', { forMs: 600_000, by: 'ana', reason: 'test of shares', workOrder: '', seen: 'any' })
    world.board.tcp.mute = true
    const scada = rawClient(await world.tls(port))
    t.teardown(() => scada.close())

    let refused = 0
    let tell = (): void => undefined
    // As many are refused when all the others are held, whatever the limits are.
    const full = new Promise<void>((resolve) => (tell = resolve))
    for (const localAddress of ['127.0.0.2', '127.0.0.3']) {
      for (let i = 0; i < CONNECTIONS; i++) {
        const socket = connect({ port: gateway.listeners[1]?.port ?? 0, host: '127.0.0.1', localAddress })
        t.teardown(() => socket.destroy())
        await once(socket, 'connect')
        const reader = rawClient(socket)
        for (let at = 0; at < DEPTH; at++) {
          void reader.ask(4, read(1000 + DEPTH * i + at)).then((pdu) => {
            if (pdu !== '8306') return
            refused += 1
            if (refused === 2 * CONNECTIONS * DEPTH - 1024) tell()
          })
        }
      }
    }
    await full
    const answers: string[] = []
    for (let i = 0; i < 40; i++) answers.push(await scada.ask(8, open))
    t.same(new Set(answers), new Set(['101f3f0014']), 'none is answered 06')
    t.match(await scada.ask(8, read(11_999)), /^0302/, 'and another client reads')
    t.ok(2 * CONNECTIONS * DEPTH - refused <= READS_IN_FLIGHT.inAll, `${refused} of the readers' requests were refused`)
  },
)
