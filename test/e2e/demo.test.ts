import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { connectScada } from '../../hil/demo/scada.ts'
import { asService } from '../support/service.ts'

const root = join(import.meta.dirname, '../..')

function startDemo(state: string) {
  const child = spawn(...asService(join(root, 'hil/demo/start.ts'), '--plain', '--port', '0', '--pages', '0', '--state', state), {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const tells: (() => void)[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
    for (const tell of tells) tell()
  })
  const says = (text: string): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => {
        if (said.includes(text)) done()
      }
      tells.push(look)
      child.on('exit', () => fail(new Error(`it ended before it said "${text}": ${said}`)))
      look()
    })
  return { child, says, said: () => said }
}

t.test('the demo starts without any configuration, tells how to attach, and stops in order', async (t) => {
  const state = mkdtempSync(join(tmpdir(), 'breakwall-demo-'))
  t.teardown(() => rmSync(state, { recursive: true, force: true }))
  for (const run of ['first start', 'second start']) {
    const demo = startDemo(state)
    t.teardown(() => demo.child.kill('SIGKILL'))
    await demo.says('first poll answered')
    const file = join(state, 'demo.json')
    const json = JSON.parse(readFileSync(file, 'utf8')) as {
      modbusTls: { host: string; port: number }
      ca: string
      clients: { role: string; cert: string; key: string }[]
      breakers: { name: string; unit: number }[]
      api: string
      journal: string
      frameLog: string
    }
    const path = (relative: string): string => resolve(state, relative)
    t.same(
      json.clients.map((client) => client.role),
      ['Operator', 'Viewer', 'Engineer'],
      run,
    )
    t.same(
      json.breakers.map((breaker) => breaker.unit),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    const pages = /pages {2}(https:\/\/localhost:\d+)/.exec(demo.said())?.[1] ?? ''
    t.match(await homeOf(pages, readFileSync(path(json.ca))), /<title>Breakwall<\/title>/)
    const operate = (...words: string[]): string =>
      execFileSync(process.execPath, [join(root, 'hil/demo/operate.ts'), ...words, '--state', state], { encoding: 'utf8' })
    t.equal(/set-up code [a-z0-9-]{14}/.test(demo.said()), run === 'first start')
    if (run === 'first start') t.match(operate('people'), /tech \(FieldTech\)/)
    for (const name of [json.api, json.journal, json.frameLog, json.ca]) t.ok(existsSync(path(name)), name)
    t.equal(statSync(path(json.api)).mode & 0o777, 0o660)
    t.equal(statSync(path(json.clients[0]?.key ?? '')).mode & 0o777, 0o600)
    const client = json.clients[1]
    const scada = await connectScada({ ...json.modbusTls, ca: path(json.ca), cert: path(client?.cert ?? ''), key: path(client?.key ?? '') })
    scada.setID(2)
    t.equal((await scada.readHoldingRegisters(12000, 1)).data[0], 0x09, 'Q2 is closed, its spring charged')
    scada.close(() => undefined)
    demo.child.kill('SIGINT')
    const [code] = (await once(demo.child, 'close')) as [number] // and all that it said is here
    t.equal(code, 0)
    t.match(demo.said(), /gateway-stopped[\s\S]*stopped in order/)
    t.notOk(existsSync(path(json.api)), 'the socket is gone')
  }
})

/** The first page. */
const homeOf = (address: string, ca: Buffer): Promise<string> =>
  new Promise((done, fail) => {
    const sent = get(address, { ca }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
      response.on('end', () => done(text))
    })
    sent.on('error', fail)
  })

const hasSystemd = existsSync('/usr/bin/systemd-analyze')
t.test('systemd accepts the unit', { skip: hasSystemd ? false : 'no systemd-analyze here' }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-unit-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const unit of ['breakwall.service', 'breakwall-console.service']) {
    // The program's place is the only thing of the unit that this machine does not have.
    execFileSync('sh', [
      '-c',
      `sed 's#/opt/breakwall/node_modules/.bin/node#${process.execPath}#' '${root}/systemd/${unit}' > '${folder}/${unit}'`,
    ])
    const said = execFileSync('sh', ['-c', `systemd-analyze verify '${folder}/${unit}' 2>&1 || echo "rc $?"`], { encoding: 'utf8' })
    t.notMatch(said, /breakwall[\w-]*\.service:|rc \d/, unit)
  }
  t.end()
})

t.test('a port that is taken is said, with what to do, and everything ends', async (t) => {
  const state = mkdtempSync(join(tmpdir(), 'breakwall-demo-'))
  t.teardown(() => rmSync(state, { recursive: true, force: true }))
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const child = spawn(...asService(join(root, 'hil/demo/start.ts'), '--plain', '--port', String(port), '--pages', '0', '--state', state), {
    cwd: root,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  const [code] = (await once(child, 'close')) as [number]
  t.equal(code, 1)
  t.match(said, new RegExp(`error: listener "scada": .*${port}[\\s\\S]*hint: another program listens on[\\s\\S]*npm start -- --port 8803`))
})
