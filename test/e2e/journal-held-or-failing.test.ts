import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { call } from '../support/api.ts'
import { runCommand } from '../support/command.ts'
import { type World, commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

type Test = { match(a: unknown, b: unknown): unknown; equal(a: unknown, b: unknown, ...why: [] | [string]): unknown }
const unlock = (world: World, breaker = 'Q1') =>
  call(world.paths.api, `/v1/breakers/${breaker}/unlock`, { scope: 'control', forSeconds: 300, reason: 'test' })

/** Asks for something that has to be recorded until it is refused: what fails is told by the answer. */
async function untilRefused(world: World): Promise<void> {
  for (let i = 0; i < 400; i++) if ((await unlock(world, 'Q2')).status === 503) return
  throw new Error('the journal goes on')
}

/** Nothing reaches a breaker meanwhile; afterwards all is decided again. `end` ends what holds the journal. */
async function deniedUntil(t: Test, world: World, port: number, words: RegExp, end: () => void): Promise<void> {
  const scada = await world.scada(port)
  scada.setID(1)
  await untilRefused(world)
  // SQLite waits 5 s for a file that is held; until then the gateway knows only that the disk does not answer.
  for (let said = ''; !words.test(said); said = (await runCommand(world.paths, 'status')).stdout);
  t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1, 'though it was unlocked before')
  t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, 'reading goes on')
  t.equal(world.frames().filter(({ hex }) => /^..10 ?1f3f/i.test(hex)).length, 0, 'no command reached a breaker')
  // What bars holds all the same, and nobody is told that it is on record.
  const lock = { scope: 'control', reason: 'at work' }
  t.match(await call(world.paths.api, '/v1/breakers/Q2/lock', lock), { status: 202, value: { locked: true } })
  const said = await runCommand(world.paths, 'lock', 'Q2', '--reason', 'at work')
  t.match(said, { code: 0, stderr: /in force now, but not recorded yet/ })
  end()
  await world.heard(({ id }) => id === 'fail-closed-left')
  t.equal((await call(world.paths.api, '/v1/breakers/Q2/lock', lock)).status, 200)
  t.equal((await unlock(world)).status, 200)
  await scada.writeRegisters(7999, commandRegisters(905, 4353))
  await world.heard(({ id }) => id === 'operation-done')
  scada.close(() => undefined)
}

t.test(
  'another program that holds the journal is told as that, denies operations, and leaves no trace when it lets go [CR 2.10]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { port } = await world.spawn()
    t.equal((await unlock(world)).status, 200)
    const other = new Database(join(world.paths.state, 'state/journal.db'))
    other.exec('BEGIN EXCLUSIVE')
    await deniedUntil(t, world, port, /every operation is denied: journal: another program holds its file/, () => other.close())
    t.match(await world.heard(({ id }) => id === 'journal-busy'), { priority: 13 * 8 + 1, data: { reason: /locked/ } })
    t.notOk(world.received.some(({ id }) => id === 'journal-full' || id === 'journal-failing'))
  },
)

t.test('what a disk that hangs writes too late was not done, and the journal says so [CR 2.10]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.spawn()
  t.equal((await unlock(world)).status, 200)
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  scada.setTimeout(20_000)
  for (let late = false; !late;) {
    const other = new Database(join(world.paths.state, 'state/journal.db'))
    other.exec('BEGIN EXCLUSIVE')
    const unlocked = unlock(world, 'Q2')
    t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1, 'the client hears it in seconds')
    t.equal((await unlocked).status, 503)
    other.close() // before SQLite gives up, unless this machine is busy: then it is refused and not written, and tried once more
    while ((await unlock(world)).status !== 200);
    late = world.received.some(({ id }) => id === 'record-overdue')
  }
  await world.heard(({ id }) => id === 'journal-silent')
  t.match(await call(world.paths.api, '/v1/breakers/Q2/locks/control'), { status: 200, value: { locked: true } })
  t.equal(world.frames().filter(({ hex }) => /^..10 ?1f3f/i.test(hex)).length, 0, 'no command reached a breaker')
})

/** The test runner preloads a handler of signals into each Node process, with which the limit below would end the gateway. */
async function spawnBare({ paths }: World): Promise<{ gateway: ChildProcess; port: number }> {
  const bare = ['-u', 'NODE_OPTIONS', process.execPath, breakwall, 'serve', '--config', paths.config]
  const gateway = spawn('env', bare, { stdio: ['ignore', 'ignore', 'pipe'] })
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    gateway.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      const found = /listening .*:(\d+) /.exec(said)
      if (found !== null) resolve(Number(found[1]))
    })
    gateway.on('exit', () => reject(new Error(said)))
  })
  return { gateway, port }
}

const noPrlimit = spawnSync('prlimit', ['--version']).status === 0 ? false : 'no prlimit here'
t.test('a disk that refuses for another reason than want of room is told as that [CR 2.10]', { skip: noPrlimit }, async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway, port } = await spawnBare(world)
  t.teardown(() => gateway.kill('SIGKILL'))
  t.equal((await unlock(world)).status, 200)
  /** Beyond this size the kernel refuses to let the process write a file (EFBIG). */
  const limit = (bytes: string): void => {
    const done = spawnSync('prlimit', ['--pid', String(gateway.pid), `--fsize=${bytes}:`], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(done.stderr)
  }
  limit('1')
  await deniedUntil(t, world, port, /every operation is denied: journal: its disk or file fails: /, () => limit('unlimited'))
  t.match(await world.heard(({ id }) => id === 'journal-failing'), { priority: 13 * 8 + 1, data: { reason: /SQLITE_IOERR/ } })
  t.notOk(world.received.some(({ id }) => id === 'journal-full' || id === 'journal-busy'))
})
