import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { passwords } from '../../hil/twins/breaker.ts'
import { readPcapng } from '../support/pcapng.ts'
import { type World, commandRegisters, createWorld } from '../support/world.ts'

const main = join(import.meta.dirname, '../../src/main.ts')

/** Starts a recording, runs `during` once it has begun, and ends it as a person does. */
async function recorded(
  world: World,
  bus: string,
  during: () => Promise<void>,
): Promise<{ file: string; said: string; code: number | null }> {
  const file = join(world.paths.state, `${bus}.pcapng`)
  const child = spawn(process.execPath, [main, 'capture', bus, '-w', file, '--api', world.paths.api])
  let said = ''
  const begun = new Promise<void>((resolve) =>
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      resolve()
    }),
  )
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  const gone = new Promise<number | null>((resolve) => child.on('exit', resolve))
  await begun
  await during()
  child.kill('SIGINT')
  return { file, code: await gone, said }
}

t.test('what passes on a bus is recorded on both sides, as Wireshark reads it, without one password [S-13]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start()
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  await gateway.locks.unlock('Q1', 'control', { forMs: 60_000, by: 'ana', reason: 'capture test', workOrder: '', seen: 'any' })
  const command = commandRegisters(905, 4353)
  command.splice(4, 2, 0x5a71, 0x5877) // a password that SCADA should not have sent
  const { file, code, said } = await recorded(world, 'rs485-1', async () => {
    await scada.readHoldingRegisters(11999, 10)
    await scada.writeRegisters(7999, command)
    await scada.readHoldingRegisters(7999, 20)
    await world.heard((message) => message.id === 'operation-done')
  })
  t.equal(code, 0, said)
  t.ok(await world.heard((message) => message.id === 'capture-started'))
  const bytes = readFileSync(file)
  const { linkTypes, packets } = readPcapng(bytes)
  t.same(linkTypes, [101, 250])
  const rtu = packets.filter((packet) => packet.interface === 1).map(({ data }) => data.subarray(12).toString('hex'))
  const tcp = packets.filter((packet) => packet.interface === 0)
  t.ok(
    rtu.some((hex) => hex.startsWith('01032edf000a')),
    'the read on the line',
  )
  t.ok(
    rtu.some((hex) => hex.startsWith('01101f3f00142803890')),
    'the command on the line',
  )
  t.ok(tcp.some(({ data, comment }) => data.subarray(40).toString('hex').includes('01032edf000a') && comment === 'scada-1 (Operator)'))
  for (const word of [...Object.values(passwords), 'ZqXw']) t.notOk(bytes.includes(word), `${word} is nowhere in it`)

  await t.test('and the program itself reads it', { skip: spawnSync('tshark', ['-v']).status !== 0 && 'tshark is not installed' }, (t) => {
    const { stdout } = spawnSync(
      'tshark',
      ['-r', file, '-d', 'rtacser.data,mbrtu', '-T', 'fields', '-e', 'frame.protocols', '-e', '_ws.expert'],
      {
        encoding: 'utf8',
      },
    )
    t.match(stdout, /modbus/)
    t.equal(stdout.split('\n').filter((line) => /mbrtu|rtacser:.*modbus/.test(line)).length > 0, true, 'RTU frames are decoded')
    t.notMatch(stdout, /[Mm]alformed|CRC incorrect/)
    t.end()
  })
})

t.test('a bus that is not there and a file that cannot be written are said in words', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.start()
  const run = (...args: string[]) =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, [main, 'capture', ...args, '--api', world.paths.api])
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
      child.on('exit', (code) => resolve({ code, said }))
    })
  t.match(await run('nope', '-w', join(world.paths.state, 'x')), { code: 1, said: /no bus "nope"[^]*rs485-1, rs485-2/ })
  t.match(await run('eth-1', '-w', '/nonexistent/x'), { code: 1, said: /\/nonexistent\/x cannot be written/ })
  t.match(await run('eth-1', '-w', '/dev/null', '--for', 'long'), { code: 2, said: /"long" is not a time/ })
})
