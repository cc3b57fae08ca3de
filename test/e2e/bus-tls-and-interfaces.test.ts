import { mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { request } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TLSSocket, type TlsOptions, createServer } from 'node:tls'
import t from 'tap'
import { roleOf } from '../../src/identity/index.ts'
import { issue, makeAuthority } from '../support/pki.ts'
import { startTrueLine } from '../../hil/rig/true-line.ts'
import { createWorld, exceptionOf } from '../support/world.ts'

t.test('an adapter that is pulled and put back comes back by itself, by the name that stays the same', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const byId = join(world.paths.state, 'usb-adapter')
  let line = await startTrueLine({ baud: 19200, deviceDelayMs: 5, addresses: [1] })
  symlinkSync(line.path, byId)
  const { port } = await world.start((toml) => toml.replace(world.board.serial.path, byId))
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2)
  await line.close()
  t.match(await world.heard((message) => message.id === 'bus-down'), { data: { bus: 'rs485-1' } })
  t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 2)), 10, 'nothing is sent meanwhile')
  unlinkSync(byId)
  line = await startTrueLine({ baud: 19200, deviceDelayMs: 5, addresses: [1] })
  t.teardown(() => line.close())
  symlinkSync(line.path, byId)
  t.match(await world.heard((message) => message.id === 'bus-up'), { data: { bus: 'rs485-1' } })
  t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2)
  t.equal(line.counts().gapViolations, 0)
})

/** An IFE that speaks Modbus/TCP Security and tells what role its client came with. */
async function secureInterface(t: { teardown(run: () => void): void }, limits: TlsOptions = {}) {
  const pki = mkdtempSync(join(tmpdir(), 'breakwall-'))
  t.teardown(() => rmSync(pki, { recursive: true, force: true }))
  await makeAuthority(pki, 'devices')
  await issue(pki, 'ife', { kind: 'server', hosts: ['ife-3.test', '127.0.0.1'] })
  await issue(pki, 'towards', { kind: 'client', role: 'Gateway' })
  const roles: unknown[] = []
  const text = (name: string): string => readFileSync(join(pki, name), 'utf8')
  const sockets = new Set<TLSSocket>()
  const server = createServer(
    { key: text('ife.key'), cert: text('ife.crt'), ca: text('site-ca.crt'), requestCert: true, rejectUnauthorized: true, ...limits },
    (socket) => {
      sockets.add(socket)
      const certificate = socket.getPeerX509Certificate()
      if (certificate !== undefined) roles.push(roleOf(certificate.raw))
      socket.on('error', () => undefined)
      socket.on('data', (adu: Buffer) => {
        const reply = Buffer.concat([adu.subarray(0, 4), Buffer.from([0, 5]), adu.subarray(6, 8), Buffer.from([2, 0x12, 0x34])])
        socket.write(reply)
      })
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { pki, roles, port: (server.address() as AddressInfo).port }
}

t.test('an interface on port 802 is reached in TLS: certificates on both sides, the role in the client one', async (t) => {
  const { pki, roles, port: secure } = await secureInterface(t)
  const world = await createWorld()
  t.teardown(() => world.close())
  const keys = `certificate = "${pki}/towards.crt"\nkey = "${pki}/towards.key"\ndevices = "${pki}/site-ca.crt"\nserver-name = "ife-3.test"`
  const { port } = await world.start((toml) =>
    toml.replace(`address = "127.0.0.1:${world.board.tcp.port}"`, `address = "127.0.0.1:${secure}"\n${keys}`),
  )
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(4)
  t.same((await scada.readHoldingRegisters(11999, 1)).data, [0x1234])
  t.same(roles, [{ kind: 'role', role: 'Gateway' }])
})

t.test('an interface that somebody else vouches for is not spoken to, with an event that says why', async (t) => {
  const { pki, roles, port: secure } = await secureInterface(t)
  const world = await createWorld()
  t.teardown(() => world.close())
  const keys = `certificate = "${pki}/towards.crt"\nkey = "${pki}/towards.key"\ndevices = "pki/site-ca.crt"\nserver-name = "ife-3.test"`
  const { port } = await world.start((toml) =>
    toml.replace(`address = "127.0.0.1:${world.board.tcp.port}"`, `address = "127.0.0.1:${secure}"\n${keys}`),
  )
  t.match(await world.heard((message) => message.id === 'bus-down'), {
    data: { bus: 'eth-1', reason: /self-signed|unable to (verify|get)/ },
  })
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(4)
  t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 1)), 10)
  t.same(roles.length > 1, false, 'no request went out')
})

t.test('a name that cannot be looked up takes its bus down with the reason, and no other', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start((toml) => toml.replace(`127.0.0.1:${world.board.tcp.port}`, 'no-such-host.invalid:502'))
  t.match(await world.heard((message) => message.id === 'bus-down'), { data: { bus: 'eth-1', reason: /no-such-host/ } })
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2)
})

t.test('the use of each bus and the counts of each unit are in the API and the metrics', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  await scada.readHoldingRegisters(11999, 2)
  t.equal(await exceptionOf(scada.readHoldingRegisters(49_999, 2)), 2)
  const get = (path: string): Promise<string> =>
    new Promise((resolve) => {
      request({ socketPath: world.paths.api, path }, (response) => {
        let said = ''
        response.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
        response.on('end', () => resolve(said))
      }).end()
    })
  const { buses, units } = JSON.parse(await get('/v1/buses')) as { buses: { name: string }[]; units: { breaker: string }[] }
  t.match(
    buses.find(({ name }) => name === 'rs485-1'),
    { up: true, transactions: 2, answers: 2, waiting: 0, warning: '' },
  )
  t.match(
    units.find(({ breaker }) => breaker === 'Q1'),
    { state: 'answering', replies: 2, exceptions: 1, timeouts: 0 },
  )
  const metrics = await get('/v1/metrics')
  t.match(metrics, /breakwall_certificate_expiry_seconds\{name="gateway",kind="own",where="listener scada",serial="[0-9A-F]+"\} 25\d{5}\n/)
  t.match(metrics, 'breakwall_bus_up{bus="rs485-1"} 1')
  t.match(metrics, 'breakwall_unit_exceptions_total{bus="rs485-1",breaker="Q1",unit="1"} 1')
  t.match(metrics, /breakwall_unit_response_seconds\{bus="rs485-1",breaker="Q1",unit="1",quantile="0\.99"\} 0\.0\d+/)
})

t.test('another master on the line is an event, however often it talks one within ten seconds [S-40]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const line = await startTrueLine({ baud: 19200, deviceDelayMs: 5, addresses: [1], chatter: true })
  t.teardown(() => line.close())
  await world.start((toml) => toml.replace(world.board.serial.path, line.path))
  t.match(await world.heard((message) => message.id === 'foreign-master-suspected'), {
    data: { bus: 'rs485-1', unit: '9', functionCode: '3', reason: /somebody else asks unit 9/ },
  })
})

t.test('an interface that can do no better than SHA-1 is not spoken to [R-50]', async (t) => {
  const { pki, port: secure } = await secureInterface(t, { ciphers: 'ECDHE-RSA-AES128-SHA', maxVersion: 'TLSv1.2' })
  const world = await createWorld()
  t.teardown(() => world.close())
  const keys = `certificate = "${pki}/towards.crt"\nkey = "${pki}/towards.key"\ndevices = "${pki}/site-ca.crt"\nserver-name = "ife-3.test"`
  await world.start((toml) => toml.replace(`address = "127.0.0.1:${world.board.tcp.port}"`, `address = "127.0.0.1:${secure}"\n${keys}`))
  t.match(await world.heard((message) => message.id === 'bus-down'), { data: { bus: 'eth-1', reason: /handshake failure/ } })
})

t.test('an interface may be pinned: its one certificate is taken, any other is not, and its end is watched [S-38] [CR 1.8]', async (t) => {
  const { pki, port: secure } = await secureInterface(t)
  await issue(pki, 'another', { kind: 'server', hosts: ['127.0.0.1'] })
  for (const [pinned, up] of [
    ['ife', true],
    ['another', false],
  ] as const) {
    const world = await createWorld()
    t.teardown(() => world.close())
    const keys = `certificate = "${pki}/towards.crt"\nkey = "${pki}/towards.key"\npinned = "${pki}/${pinned}.crt"`
    const { gateway, port } = await world.start((toml) =>
      toml.replace(`address = "127.0.0.1:${world.board.tcp.port}"`, `address = "127.0.0.1:${secure}"\n${keys}`),
    )
    const scada = await world.scada(port)
    t.teardown(() => scada.close(() => undefined))
    scada.setID(4)
    if (up) {
      t.equal((await scada.readHoldingRegisters(11999, 1)).data[0], 0x1234, pinned)
      t.match(
        await world.heard(
          ({ id, data }) => id === 'certificate-expiring' && data['where'] === 'pinned on bus eth-1' && data['subject'] === 'ife',
        ),
        {
          data: { days: '30' },
        },
      )
      t.match(
        gateway.certificates.list().find(({ kind }) => kind === 'device'),
        { name: 'ife', where: 'bus eth-1' },
      )
    } else {
      t.match(await world.heard(({ id }) => id === 'bus-down'), {
        data: { bus: 'eth-1', reason: /another certificate than the pinned one: CN=ife/ },
      })
      t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 1)), 10)
    }
  }
})
