import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { type Gateway } from '../../src/gateway/index.ts'
import { runCommand } from '../support/command.ts'
import { type World, commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

const hang = (gateway: Gateway, id: string, breaker: string) =>
  gateway.tags.act({ kind: 'hang', id, on: { kind: 'breaker', breaker }, by: 'ben', reason: 'at the busbar', workOrder: '' })
const withConfiguration = (toml: string): string => toml.replace('without-login = [', 'without-login = ["configuration",')
const hanging = (gateway: Gateway): string[] =>
  gateway.tags
    .tags()
    .tags.map(({ id }) => id)
    .sort()
const isOpen = async (world: World, port: number): Promise<number | 'done'> => {
  const scada = await world.scada(port)
  scada.setID(1)
  try {
    return await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353)))
  } catch (error) {
    if (error instanceof Error && error.message === 'no exception came') return 'done'
    throw error
  } finally {
    scada.close(() => undefined)
  }
}
const change = (gateway: Gateway, sql: string): void => {
  const db = new Database(gateway.journalFile)
  db.exec(sql)
  db.close()
}

t.test(
  'a tag that was removed from the file hangs again, every lock is locked, and a person accepts what is in force [CR 3.9] [CR 3.6]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const first = await world.start(withConfiguration)
    await hang(first.gateway, 't1', 'Q1')
    await hang(first.gateway, 't2', 'Q2')
    await first.gateway.tags.act({ kind: 'remove', id: 't2', by: 'ben' })
    t.match(await runCommand(world.paths, 'journal', 'accept-states', '--reason', 'none'), { code: 1, stderr: /nothing to accept/ })
    await first.stop()
    change(first.gateway, `DELETE FROM state WHERE key = 'tag/t1'; UPDATE state SET value = '99999' WHERE key LIKE 'cursor/%'`)

    const second = await world.start()
    t.match(second.gateway.failClosed.faults(), [{ part: 'states', reason: /changed, added or removed a state/ }])
    t.same(hanging(second.gateway), ['t1'], 'by the event that hung it; what was taken off stays off')
    await world.heard(({ id, data }) => id === 'states-not-authentic' && data['count'] !== '0')
    await world.heard(({ id, data }) => id === 'tag-restored' && data['tag'] === 't1')
    await world.heard(({ id, data }) => id === 'self-test-failed' && data['part'] === 'states')
    t.match((await runCommand(world.paths, 'status')).stdout, /ALARM: every operation is denied: states: the stored states do not fit/)
    const asked = { forMs: 60_000, by: 'ana', reason: 'test', workOrder: '', seen: 'any' } as const
    await second.gateway.locks.unlock('Q1', 'control', asked)
    t.equal(await isOpen(world, second.port), 1, 'unlocked, and denied all the same')

    const accepted = await runCommand(world.paths, 'journal', 'accept-states', '--reason', 'compared with the switchboard')
    t.match(accepted, { code: 0, stdout: /Every lock is locked.*tags hang: ben on Q1/ })
    await world.heard(({ id, data }) => id === 'states-accepted' && data['reason'] === 'compared with the switchboard')
    t.same(second.gateway.failClosed.faults(), [])
    t.equal(second.gateway.locks.locks('Q1').control.kind, 'locked', 'what was unlocked meanwhile too')
    await second.gateway.locks.unlock('Q1', 'control', asked)
    t.equal(await isOpen(world, second.port), 1, 'the tag bars it')
    await second.gateway.tags.act({ kind: 'remove', id: 't1', by: 'ben' })
    t.equal(await isOpen(world, second.port), 'done')
    await second.stop()

    const third = await world.start()
    t.same(third.gateway.failClosed.faults(), [], 'from then on they fit')
    t.same(hanging(third.gateway), [])
  },
)

t.test('an older copy of the journal is set aside at start, and what hung in it hangs on under the master lock [CR 3.9]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const first = await world.start(withConfiguration)
  await hang(first.gateway, 't1', 'Q1')
  await first.stop()
  const file = first.gateway.journalFile
  const copy = join(world.paths.state, 'copy.db')
  copyFileSync(file, copy)
  t.notOk(existsSync(`${file}-wal`), 'a stop in order leaves one file')
  const second = await world.start()
  await hang(second.gateway, 't2', 'Q2')
  await second.stop()
  copyFileSync(copy, file)

  const third = await world.start()
  await world.heard(({ id, data }) => id === 'journal-replaced' && /its anchor knows of event/.test(String(data['reason'])))
  t.match(third.gateway.failClosed.faults(), [{ part: 'states' }])
  t.same(hanging(third.gateway), ['t1'], 'all that the older copy knows of')
  t.equal(third.gateway.masterLock.state().on, true, 'and since there may have been more, nothing passes')
  t.match(await runCommand(world.paths, 'journal', 'accept-states', '--reason', 'all tags seen to'), {
    code: 0,
    stdout: /the master lock is ON, tags hang: ben on Q1/,
  })
})

t.test('rubbish among the states ends no start: everything is locked, and what the events know of hangs', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const first = await world.start()
  await hang(first.gateway, 't1', 'Q1')
  await first.stop()
  change(
    first.gateway,
    `UPDATE state SET value = 'rubbish' WHERE key NOT LIKE 'cursor/%'; INSERT INTO state (key, value) VALUES ('checklist/x', 'x'),
    ('grant/x', 'x'), ('lock/Q1/control', '{"kind":"unlocked"}'), ('master-lock', 'x') ON CONFLICT DO NOTHING`,
  )
  const second = await world.start()
  t.match(second.gateway.failClosed.faults(), [{ part: 'states' }])
  t.same(hanging(second.gateway), ['t1'])
  t.equal(second.gateway.locks.locks('Q1').control.kind, 'locked')
  await second.stop()
})
