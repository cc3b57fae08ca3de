import { mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createWorld } from '../support/world.ts'

t.test('a journal whose disk is mounted after the start: what hangs in it bars, and nothing operates until a restart [S-31]', async (t) => {
  t.setTimeout(200_000)
  const world = await createWorld()
  t.teardown(() => world.close())
  const first = await world.start()
  const why = { by: 'ana', reason: 'at work', workOrder: '' }
  await first.gateway.tags.act({ kind: 'hang', id: 'one', on: { kind: 'breaker', breaker: 'Q1' }, ...why })
  await first.stop()
  const [state, disk, away] = ['state', 'disk', 'away'].map((name) => join(world.paths.state, name)) as [string, string, string]
  mkdirSync(away)
  renameSync(join(state, 'journal.db'), join(away, 'journal.db'))
  symlinkSync(join(disk, 'journal.db'), join(state, 'journal.db'))

  const second = await world.start()
  const { gateway } = second
  t.ok(
    gateway.failClosed.faults().some(({ part }) => part === 'journal'),
    'it runs without its journal',
  )
  const failed = world.heard(({ data }) => data['part'] === 'states')
  renameSync(away, disk) // the disk is mounted
  await failed
  t.match(gateway.failClosed.faults().find(({ part }) => part === 'states')?.reason, /opened after the start holds other states/)
  t.match(await gateway.acceptStates('ana', 'test'), { kind: 'refused', why: /after a restart only/ })
  const asked = { forMs: 60_000, by: 'eve', reason: 'test', workOrder: '', seen: 'any' } as const
  await gateway.locks.unlock('Q1', 'control', asked)
  t.equal(gateway.failClosed.permits(), false, 'whatever is unlocked, nothing operates')
  await second.stop()

  const again = await world.start()
  t.same(
    again.gateway.tags.tags().tags.map(({ id }) => id),
    ['one'],
  )
  t.equal(again.gateway.failClosed.permits(), true)
})
