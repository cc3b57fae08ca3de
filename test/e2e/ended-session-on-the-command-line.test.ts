import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { SESSION_ENDED, call, keepSession } from '../../src/admin/cli/client.ts'
import { stream } from '../../src/admin/cli/stream.ts'
import { breakwallService } from '../support/service.ts'
import { createWorld } from '../support/world.ts'

const run = promisify(execFile)
const unlock = { scope: 'control', forSeconds: 60, reason: 'test of sessions' }

/** A user of the machine may what a site gives if it says nothing. */
const withUsualRights = (toml: string): string => toml.replace(/^without-login = .*$/m, 'without-login = ["look", "events", "lock"]')

t.test('after a session has ended, what takes no log-in is done without one and a note says so [CR 2.5]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.start(withUsualRights)
  const notes: string[] = []
  const ended = { socket: world.paths.api, token: 'of-a-session-that-has-ended', withoutSession: (note: string) => void notes.push(note) }

  t.match(await call(ended, 'POST', '/v1/breakers/Q4/lock', { scope: 'control', reason: 'test' }), { kind: 'ok' }, 'a lock')
  t.same(notes, [SESSION_ENDED])
  t.match(await stream(ended, 'GET', '/v1/events', () => () => undefined), { kind: 'ok' }, 'events in portions')
  t.equal(notes.length, 2)

  t.match(await call(ended, 'POST', '/v1/breakers/Q4/unlock', unlock), { kind: 'refused', error: 'the session has ended' })
  t.equal(notes.length, 2, 'what takes a log-in is not tried without one')
  t.notOk(
    world.received.some(({ id }) => id === 'privilege-denied'),
    'and it is no attempt of the user of the machine',
  )

  const script = { ...ended, withoutSession: 'never' } as const
  t.match(await call(script, 'GET', '/v1/status'), { kind: 'refused' }, 'the token of a script is never left out')
})

t.test('the command answers on its output and notes on stderr that nobody is logged in any more', async (t) => {
  const world = await createWorld()
  const home = mkdtempSync(join(tmpdir(), 'breakwall-home-'))
  const before = process.env['HOME']
  t.teardown(async () => {
    process.env['HOME'] = before
    rmSync(home, { recursive: true, force: true })
    await world.close()
  })
  await world.start(withUsualRights)
  process.env['HOME'] = home
  keepSession({ socket: world.paths.api, token: '', withoutSession: 'never' }, 'of-a-session-that-has-ended')
  const [file, args] = breakwallService('events', '--json', '--api', world.paths.api)
  const { stdout, stderr } = await run(file, args, { env: { ...process.env, HOME: home, BREAKWALL_TOKEN: '' } })
  for (const line of stdout.trim().split('\n')) t.ok(JSON.parse(line), 'each line of the output is an event')
  t.match(stderr, SESSION_ENDED)
})
