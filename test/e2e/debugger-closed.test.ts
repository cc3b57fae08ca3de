import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { userInfo } from 'node:os'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { type World, createWorld } from '../support/world.ts'

type Test = { teardown(run: () => unknown): void }

/** A command of the project with options of Node, without what tap puts into NODE_OPTIONS; and what it writes to stderr. */
function start(t: Test, nodeOptions: readonly string[], args: readonly string[], environment = '') {
  const child = spawn(
    'env',
    ['-u', 'NODE_OPTIONS', ...(environment === '' ? [] : [environment]), process.execPath, ...nodeOptions, breakwall, ...args],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  t.teardown(() => child.kill('SIGKILL'))
  const said = { text: '' }
  const waiting = new Set<() => void>()
  child.stderr.on('data', (chunk: Buffer) => {
    said.text += chunk.toString('utf8')
    for (const look of waiting) look()
  })
  const says = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(said.text)) resolve()
      }
      waiting.add(look)
      child.on('exit', () => reject(new Error(`it ended before it said ${String(pattern)}: ${said.text}`)))
      look()
    })
  return { child, said, says }
}

/** TCP ports on which a process listens (proc(5): /proc/net/tcp, state 0A); `unknown` where its files may not be looked at. */
function listening({ pid }: ChildProcess): readonly number[] | 'unknown' {
  let sockets: readonly string[]
  try {
    sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return 'unknown' // it keeps others of its user out, as it should; root may look
  }
  return ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.includes(`socket:[${inode}]`))
      .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)),
  )
}

async function worldWithPages(t: Test): Promise<World> {
  const world = await createWorld()
  t.teardown(() => world.close())
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as { port: number }
  free.close()
  appendFileSync(
    world.paths.config,
    `\n[console]\naddress = "127.0.0.1:${port}"\nname = "localhost"\nuser = "${userInfo().username}"\ncertificate = "pki/gateway.crt"\nkey = "pki/gateway.key"\n`,
  )
  return world
}

for (const [what, nodeOptions] of [
  ['as the unit starts it', ['--disable-sigusr1']],
  ['started by hand', []],
] as const)
  t.test(`SIGUSR1 opens no debugger of the gateway or its pages, ${what}, and is on record [NDR 2.13]`, async (t) => {
    const world = await worldWithPages(t)
    const gateway = start(t, nodeOptions, ['serve', '--config', world.paths.config])
    await gateway.says(/listening /)
    const before = listening(gateway.child)
    gateway.child.kill('SIGUSR1')
    const { data, priority } = await world.heard(({ id }) => id === 'debugger-refused')
    t.match({ data, priority }, { data: { part: 'gateway', count: '1' }, priority: 13 * 8 + 2 })
    await gateway.says(/SIGUSR1.*refused/)
    t.same(listening(gateway.child), before, 'it listens where it did')
    t.notMatch(gateway.said.text, /Debugger listening/)
    gateway.child.kill('SIGUSR2')
    await gateway.says(/SIGUSR2, which means nothing here/)
    t.equal(gateway.child.signalCode, null, 'it does not end without a word')

    const pages = start(t, nodeOptions, ['console', '--config', world.paths.config])
    await pages.says(/the pages are at/)
    const pagesBefore = listening(pages.child)
    pages.child.kill('SIGUSR1')
    await pages.says(/SIGUSR1.*refused/)
    t.same(listening(pages.child), pagesBefore)
    t.notMatch(pages.said.text, /Debugger listening/)
  })

t.test('a gateway or console that was started to be debugged, or with code of others, does not start [NDR 2.13]', async (t) => {
  const world = await worldWithPages(t)
  const refused = async (command: 'serve' | 'console', nodeOptions: readonly string[], environment: string, why: RegExp): Promise<void> => {
    const { child, said } = start(t, nodeOptions, [command, '--config', world.paths.config], environment)
    const [code] = (await once(child, 'close')) as [number]
    t.equal(code, 1, `${command} ${environment}`)
    t.match(said.text, why)
    t.match(said.text, /breakwall: hint: /)
  }
  await refused('serve', ['--inspect=127.0.0.1:0'], '', /--inspect/)
  await refused('serve', [], 'NODE_OPTIONS=--require=node:os', /NODE_OPTIONS has --require/)
  await refused('console', [], 'NODE_OPTIONS=--inspect=127.0.0.1:0', /NODE_OPTIONS has --inspect/)
  await refused('console', [], 'NODE_TLS_REJECT_UNAUTHORIZED=0', /NODE_TLS_REJECT_UNAUTHORIZED/)
})
