import { type Server, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../../scripts/bench/free-port.ts'
import { type Clock, realClock } from '../../src/platform/index.ts'
import { runCommand } from '../support/command.ts'
import { parseRfc5424 } from '../support/rfc5424.ts'
import { Rsyslog, skipWithoutRsyslog } from '../support/rsyslog.ts'
import { type World, createWorld } from '../support/world.ts'

const skip = skipWithoutRsyslog()
const sinkTable = (name: string, kind: string, port: number, more = ''): string =>
  `\n[[sink]]\nname = "${name}"\nkind = "${kind}"\naddress = "127.0.0.1:${port}"\n${more}`
const filesOf = ({ paths: { pki } }: World, name = 'gateway') => ({
  ca: join(pki, 'site-ca.crt'),
  certificate: join(pki, `${name}.crt`),
  key: join(pki, `${name}.key`),
})
const inTls = 'authority = "pki/site-ca.crt"\nserver-name = "localhost"\ncertificate = "pki/engineer-1.crt"\nkey = "pki/engineer-1.key"\n'

async function until(what: string, done: () => boolean): Promise<void> {
  const end = realClock.now() + 30_000
  while (!done()) {
    if (realClock.now() > end) throw new Error(`not within 30 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

t.test(
  'several sinks at once, each with its own transport, format and filter; one that is dead holds up no other [S-10] [CR 6.2] [CR 2.10]',
  { skip },
  async (t) => {
    const world = await createWorld()
    const relp = new Rsyslog({ folder: join(world.paths.state, 'relp'), kind: 'relp-tls', port: await freePort(), files: filesOf(world) })
    const tcp = new Rsyslog({ folder: join(world.paths.state, 'tcp'), kind: 'tcp', port: await freePort(), files: filesOf(world) })
    t.teardown(async () => {
      await Promise.all([relp.stop('SIGKILL'), tcp.stop('SIGKILL')])
      await world.close()
    })
    await Promise.all([relp.start(), tcp.start()])
    const dead = await freePort()
    const running = await world.start(
      (toml) =>
        toml +
        sinkTable('soc', 'relp-tls', relp.port, `${inTls}host-name = "bw-7"\nenterprise = 32473\nfacility = 10\n`) +
        sinkTable('cef', 'tcp', tcp.port, 'format = "cef"\ncategories = ["operation"]\nfrom-severity = "notice"\n') +
        sinkTable('dead', 'tls', dead, inTls),
    )
    const { gateway } = running
    await gateway.locks.unlock('Q1', 'control', { forMs: 60_000, by: 'ana', reason: 'WO-1182', workOrder: '', seen: 'any' })
    gateway.locks.lock('Q1', 'control', 'ana', 'done')
    await until('RELP has it', () => relp.lines().some((line) => line.includes(' locked ')))
    const messages = relp.lines().map((line) => parseRfc5424(Buffer.from(line)))
    t.match(messages[0], { host: 'bw-7', priority: 10 * 8 + 5 })
    t.same(
      messages.map(({ elements }) => Number(elements.get('breakwall@32473')?.get('seq'))),
      messages.map((_, i) => i + 1),
      'everything, from the first on, in order',
    )
    await until('TCP has it', () => tcp.lines().length >= 2)
    t.same(
      tcp.lines().map((line) => /\|(\w[\w-]*)\|\d+\|rt=/.exec(line)?.[1]),
      ['unlocked', 'locked'],
      'only operations, as CEF',
    )
    t.match(gateway.sinks.status(), [
      { name: 'demo-receiver', state: { kind: 'sends' } },
      { name: 'soc', state: { kind: 'delivers' } },
      { name: 'cef', state: { kind: 'delivers' } },
      { name: 'dead', state: { kind: 'failed', why: /nothing listens/ } },
    ])
    await world.heard(({ id, data }) => id === 'sink-disconnected' && data['sink'] === 'dead')
    t.match(
      (await runCommand(world.paths, 'status')).stdout,
      /WARNING: sink dead: tls 127\.0\.0\.1:\d+: nothing listens at this address and port: breakwall sink test dead/,
    )
    t.match((await runCommand(world.paths, 'metrics')).stdout, /breakwall_sink_connected\{sink="dead"\} 0\n/)
    t.match((await runCommand(world.paths, 'sink', 'list')).stdout, /soc +relp\+tls 127\.0\.0\.1:\d+ +connected/)

    const tested = await runCommand(world.paths, 'sink', 'test', 'soc')
    t.match(tested, {
      code: 0,
      stdout:
        /works\n {2}ok {3}name: .*\n {2}ok {3}route: .*\n {2}ok {3}TLS: .*\n {2}ok {3}certificate: .*\n {2}ok {3}reply: the receiver has the event/,
    })
    t.ok(relp.lines().some((line) => line.includes(' sink-tested ')))
    t.match(await runCommand(world.paths, 'sink', 'test', 'dead'), {
      code: 1,
      stdout: /does NOT work\n {2}ok {3}name.*\n {2}FAIL route: nothing listens at this address and port/,
    })
    t.match(await runCommand(world.paths, 'sink', 'test', 'nobody'), {
      code: 1,
      stderr: /there is no sink "nobody"\n.*the sinks are demo-receiver, soc/,
    })
    const began = realClock.now()
    await running.stop()
    t.ok(realClock.now() - began < 15_000, 'a dead sink does not keep the gateway from stopping')
    t.ok(relp.lines().at(-1)?.includes(' gateway-stopped '), 'the last word is there too')
  },
)

/** Something that listens and is no receiver of this kind. */
function listens(answer: string): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write(answer))
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as { port: number }).port, server })),
  )
}

t.test('a test of a sink says in words what is wrong: name, route, TLS, certificate or reply [CR 3.3]', { skip }, async (t) => {
  const world = await createWorld()
  const receiver = new Rsyslog({ folder: join(world.paths.state, 'r'), kind: 'relp-tls', port: await freePort(), files: filesOf(world) })
  const other = await listens('HTTP/1.1 400 Bad Request\r\n\r\n')
  t.teardown(async () => {
    other.server.close()
    await receiver.stop('SIGKILL')
    await world.close()
  })
  await receiver.start()
  const named = (name: string, table: string): string => table.replace('127.0.0.1', name)
  await world.start(
    (toml) =>
      toml +
      named('no-such-host.invalid', sinkTable('noname', 'relp', 20514)) +
      sinkTable('notls', 'tls', other.port, inTls) +
      sinkTable('othername', 'relp-tls', receiver.port, inTls.replace('localhost', 'soc.example')) +
      sinkTable('notpinned', 'relp-tls', receiver.port, 'pinned = "pki/viewer-1.crt"\n') +
      sinkTable('norelp', 'relp', other.port),
  )
  const fails = async (name: string, words: RegExp) =>
    t.match(await runCommand(world.paths, 'sink', 'test', name), { code: 1, stdout: words }, name)
  await fails('noname', /FAIL name: (the name of the receiver cannot be looked up|the name service does not answer)/)
  await fails('notls', /ok {3}route.*\n {2}FAIL TLS: the receiver does not speak TLS at this port/)
  await fails('othername', /ok {3}TLS.*\n {2}FAIL certificate: the receiver's certificate is for another name: set server-name/)
  await fails('notpinned', /FAIL certificate: the receiver's certificate is not the pinned one/)
  await fails('norelp', /FAIL reply: the receiver does not speak RELP/)
  t.match(await runCommand(world.paths, 'sink', 'test', 'demo-receiver'), {
    code: 0,
    stdout: /reply: sent: UDP does not tell whether it arrived/,
  })
})

t.test(
  'a sink that is behind its limit is an event, a metric and a warning until it has caught up; a reload changes sinks without a gap [S-39] [CR 6.2]',
  { skip },
  async (t) => {
    const world = await createWorld()
    const receiver = new Rsyslog({ folder: join(world.paths.state, 'r'), kind: 'relp', port: await freePort(), files: filesOf(world) })
    t.teardown(async () => {
      await receiver.stop('SIGKILL')
      await world.close()
    })
    // Time-outs and pauses are a tenth of what they are.
    const after: Clock['after'] = (ms, run) => realClock.after(ms / 10, run)
    const clock: Clock = { ...realClock, after, deadline: after }
    const { gateway } = await world.start(
      (toml) => toml.replace('"vault"]', '"vault", "configuration"]') + sinkTable('soc', 'relp', receiver.port, 'behind-events = 100\n'),
      { clock },
    )
    for (let i = 0; i < 300; i++) gateway.locks.lock('Q1', 'control', 'ana', `number ${i}`)
    t.match(await world.heard(({ id }) => id === 'sink-behind'), { priority: 13 * 8 + 3, data: { sink: 'soc', count: /^[123]\d\d$/ } })
    t.match((await runCommand(world.paths, 'status')).stdout, /WARNING: sink soc is behind its limit: \d+ events/)
    t.match((await runCommand(world.paths, 'metrics')).stdout, /breakwall_sink_behind\{sink="soc"\} 1\n/)
    await receiver.start()
    await world.heard(({ id, data }) => id === 'sink-recovered' && data['sink'] === 'soc')
    await world.heard(({ id, data }) => id === 'sink-connected' && data['sink'] === 'soc')
    const { readFileSync, writeFileSync } = await import('node:fs')
    const toml = readFileSync(world.paths.config, 'utf8')
    writeFileSync(world.paths.config, toml.replace('behind-events = 100', 'behind-events = 200\nfacility = 16'))
    t.match(await runCommand(world.paths, 'reload'), { code: 0, stdout: /sink/ })
    gateway.locks.lock('Q1', 'control', 'ana', 'after the reload')
    await until('the new sink has it', () => receiver.lines().some((line) => line.includes('after the reload')))
    const seqs = [...new Set(receiver.seqs())]
    t.same(
      seqs,
      seqs.map((_, i) => i + 1),
      'none is missing where one sink ended and the other began',
    )
    t.match(receiver.lines().at(-1), new RegExp(`^<${16 * 8 + 5}>`))
    writeFileSync(world.paths.config, toml.replace(/\n\[\[sink\]\]\nname = "soc"[\s\S]*$/, '\n'))
    t.match(await runCommand(world.paths, 'reload'), { code: 0 })
    t.same(
      gateway.sinks.status().map(({ name }) => name),
      ['demo-receiver'],
    )
  },
)
