import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TLSSocket, connect } from 'node:tls'
import t from 'tap'
import { loadSite } from '../../src/config/index.ts'
import { pkiCommands } from '../../src/admin/offline/index.ts'
import { type Clock, realClock, realRandom } from '../../src/platform/index.ts'
import { issue } from '../support/pki.ts'
import { exceptionOf, createWorld, exchange } from '../support/world.ts'

const READ = '000100000006' + '0403' + '2edf0001'
const ended = (socket: TLSSocket): Promise<number> => {
  const from = performance.now()
  return new Promise((resolve) => {
    socket.on('error', () => undefined)
    const end = (): void => resolve(performance.now() - from)
    if (socket.destroyed) end()
    else socket.on('close', end)
    socket.resume()
  })
}
const withRevocation = (toml: string, more = ''): string =>
  toml.replace('clients = "pki/site-ca.crt"', `clients = "pki/site-ca.crt"\nrevocation = ["pki/site-ca.crl"]\n${more}`)

t.test(
  'a certificate that is revoked while it is in use loses its connection within 5 s, and no ticket brings it back [CR 1.9] [CR 2.6]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { pki } = world.paths
    const commands = pkiCommands(realClock, realRandom)
    const { port } = await world.start((toml) => withRevocation(toml))
    t.match(await world.heard(({ id }) => id === 'crl-updated'), { data: { subject: 'test CA', count: '0' } })

    const file = (name: string): Buffer => readFileSync(join(pki, name))
    const options = {
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ca: file('site-ca.crt'),
      cert: file('scada-1.crt'),
      key: file('scada-1.key'),
    }
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connect({ ...options, maxVersion })
      const session = once(socket, 'session') as Promise<[Buffer]>
      await once(socket, 'secureConnect')
      t.match(await exchange(socket, READ), /^0001/)
      const [ticket] = await session
      const again = connect({ ...options, maxVersion, session: ticket })
      await once(again, 'secureConnect')
      t.ok(again.isSessionReused(), `${maxVersion} resumes`)
      t.match(await exchange(again, READ), /^0001/)
      again.destroy()
      if (maxVersion === 'TLSv1.2') {
        socket.destroy()
        continue
      }
      const other = await world.tls(port, 'viewer-1')
      t.equal((await commands.revoke({ folder: pki, passphrase: '' }, 'scada-1', 'key-compromise')).kind, 'done')
      t.ok((await ended(socket)) < 5000, 'within 5 s of the file')
      t.match(await world.heard(({ id }) => id === 'access-withdrawn'), {
        data: { subject: 'scada-1', reason: 'the certificate is revoked' },
      })
      t.match(await exchange(other, READ), /^0001/, 'nobody else notices')
      for (const way of [{ session: ticket }, {}]) {
        const late = connect({ ...options, ...way })
        late.on('error', () => undefined)
        late.on('secureConnect', () => late.write(Buffer.from(READ, 'hex')))
        let answered = false
        late.on('data', () => (answered = true))
        await once(late, 'close')
        t.notOk(answered, 'session' in way ? 'a ticket does not bring it back' : 'nor a full handshake')
      }
      t.match(await world.heard(({ id }) => id === 'tls-handshake-failed'), { data: { reason: 'scada-1: the certificate is revoked' } })
      other.destroy()
    }
    // An old list put back does not bring it back; a damaged one leaves the list before it in force.
    const list = file('site-ca.crl')
    writeFileSync(join(pki, 'site-ca.crl'), list.subarray(0, 60))
    t.match(await world.heard(({ id }) => id === 'crl-stale'), { data: { reason: /not taken, the list before it stays in force/ } })
    const late = connect(options)
    late.on('error', () => undefined)
    await once(late.resume(), 'close')
  },
)

t.test('a DER list is read too; one that is stale refuses, lets read, or admits, as the site has it', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { pki } = world.paths
  const past: Clock = { ...realClock, utcUs: () => realClock.utcUs() - 40 * 86_400_000_000 }
  t.equal((await pkiCommands(past, realRandom).publish({ folder: pki, passphrase: '' }, 30)).kind, 'done')
  const pem = readFileSync(join(pki, 'site-ca.crl'), 'utf8')
  writeFileSync(join(pki, 'site-ca.crl'), Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
  for (const policy of ['refuse', 'read', 'admit'] as const) {
    const running = await world.start((toml) =>
      toml.includes('stale-revocation')
        ? toml.replace(/stale-revocation = "\w+"/, `stale-revocation = "${policy}"`)
        : withRevocation(toml, `stale-revocation = "${policy}"`),
    )
    const { port, gateway } = running
    t.match(await world.heard(({ id }) => id === 'crl-stale'), { data: { subject: 'test CA', reason: /its time was over on/ } })
    await gateway.locks.unlock('Q4', 'control', { forMs: 60_000, by: 'ana', reason: 'test of stale lists', workOrder: '', seen: 'any' })
    if (policy === 'refuse') {
      const socket = await world.tls(port)
      socket.resume()
      t.ok((await ended(socket)) < 5000, policy)
      t.match(await world.heard(({ data }) => /no current revocation list/.test(data['reason'] ?? '')), { id: 'tls-handshake-failed' })
    } else {
      const scada = await world.scada(port)
      scada.setID(4)
      t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, `${policy}: reading goes on`)
      const close = exceptionOf(scada.writeRegisters(7999, [905, 10, 5377, 1, ...Array<number>(12).fill(0), 0, 8019, 8020, 8021])).catch(
        () => 0,
      )
      t.equal(await close, policy === 'read' ? 1 : 0, `${policy}: operating`)
      scada.close(() => undefined)
    }
    world.received.length = 0
    await running.stop()
  }
})

t.test('a certificate whose time is over while it is in use loses its connection [CR 1.8]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start()
  // Issued two days ago less a few seconds, for two days; no more than a log-in comes between.
  const then: Clock = { ...realClock, utcUs: () => realClock.utcUs() - 2 * 86_400_000_000 + 3_000_000 }
  await issue(world.paths.pki, 'short', { kind: 'client', role: 'Viewer' }, 2, 'ec', then)
  const socket = await world.tls(port, 'short')
  t.match(await exchange(socket, READ), /^0001/)
  t.ok((await ended(socket)) < 8000)
  t.match(await world.heard(({ id }) => id === 'access-withdrawn'), { data: { subject: 'short', reason: 'the certificate has expired' } })
})

t.test(
  'a reload changes who may come and what they may do for open connections at once, as a whole or not at all [S-34] [S-07] [CR 3.4]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { gateway, port } = await world.start()
    const edit = (from: string, to: string): void => {
      const text = readFileSync(world.paths.config, 'utf8')
      if (!text.includes(from)) throw new Error(`no ${from}`)
      writeFileSync(world.paths.config, text.replace(from, to))
    }
    const reload = async () => {
      const loaded = loadSite(world.paths.config)
      if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
      return gateway.reload(loaded.site, 'ana')
    }
    const operator = await world.tls(port, 'scada-1')
    const viewer = await world.tls(port, 'viewer-1')
    t.match(await exchange(operator, READ), /^0001/)
    t.match(await exchange(viewer, READ), /^0001/)

    t.match(await reload(), { kind: 'reloaded', changed: 'nothing but files and comments changed' })
    edit('[roles.Viewer]\nmay = ["monitor"]', '[roles.Viewer]\nmay = []')
    const gone = ended(viewer)
    t.match(await reload(), { kind: 'reloaded', changed: 'roles' })
    t.ok((await gone) < 5000, 'the role that was changed')
    t.match(await exchange(operator, READ), /^0001/, 'the other role goes on')
    const back = await world.tls(port, 'viewer-1')
    t.match(await exchange(back, READ), /8301$/, 'and comes back with what it may do now')
    back.destroy()

    edit('level = "control"', 'level = "read"')
    const lowered = ended(operator)
    t.match(await reload(), { kind: 'reloaded', changed: 'access' })
    t.ok((await lowered) < 5000)
    t.match(await world.heard(({ id, data }) => id === 'access-withdrawn' && data['subject'] === 'scada-1'), {
      data: { reason: 'what it may do was changed' },
    })

    const reader = await world.tls(port, 'scada-1')
    t.match(await exchange(reader, READ), /^0001/)
    edit('from = "127.0.0.1"', 'from = "127.0.0.9"')
    const unlisted = ended(reader)
    t.match(await reload(), { kind: 'reloaded' })
    t.ok((await unlisted) < 5000)
    t.match(await world.heard(({ data }) => data['reason'] === 'its address is not in the access control list any more'), {
      id: 'access-withdrawn',
    })

    edit('baud = 19200', 'baud = 9600')
    t.match(await reload(), { kind: 'not-reloaded', why: 'bus changed, which needs a restart' })
    t.match(await world.heard(({ id }) => id === 'config-rejected'), { data: { subject: 'ana', reason: /needs a restart/ } })
    edit('baud = 9600', 'baud = 19200')
    edit('from = "127.0.0.9"', 'from = "127.0.0.1"')
    writeFileSync(join(world.paths.pki, 'gateway.key'), 'broken')
    t.match(await reload(), { kind: 'not-reloaded', why: /gateway.key/ })
    t.equal(gateway.site().listeners[0]?.access[0]?.from, '127.0.0.9', 'the old configuration is in force as a whole')
  },
)

t.test('the command line says which entry wins for an address [S-34]', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-acl-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const root = join(import.meta.dirname, '../..')
  execFileSync('cp', ['-r', join(root, 'config'), folder])
  execFileSync('mkdir', [join(folder, 'config/pki')])
  for (const name of ['gateway.crt', 'gateway.key', 'site-ca.crt', 'site-ca.crl', 'console.crt', 'console.key'])
    writeFileSync(join(folder, 'config/pki', name), '')
  const test = (address: string): string => {
    const done = (() => {
      try {
        return execFileSync(
          process.execPath,
          [join(root, 'src/main.ts'), 'acl', 'test', address, '--config', join(folder, 'config/breakwall.toml')],
          { encoding: 'utf8' },
        )
      } catch (error) {
        return `exit ${(error as { status: number }).status} ${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`
      }
    })()
    return done.trim()
  }
  t.match(test('10.20.0.17'), /^10\.20\.0\.17 on listener scada: control, by 10\.20\.0\.16\/28 \(line \d+\)/)
  t.match(test('::ffff:10.20.0.17'), /control, by 10\.20\.0\.16\/28/)
  t.match(test('192.0.2.1'), /^exit 1 192\.0\.2\.1 on listener scada: not listed, refused before TLS/)
  t.match(test('ten'), /^exit 1 breakwall: error: "ten" is not an address/)
  t.end()
})
