import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { freePort } from '../../scripts/bench/free-port.ts'
import { type Clock, realClock } from '../../src/platform/index.ts'
import { call } from '../support/api.ts'
import { something } from '../support/journals.ts'
import { canMount } from '../support/rsyslog.ts'
import { type World, commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

t.test(
  'beyond its size the journal loses its oldest events, and at the disk limit also those that a sink has not had: an alarm says which [CR 2.9] [S-39]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const hurried: Clock = { ...realClock, after: (ms, run) => realClock.after(ms >= 10_000 ? ms / 50 : ms, run) }
    const dead = await freePort()
    const { gateway } = await world.start(
      (toml) =>
        `${toml}\n[[sink]]\nname = "dead"\nkind = "tcp"\naddress = "127.0.0.1:${dead}"\n\n[journal]\nsize = "10MB"\ndisk-limit = "10MB"\n`,
      { clock: hurried },
    )
    for (let i = 0; i < 40_000; i++) {
      gateway.journal.note(something(i))
      if (i % 1000 === 0) await gateway.journal.flush()
    }
    const dropped = await world.heard(({ id }) => id === 'events-dropped')
    t.match(dropped, { priority: 13 * 8 + 1, data: { sink: 'dead', fromSeq: '1' } })
    const removed = await world.heard(({ id, data }) => id === 'journal-truncated' && data['toSeq'] === dropped.data['toSeq'])
    t.match(removed.data, { fromSeq: '1', root: /^[0-9a-f]{64}$/ })
    t.equal((await call(world.paths.api, '/v1/status')).status, 200)
  },
)

/** A gateway whose state is on a file system of so many megabytes, seen from outside through its process. */
async function onSmallDisk(world: World, megabytes: number): Promise<{ process: ChildProcess; port: number; disk: string }> {
  const state = join(world.paths.state, 'state')
  mkdirSync(state, { recursive: true })
  const serve = `mount -t tmpfs -o size=${megabytes}m none ${state} && exec env -u NODE_OPTIONS ${process.execPath} ${breakwall} serve --config ${world.paths.config}`
  const child = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', serve], { stdio: ['ignore', 'ignore', 'pipe'] })
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      const found = /listening .*:(\d+) /.exec(said)
      if (found !== null) resolve(Number(found[1]))
    })
    child.on('exit', () => reject(new Error(said)))
  })
  return { process: child, port, disk: `/proc/${child.pid ?? 0}/root${state}` }
}

t.test(
  'a disk that is nearly full warns; a full one denies operations, lets reading go on, has still room to say so, and recovers by itself [CR 2.10] [CR 2.9]',
  { skip: canMount() ? false : 'no file system of its own can be made here' },
  async (t) => {
    const world = await createWorld()
    writeFileSync(
      world.paths.config,
      `${readFileSync(world.paths.config, 'utf8')}\n[journal]\nlow-disk = "20MB"\n\n[vault]\nfile = "vault.copy"\n`,
    )
    copyFileSync(join(world.paths.state, 'state/vault'), join(world.paths.state, 'vault.copy')) // the small disk hides it
    const { process: running, port, disk } = await onSmallDisk(world, 40)
    t.teardown(async () => {
      running.kill('SIGKILL')
      await world.close()
    })
    const fill = (name: string, bytes: number): void => {
      for (let size = bytes; size >= 4096; size = Math.floor(size / 2)) {
        try {
          writeFileSync(join(disk, name), Buffer.alloc(size), { flag: 'a' })
        } catch {
          // what fits is in it
        }
      }
    }
    writeFileSync(join(disk, 'some'), Buffer.alloc(20_000_000))
    t.match(await world.heard(({ id }) => id === 'disk-low'), { priority: 13 * 8 + 3, data: { megabytes: /^\d+$/ } })

    const scada = await world.scada(port)
    scada.setID(1)
    t.equal((await call(world.paths.api, '/v1/breakers/Q1/unlock', { scope: 'control', forSeconds: 300, reason: 'test' })).status, 200)
    fill('filler', 32_000_000)
    // The journal's own files may still have some room in them.
    let code = 0
    for (let i = 0; i < 400 && code === 0; i++)
      code =
        (await call(world.paths.api, '/v1/breakers/Q2/unlock', { scope: 'control', forSeconds: 300, reason: `x${'y'.repeat(180)}` }))
          .status === 200
          ? 0
          : 503
    t.equal(code, 503, 'nothing is unlocked any more')
    t.match(await world.heard(({ id }) => id === 'journal-full'), { priority: 13 * 8 + 1 }, 'the alarm is out, though the disk is full')
    await world.heard(({ id, data }) => id === 'fail-closed-entered' && data['part'] === 'journal')
    t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1, 'though it was unlocked before')
    t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, 'reading goes on')
    t.equal(world.frames().filter(({ hex }) => /^..10 ?1f3f/i.test(hex)).length, 0, 'no command reached a breaker')

    rmSync(join(disk, 'filler'))
    rmSync(join(disk, 'some'))
    await world.heard(({ id }) => id === 'fail-closed-left')
    t.equal(await exceptionOf(scada.writeRegisters(7999, commandRegisters(905, 4353))), 1, 'its locks have shut with the trust in it')
    t.equal((await call(world.paths.api, '/v1/breakers/Q1/unlock', { scope: 'control', forSeconds: 300, reason: 'test' })).status, 200)
    await scada.writeRegisters(7999, commandRegisters(905, 4353))
    await world.heard(({ id }) => id === 'operation-done')
    scada.close(() => undefined)
  },
)
