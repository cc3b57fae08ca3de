import { once } from 'node:events'
import t from 'tap'
import { justTheChain, verifyJournal } from '../../src/journal/index.ts'
import { call } from '../support/api.ts'
import { commandRegisters, createWorld } from '../support/world.ts'

t.test('a gateway killed between the permit and the outcome says so when it is back, and is locked [CR 7.4] [CR 3.6]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const first = await world.spawn()
  await call(world.paths.api, '/v1/breakers/Q1/unlock', { scope: 'control', forSeconds: 300, reason: 'kill test' })
  world.board.serial.mute = true // the breaker acts and its reply never comes
  const scada = await world.scada(first.port)
  scada.setID(1)
  const lost = scada.writeRegisters(7999, commandRegisters(905, 4353)).catch(() => 'lost')
  await world.heard((message) => message.id === 'operation-allowed')
  first.process.kill('SIGKILL')
  await once(first.process, 'exit')
  scada.close(() => undefined)
  t.not(await Promise.race([lost, Promise.resolve('pending')]), undefined)

  world.board.serial.mute = false
  const { gateway } = await world.start()
  const unknown = await world.heard((message) => message.id === 'operation-outcome-unknown')
  const allowed = world.received.find((message) => message.id === 'operation-allowed')
  t.equal(unknown.data['correlation'], allowed?.data['correlation'], 'it is the outcome of the operation that was allowed')
  t.match(
    world.received.find((message) => message.id === 'gateway-crash-recovered'),
    { data: { openOperations: '1' } },
  )
  t.match(gateway.locks.locks('Q1').control, { kind: 'locked', by: { kind: 'restart' } }, 'a timed unlock is over after a restart')
  t.ok(await world.heard((message) => message.id === 'locked' && message.data['reason']?.startsWith('restart') === true))
  const seqs = world.received.map((message) => Number(message.data['seq']))
  const first100 = [...new Set(seqs)].sort((a, b) => a - b)
  t.same(
    first100,
    first100.map((_, i) => i + 1),
    'the receiver has every event: none lost over the kill [S-39]',
  )
  t.match(verifyJournal(gateway.journalFile, { ...justTheChain, anchors: [gateway.journal.head()] }), { kind: 'whole' })
})

t.test('two gateways cannot write to one journal', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.spawn()
  await t.rejects(world.start(), /another gateway/)
})
