import { execFile, spawn } from 'node:child_process'
import { copyFileSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pty from '@lydell/node-pty'
import t from 'tap'
import { breakwall } from '../../hil/demo/prepare.ts'
import { passwords } from '../../hil/twins/breaker.ts'
import { encodeRequest } from '../../src/modbus/index.ts'
import { call } from '../support/api.ts'
import { rawClient } from '../support/raw-client.ts'
import { commandOf } from '../support/requests.ts'
import { createWorld } from '../support/world.ts'

const run = promisify(execFile)
/** What a client sends in the password registers of its commands, and what the vault has. */
const sentByClient = 'ZqXw'
const secrets = [passwords.operator, passwords.administrator, sentByClient]
const spellings = secrets.flatMap((secret) => {
  const bytes = Buffer.from(secret)
  return [secret, bytes.toString('hex'), bytes.readUInt16BE(0).toString() + ',' + bytes.readUInt16BE(2).toString()]
})

t.test('a password is in the frame to the breaker and nowhere else [S-14] [S-17] [S-12] [CR 4.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { process: gateway, port } = await world.spawn()
  let said = ''
  gateway.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  const scada = rawClient(await world.tls(port))
  t.teardown(() => scada.close())
  const command = (code: number, security = 1): string => Buffer.from(encodeRequest(commandOf(code, 10, 5377, security))).toString('hex')
  t.equal(await scada.ask(4, command(904)), '9001', 'refused while locked')
  await call(world.paths.api, '/v1/breakers/Q4/unlock', { scope: 'control', forSeconds: 60, reason: 'test of secrets' })
  t.equal(await scada.ask(4, command(904, 7)), '9001', 'unknown')
  t.equal(await scada.ask(4, command(904)), '101f3f0014')
  await world.heard((message) => message.id === 'operation-done')
  await scada.ask(4, '031f3f007d')
  await scada.ask(4, '6406 0401 1f43 1f44')

  t.match(await world.heard((message) => message.id === 'vault-used'), { data: { breaker: 'Q4', level: 'operator', subject: 'scada-1' } })
  const sent = world.frames().filter(({ unit, hex }) => unit === 4 && hex.startsWith('0410'))
  t.equal(sent.length, 1)
  t.ok(sent[0]?.hex.includes(Buffer.from(passwords.operator).toString('hex')), 'the least password, from the vault [S-20]')
  t.notOk(sent[0]?.hex.includes(Buffer.from(sentByClient).toString('hex')), 'not what the client sent')

  const cli = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run(process.execPath, [breakwall, ...args], {
      env: { ...process.env, BREAKWALL_API: world.paths.api },
    })
    return stdout + stderr
  }
  const places: Record<string, string> = {
    events: await cli('events', '--json', '--limit', '1000'),
    status: await cli('status', '--json'),
    vault: await cli('vault', 'list', '--json'),
    syslog: JSON.stringify(world.received),
    log: said,
  }
  for (const file of globSync('state/**', { cwd: world.paths.state })) {
    const path = join(world.paths.state, file)
    if (statSync(path).isFile()) places[file] = readFileSync(path).toString('latin1')
  }
  t.ok(Object.keys(places).some((name) => name.endsWith('journal.db')) && Object.keys(places).some((name) => name.endsWith('vault')))
  for (const place of ['events', 'status', 'vault', 'syslog']) t.ok((places[place] ?? '').length > 10, `${place} says something`)
  for (const [place, text] of Object.entries(places)) {
    for (const spelling of spellings) t.notOk(text.includes(spelling), `${place} does not hold ${spelling}`)
  }
  const limits = readFileSync(`/proc/${gateway.pid ?? 0}/limits`, 'utf8')
  t.match(limits, /Max core file size +0 +0/, 'no core dump can hold it')
})

t.test('without a password in the vault a command is refused and says so; with one it is done', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start()
  const scada = rawClient(await world.tls(port))
  t.teardown(() => scada.close())
  await gateway.locks.unlock('Q4', 'control', { forMs: 60_000, by: 'ana', reason: 'test of the vault', workOrder: '', seen: 'any' })
  const open = Buffer.from(encodeRequest(commandOf(904, 10, 5377, 1))).toString('hex')
  for (const level of ['operator', 'administrator']) t.equal((await gateway.vault.remove('Q4', level, 'ana')).kind, 'changed')
  t.equal(await scada.ask(4, open), '9001')
  t.match(await world.heard((message) => message.id === 'operation-denied'), { data: { reason: /^no-password: .*breakwall vault set/ } })
  t.equal((await gateway.vault.set('Q4', 'administrator', passwords.administrator, 'ana')).kind, 'changed')
  t.equal(await scada.ask(4, open), '101f3f0014', 'open takes the administrator too')
  t.match(await world.heard((message) => message.id === 'vault-changed'), { data: { subject: 'ana', breaker: 'Q4' } })
})

t.test('an older copy of the users or of the passwords in the place of the file is used, and told of once [CR 3.4]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const state = join(world.paths.state, 'state')
  const first = await world.start()
  const { gateway } = first
  t.equal((await gateway.people.accounts.create('ben', 'Operator', { name: 'ana', source: 'test' })).kind, 'created')
  t.equal((await gateway.vault.set('Q4', 'operator', 'Ab1x', 'ana')).kind, 'changed')
  for (const file of ['people', 'vault']) copyFileSync(join(state, file), join(world.paths.state, file))
  t.equal((await gateway.people.accounts.disable('ben', { name: 'ana', source: 'test' })).kind, 'done')
  t.equal((await gateway.vault.remove('Q4', 'operator', 'ana')).kind, 'changed')
  await first.stop()
  for (const file of ['people', 'vault']) copyFileSync(join(world.paths.state, file), join(state, file))
  const second = await world.start()
  for (const file of ['the file of the users', "the file of the breakers' passwords"])
    await world.heard(({ id, data, priority }) => id === 'secrets-not-recorded' && data['file'] === file && priority === 13 * 8 + 2)
  await second.stop()
  const third = await world.start()
  t.equal(third.gateway.people.accounts.list()[0]?.state, 'active')
  await third.gateway.journal.flush()
  t.equal((await third.gateway.journal.query({ after: 0, limit: 10, id: 'secrets-not-recorded' })).length, 2)
})

t.test('while everything is only observed, what a client wrote for a password reaches no breaker in any shape [S-14]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port, gateway } = await world.start((toml) => toml.replace('[site]\n', '[site]\nmode = "observe"\n'))
  const scada = rawClient(await world.tls(port))
  t.teardown(() => scada.close())
  const whole = Buffer.from(encodeRequest(commandOf(904, 10, 5377, 1)))
    .toString('hex')
    .slice(12)
  const password = '5a715877'
  const shapes: Readonly<Record<string, string>> = {
    '21 registers from 8000': `10 1f3f 0015 2a ${whole}0000`,
    '21 registers from 7999': `10 1f3e 0015 2a 0000${whole}`,
    '19 registers from 8000': `10 1f3f 0013 26 ${whole.slice(0, -4)}`,
    'the password registers alone': `10 1f43 0002 04 ${password}`,
    'one of them': '06 1f43 5a71',
    'one of them, masked': '16 1f43 0000 5a71',
    'the command register, which runs what stands there': '06 1f3f 0388',
    'a whole command by FC 23': `17 0000 0001 1f3f 0014 28 ${whole}`,
    'the password registers by FC 23': `17 0000 0001 1f43 0002 04 ${password}`,
  }
  for (const [what, pdu] of Object.entries(shapes)) t.match(await scada.ask(4, pdu), /^[89][0-9a-f]01$/, what)
  t.equal(await scada.ask(4, `10 1f3f 0014 28 ${whole}`), '101f3f0014', 'a whole command passes')
  await world.heard(({ id }) => id === 'operation-done')
  const written = world.frames().filter(({ hex }) => /^..(06|10|16|17)/.test(hex))
  t.equal(written.length, 1)
  t.ok(written[0]?.hex.includes(Buffer.from(passwords.operator).toString('hex')), 'with the password of the vault')
  t.notOk(world.frames().some(({ hex }) => hex.includes('5a71')))
  t.equal(gateway.site().observed.size, 9)
})

t.test('a person types a password that nobody sees; a script pipes it [S-18] [CR 1.5]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway } = await world.start()
  const environment = { ...process.env, BREAKWALL_API: world.paths.api } as Record<string, string>
  const typed = await new Promise<string>((resolve) => {
    const terminal = pty.spawn(process.execPath, [breakwall, 'vault', 'set', 'Q1', '--level', 'engineer'], { env: environment })
    let screen = ''
    let answered = false
    terminal.onData((text) => {
      screen += text
      if (answered || !screen.includes('of Q1: ')) return
      answered = true
      terminal.write('abX\u007fcd\r') // a mistake, taken back
    })
    terminal.onExit(() => resolve(screen))
  })
  t.match(typed, /engineer password of Q1: \r\nset: engineer password of Q1/)
  t.notMatch(typed, /ab|cd/)
  t.equal(gateway.vault.passwordOf('Q1', 'engineer'), 'abcd')

  const piped = (input: string, ...args: string[]): Promise<{ code: number; said: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [breakwall, 'vault', ...args], { env: environment })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
      child.on('close', (code) => resolve({ code: code ?? -1, said }))
      child.stdin.end(input)
    })
  t.match(await piped('3333\n', 'set', 'Q2'), {
    code: 0,
    said: /set: operator password of Q2\nwarning: it is the one that the breaker left/,
  })
  t.match(await world.heard((message) => message.id === 'vault-default-password'), { data: { breaker: 'Q2', level: 'operator' } })
  const { stdout: status } = await run(process.execPath, [breakwall, 'status'], { env: environment })
  t.match(status, /^WARNING: Q2: still the factory password; .* vault set NAME$/m, 'and whoever looks at the gateway sees it [S-01]')
  t.match(await piped('toolong\n', 'set', 'Q2'), { code: 1, said: /it has 7 characters: a MicroLogic password has 4/ })
  t.notMatch((await piped('bad-\n', 'set', 'Q2')).said, /bad-/)
  t.match(await piped('aaaa\n', 'set', 'Q77'), { code: 1, said: /there is no breaker "Q77"/ })
  t.match(await piped('', 'list'), { code: 0, said: /Q2 +operator .*FACTORY PASSWORD/ })
  t.match(await piped('', 'remove', 'Q2'), { code: 0, said: /removed: operator password of Q2/ })
  t.match(await piped('', 'remove', 'Q2'), { code: 1, said: /the vault has no operator password of Q2/ })
  t.match(await piped('', 'init', '--config', world.paths.config), { code: 1, said: /EEXIST[\s\S]*never overwritten/ })
})
