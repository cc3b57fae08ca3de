import { execFile } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

const run = promisify(execFile)

t.test('a SCADA client reads every breaker; its close is refused until somebody unlocks it [S-09] [S-31] [CR 2.1] [CR 2.8]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  const cli = (...args: string[]) =>
    run(process.execPath, [breakwall, ...args], { env: { ...process.env, BREAKWALL_API: world.paths.api } })
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))

  await t.test('113 registers from 12000 have the values that the breaker holds', async (t) => {
    for (const [unit, twin] of [world.board.twins.Q1, world.board.twins.Q2, world.board.twins.Q3, world.board.twins.Q4].entries()) {
      scada.setID(unit + 1)
      const { data } = await scada.readHoldingRegisters(11999, 113)
      t.same(data, twin.read(12000, 113), twin.name)
    }
    scada.setID(2)
    const { data } = await scada.readHoldingRegisters(12015, 1)
    t.same(data, world.board.twins.Q2.read(12016, 1), 'register 12016 is address 12015')
  })

  scada.setID(1)
  await t.test('the close is answered with exception 01 and not one intrusive frame reaches a bus', async (t) => {
    t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1)
    const viewer = await world.scada(port, 'viewer-1')
    viewer.setID(1)
    t.equal(await exceptionOf(viewer.writeRegisters(7999, commandRegisters(905, 4353))), 1)
    viewer.close(() => undefined)
    t.same(
      world.frames().filter((frame) => !/^..(03|04)/.test(frame.hex)),
      [],
    )
    t.equal(world.board.twins.Q1.closed, false)
  })

  await t.test('after an unlock the same close is done and the status bits show it', async (t) => {
    const { stdout } = await cli('unlock', 'Q1', '--for', '5m', '--reason', 'WO-1182 seal change', '--json')
    t.match(JSON.parse(stdout), { locked: false, reason: 'WO-1182 seal change' })
    await scada.writeRegisters(7999, commandRegisters(905, 4353))
    await world.heard((message) => message.id === 'operation-done')
    t.equal((await scada.readHoldingRegisters(12000, 1)).data[0], 0x01, 'OF of register 12001 is 1')
    const writes = world.frames().filter((frame) => /^..10/.test(frame.hex))
    t.equal(writes.length, 1, 'one intrusive frame, sent once')
    t.equal(
      writes[0]?.hex.startsWith('01101f3f001428' + '0389000a11010001' + Buffer.from('op42').toString('hex')),
      true,
      'with the password of the vault [S-14]',
    )
  })

  await t.test('the journal tells the story in order and its chain is whole [S-39]', async (t) => {
    const { stdout } = await cli('events', '--json', '--limit', '1000')
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; seq: number; fields: Record<string, string> })
    const story = events.filter((event) => event.fields['breaker'] === 'Q1').map((event) => event.id)
    t.same(story, [
      'operation-denied',
      'operation-denied',
      'unlocked',
      'operation-allowed',
      'vault-used',
      'operation-done',
      'breaker-closed',
    ])
    t.same(
      events.map((event) => event.seq),
      events.map((_, i) => i + 1),
      'no number is missing',
    )
    const [allowed, done] = events.filter((event) => event.id === 'operation-allowed' || event.id === 'operation-done')
    t.equal(allowed?.fields['correlation'], done?.fields['correlation'])
    const moved = events.find(({ id }) => id === 'breaker-closed')
    t.match(moved?.fields, { expected: 'expected', correlation: allowed?.fields['correlation'] ?? '' }, 'that it moved was its doing')
    t.match((await cli('verify')).stdout, /the chain is whole/)
    t.match(
      world.received.filter((message) => message.data['breaker'] === 'Q1').map((message) => message.id),
      story,
      'the receiver got the same [S-10]',
    )
    t.notMatch(
      readFileSync(join(world.paths.state, 'state/journal.db')).toString('latin1'),
      /op42|6f703432|Adm1/,
      'no password in the journal [S-14]',
    )
  })

  await t.test('one flipped byte is found and its event named [CR 3.9]', async (t) => {
    const copy = join(world.paths.state, 'copy.db')
    copyFileSync(join(world.paths.state, 'state/journal.db'), copy)
    copyFileSync(join(world.paths.state, 'state/journal.db-wal'), `${copy}-wal`)
    const { default: Database } = await import('better-sqlite3')
    const merged = new Database(copy)
    merged.pragma('wal_checkpoint(TRUNCATE)')
    merged.close()
    const bytes = readFileSync(copy)
    // SQLite leaves old copies of a row in the free space of its pages: the live one is among them.
    for (let at = bytes.indexOf(': WO-1182'); at >= 0; at = bytes.indexOf(': WO-1182', at + 1)) bytes[at + 2] = 'X'.charCodeAt(0)
    writeFileSync(copy, bytes)
    const failed = await cli('verify', '--db', copy, '--json').catch((error: unknown) => error as { code: number; stdout: string })
    t.match(failed, { code: 1 })
    const verdict = JSON.parse(failed.stdout) as { kind: string; seq: number }
    const { stdout } = await cli('events', '--json', '--limit', '1000')
    const unlocked = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; seq: number })
      .find((event) => event.id === 'unlocked')
    t.match(verdict, { kind: 'broken', seq: unlocked?.seq })
  })
})
