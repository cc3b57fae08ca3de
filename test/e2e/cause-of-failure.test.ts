import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { promisify } from 'node:util'
import t from 'tap'
import { call } from '../support/api.ts'
import { breakwallService } from '../support/service.ts'
import { commandRegisters, createWorld, exceptionOf, shout } from '../support/world.ts'

const run = promisify(execFile)
const unlock = { scope: 'control', forSeconds: 300, reason: 'test of words' }
const OLD_HMI = '[[listener]]\nname = "old-hmi"\naddress = "localhost:0"\nclear-text = "read-only"\nrole = "Viewer"\n\n[[access]]'

/** A Modbus TCP frame that writes a command to registers 8000 and following. */
function commandFrame(unit: number, registers: readonly number[]): Buffer {
  const pdu = Buffer.alloc(6 + 2 * registers.length)
  pdu.writeUInt8(16, 0)
  pdu.writeUInt16BE(7999, 1)
  pdu.writeUInt16BE(registers.length, 3)
  pdu.writeUInt8(2 * registers.length, 5)
  registers.forEach((value, i) => pdu.writeUInt16BE(value, 6 + 2 * i))
  const header = Buffer.from([0, 7, 0, 0, 0, 1 + pdu.length, unit])
  return Buffer.concat([header, pdu])
}

t.test('a role that differs only in case from one of the site: the connection and each refusal say so [CR 2.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.issue('scada-low', 'operator')
  await world.issue('scada-odd', 'Dispatcher')
  const { port } = await world.start()
  for (const [name, words] of [
    ['scada-low', 'this site has no role "operator": it differs only in case from "Operator"'],
    ['scada-odd', 'this site has no role "Dispatcher"'],
  ] as const) {
    const scada = await world.scada(port, name)
    scada.setID(4)
    t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 1)), 1)
    scada.close(() => undefined)
    t.match(await world.heard(({ id, data }) => id === 'role-invalid' && data['subject'] === name), {
      data: { reason: `${words}, so it has no rights` },
    })
    t.match(await world.heard(({ id, data }) => id === 'operation-denied' && data['subject'] === name), {
      data: { reason: `role: ${words}` },
    })
  }
  const known = await world.scada(port)
  known.setID(4)
  await known.readHoldingRegisters(11999, 1)
  known.close(() => undefined)
  t.notOk(world.received.some(({ id, data }) => id === 'role-invalid' && data['subject'] === 'scada-1'))
})

t.test('a client that sends an open and closes its sending side: it is done, and the client gets its answer', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  t.equal((await call(world.paths.api, '/v1/breakers/Q2/unlock', unlock)).status, 200)
  const socket = await world.tls(port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(socket, 'end')
  socket.end(commandFrame(2, commandRegisters(904, 4609)))
  await ended
  t.equal(Buffer.concat(chunks).toString('hex'), '00070000000602101f3f0014')
  t.match(await world.heard(({ id }) => id === 'operation-done'), { data: { operation: 'open circuit breaker Q2' } })
  t.match(await world.heard(({ id, data }) => id === 'connection-closed' && data['subject'] === 'scada-1'), {
    data: { reason: /^the client closed its sending side with 1 requests open; they were finished/ },
  })
  t.equal(world.board.twins.Q2.closed, false)
})

t.test(
  'a client whose connection is reset while its operation waits: not one byte is sent, and its end is the reason [S-31]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { port } = await world.start()
    await call(world.paths.api, '/v1/breakers/Q1/unlock', unlock)
    world.board.serial.replyDelayMs = 400 // the line is busy with a read while the command waits
    const reader = await world.scada(port, 'viewer-1')
    reader.setID(2)
    const reading = reader.readHoldingRegisters(11999, 10)
    const raw = connectTcp({ host: '127.0.0.1', port })
    await once(raw, 'connect')
    const { connect } = await import('node:tls')
    const file = (name: string): Buffer => readFileSync(`${world.paths.pki}/${name}`)
    const tls = connect({
      socket: raw,
      servername: 'localhost',
      ca: file('site-ca.crt'),
      cert: file('scada-1.crt'),
      key: file('scada-1.key'),
    })
    tls.on('error', () => undefined)
    raw.on('error', () => undefined)
    await once(tls, 'secureConnect')
    tls.write(commandFrame(1, commandRegisters(905, 4353)))
    await world.heard(({ id }) => id === 'operation-allowed')
    raw.resetAndDestroy()
    await reading
    reader.close(() => undefined)
    t.match(await world.heard(({ id }) => id === 'operation-failed'), {
      data: { outcome: 'not-sent', reason: /^its client (has gone|had ended the connection before it was sent)/ },
    })
    t.equal(world.board.twins.Q1.closed, false)
  },
)

t.test('a listener in the clear is announced as what it is, and the wrong protocol on either kind of port is named [S-02]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  writeFileSync(world.paths.config, readFileSync(world.paths.config, 'utf8').replace('[[access]]', OLD_HMI))
  const child = spawn(...breakwallService('serve', '--config', world.paths.config), { stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = await new Promise<string[]>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      const found = said.match(/listening for .*/g) ?? []
      if (found.length === 2 && said.endsWith('\n')) resolve(found)
    })
    child.on('exit', () => reject(new Error(said)))
  })
  const [secure = '', clear = ''] = lines
  t.match(secure, /^listening for Modbus\/TCP Security on .* \(scada\)$/)
  t.match(clear, /^listening for Modbus TCP in the clear, read only on localhost:\d+ \(old-hmi\)$/)
  t.notMatch(clear, /Security|TLS/)
  const portOf = (line: string): number => Number(/:(\d+) \(/.exec(line)?.[1])
  await shout(portOf(secure), Buffer.from('000100000006010300000001', 'hex'))
  t.match(await world.heard(({ id }) => id === 'tls-handshake-failed'), {
    data: { reason: 'not TLS: bytes in the clear, such as plain Modbus TCP, on a port for TLS' },
  })
  await shout(portOf(clear), Buffer.from('16030100c8010000c40303', 'hex'))
  t.match(await world.heard(({ id }) => id === 'frame-malformed'), {
    data: { reason: /looks like a TLS handshake: this port takes Modbus in the clear/ },
  })
})

t.test('an address that is not on this machine (yet) is told as that, not as a port', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  // 192.0.2.0/24 is for documents (RFC 5737): no machine has it.
  const text = readFileSync(world.paths.config, 'utf8')
  writeFileSync(world.paths.config, text.replace(/(\[\[listener\]\][^[]*?address = ")[^"]*"/, '$1192.0.2.7:8802"'))
  const failed = await run(...breakwallService('serve', '--config', world.paths.config)).then(
    () => 'it started',
    (error: unknown) => (error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)),
  )
  t.match(failed, /listener "scada": .*EADDRNOTAVAIL/)
  t.match(failed, /hint: no interface of this machine has the address 192\.0\.2\.7 \(yet\).*network-online/)
  t.notMatch(failed, /another program|1024/)
})
