import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { call } from '../support/api.ts'
import { runCommand } from '../support/command.ts'
import { canMount } from '../support/rsyslog.ts'
import { type World, commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

// Each case starts two gateways and waits for retries of real seconds.
t.setTimeout(300_000)

/** How the last run ended, and what has become of its disk since. */
type Case = { readonly name: string; readonly spoil: (state: string) => string; readonly words: RegExp; readonly event: string }
const cases: readonly Case[] = [
  {
    name: 'full',
    // What is left of a block goes to the file of shared memory, or to nobody.
    spoil: (state) => `dd if=/dev/zero of=${state}/filler bs=4096 2>/dev/null; true`,
    words: /every operation is denied: .*its disk is full/,
    event: 'journal-full',
  },
  {
    name: 'read-only',
    spoil: (state) => `mount -o remount,ro ${state}`,
    words: /every operation is denied: .*its disk or file fails/,
    event: 'journal-failing',
  },
]

/** A gateway on a small file system with a copy of the state, spoilt before it starts; `mended` is the file at which it is mended. */
async function onSpoiltDisk(world: World, spoil: string, mended: string): Promise<{ process: ChildProcess; port: number }> {
  const [state, copy] = [join(world.paths.state, 'state'), join(world.paths.state, 'copy')]
  const script = [
    `cp -a ${state} ${copy} && mount -t tmpfs -o size=40m none ${state} && cp -a ${copy}/. ${state} && { ${spoil}; }`,
    `{ while [ ! -e ${mended} ]; do sleep 0.2; done; mount -o remount,rw ${state}; rm -f ${state}/filler; } &`,
    `exec env -u NODE_OPTIONS ${process.execPath} ${breakwall} serve --config ${world.paths.config}`,
  ]
  const child = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script.join('\n')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      const found = /listening .*:(\d+) /.exec(said)
      if (found !== null) resolve(Number(found[1]))
    })
    child.on('exit', () => reject(new Error(said)))
  })
  return { process: child, port }
}

for (const { name, spoil, words, event } of cases)
  for (const ended of ['in order', 'by a kill'] as const)
    t.test(
      `after an end ${ended} a gateway starts on a ${name} disk: it reads, denies, keeps its locks, says so, and recovers [CR 2.10] [CR 7.4]`,
      { skip: canMount() ? false : 'no file system of its own can be made here' },
      async (t) => {
        const world = await createWorld()
        t.teardown(() => world.close())
        const lock = { scope: 'control', reason: 'at work' }
        const first = await world.spawn()
        t.equal((await call(world.paths.api, '/v1/breakers/Q1/lock', lock)).status, 200)
        first.process.kill(ended === 'in order' ? 'SIGTERM' : 'SIGKILL')
        await new Promise((resolve) => first.process.once('exit', resolve))
        t.equal(readdirSync(join(world.paths.state, 'state')).includes('journal.db-wal'), ended !== 'in order')
        const mended = join(world.paths.state, 'mended')
        const { process: running, port } = await onSpoiltDisk(world, spoil(join(world.paths.state, 'state')), mended)
        t.teardown(() => running.kill('SIGKILL'))
        const scada = await world.scada(port)
        t.teardown(() => scada.close(() => undefined))
        scada.setID(1)
        t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, 'reading goes on')
        t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1)
        t.equal((await call(world.paths.api, '/v1/breakers/Q1/unlock', { scope: 'control', forSeconds: 300, reason: 'test' })).status, 503)
        t.match((await runCommand(world.paths, 'status')).stdout, words)
        const before = await call(world.paths.api, '/v1/breakers/Q1/locks/control')
        t.match(before, { status: 200, value: { locked: true, reason: 'at work' } }, 'what the last run stored is known')
        t.equal((await call(world.paths.api, '/v1/breakers/Q2/lock', lock)).status, 202, 'and more is locked')

        writeFileSync(mended, '')
        await world.heard(({ id }) => id === event)
        await world.heard(({ id }) => id === 'fail-closed-left')
        await world.heard(({ id, data }) => id === 'locked' && data['breaker'] === 'Q2')
        const unlocked = await call(world.paths.api, '/v1/breakers/Q3/unlock', { scope: 'control', forSeconds: 300, reason: 'test' })
        t.equal(unlocked.status, 200)
      },
    )
