import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import modbus from 'modbus-serial'
import { issue, makeAuthority } from '../support/pki.ts'
import { sClient, skipWithoutOpenssl } from '../support/openssl.ts'
import { type World, createWorld, exceptionOf, exchange } from '../support/world.ts'

const READ = '000100000006' + '0403' + '2edf0001'
const at = (world: World, name: string): string => join(world.paths.pki, name)
const filesOf = (world: World, name = 'scada-1'): string[] => [
  '-CAfile',
  at(world, 'site-ca.crt'),
  '-cert',
  at(world, `${name}.crt`),
  '-key',
  at(world, `${name}.key`),
]

t.test(
  'openssl finds what Modbus/TCP Security asks for and nothing besides [S-09] [CR 3.1] [CR 4.3]',
  { skip: skipWithoutOpenssl },
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    await issue(world.paths.pki, 'gateway-rsa', { kind: 'server', hosts: ['localhost', '127.0.0.1'] }, 30, 'rsa')
    const { port } = await world.start((toml) =>
      toml
        .replace('certificate = "pki/gateway.crt"', 'certificate = ["pki/gateway.crt", "pki/gateway-rsa.crt"]')
        .replace('key = "pki/gateway.key"', 'key = ["pki/gateway.key", "pki/gateway-rsa.key"]')
        .replace('in-flight', 'in-flight')
        .replace('clients = "pki/site-ca.crt"', 'clients = "pki/site-ca.crt"\nhandshakes-per-second = 1000\nconnections-per-address = 256'),
    )
    const own = filesOf(world)
    const quit = [{ after: /---\n[^]*Verify return code|SSL handshake has read/, text: 'Q\n' }]
    const suites = [
      ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
      ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
    ]
    for (const suite of suites)
      t.match(
        await sClient(port, [...own, '-tls1_2', '-cipher', suite], quit),
        new RegExp(`Cipher +(is|:) ${suite}`),
        `${suite} (R-14, R-62)`,
      )
    for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])
      t.match(await sClient(port, [...own, '-tls1_3', '-ciphersuites', suite], quit), new RegExp(`Cipher is ${suite}`), suite)
    const refused = [
      ...[
        'ECDHE-ECDSA-AES128-SHA',
        'ECDHE-ECDSA-AES128-SHA256',
        'ECDHE-RSA-AES256-SHA384',
        'AES128-GCM-SHA256',
        'AES128-SHA',
        'NULL-SHA256',
      ],
      ...['ECDHE-ECDSA-NULL-SHA', 'DHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-CCM'],
    ]
    for (const suite of refused)
      t.match(
        await sClient(port, [...own, '-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`], quit),
        /handshake failure|no cipher match|no ciphers available/,
        `${suite} is refused (R-37, R-50, R-53)`,
      )
    for (const version of ['-tls1', '-tls1_1'])
      t.match(
        await sClient(port, [...own, version, '-cipher', 'ALL:@SECLEVEL=0'], quit),
        /alert protocol version|unsupported protocol|no protocols available/,
        `${version} is refused (R-34, R-35)`,
      )
    t.match(await sClient(port, [...own, '-tls1_2', '-groups', 'P-256'], quit), /Server Temp Key: ECDH, prime256v1/, 'P-256 (R-61)')

    const shown = await sClient(port, [...own, '-tls1_2', '-showcerts'], quit)
    t.equal((shown.match(/BEGIN CERTIFICATE/g) ?? []).length, 2, 'the chain is sent down to the root (R-46)')
    t.match(shown, /Secure Renegotiation IS supported/, 'the indication is sent (R-60)')
    t.match(shown, /Compression: NONE/, 'R-59')
    t.match(shown, /Verify return code: 0 \(ok\)/)
    t.match(shown, /Acceptable client certificate CA names[^]*CN = test CA/, 'a certificate is asked for (R-07)')
    const asked = await sClient(
      port,
      [...own, '-tls1_2'],
      [
        { after: /Verify return code/, text: 'R\n' },
        { after: /RENEGOTIATING/, text: 'Q\n' },
      ],
    )
    t.match(asked, /no renegotiation|handshake failure|:error:/i, 'a client cannot renegotiate')
    t.match(
      await sClient(port, [...own, '-tls1_2', '-maxfraglen', '512'], quit),
      /Verify return code: 0/,
      'records of 512 bytes (R-57, R-58)',
    )
    const again = await sClient(port, [...own, '-tls1_2', '-reconnect'], [])
    t.ok((again.match(/^Reused, TLSv1\.2/gm) ?? []).length >= 4, 'tickets resume (R-43)')
    const byId = await sClient(port, [...own, '-tls1_2', '-reconnect', '-no_ticket'], [])
    t.ok((byId.match(/^Reused, TLSv1\.2/gm) ?? []).length >= 4, 'session ids resume (R-42)')
    t.match(
      await sClient(port, ['-CAfile', at(world, 'site-ca.crt'), '-tls1_2'], quit),
      /alert handshake failure|alert certificate required/,
      'no certificate: a fatal alert (R-08, R-10)',
    )
  },
)

t.test('ten roots, and a listener for each zone with its own certificate, trust and list', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { pki } = world.paths
  const roots: string[] = []
  for (let i = 0; i < 12; i++) {
    await makeAuthority(join(pki, `root${i}`), `root ${i}`)
    await issue(join(pki, `root${i}`), 'client', { kind: 'client', role: 'Operator' })
    roots.push(readFileSync(join(pki, `root${i}`, 'site-ca.crt'), 'utf8'))
  }
  writeFileSync(join(pki, 'roots.crt'), roots.join(''))
  await makeAuthority(join(pki, 'zone'), 'zone')
  await issue(join(pki, 'zone'), 'server', { kind: 'server', hosts: ['zone.test'] })
  await issue(join(pki, 'zone'), 'client', { kind: 'client', role: 'Viewer' })
  const { gateway } = await world.start((toml) =>
    toml
      .replace('clients = "pki/site-ca.crt"', 'clients = "pki/roots.crt"')
      .replace(
        '[[access]]',
        '[[listener]]\nname = "zone"\naddress = "127.0.0.1:0"\ncertificate = "pki/zone/server.crt"\nkey = "pki/zone/server.key"\nclients = "pki/zone/site-ca.crt"\n\n[[access]]',
      )
      .replace('address = "127.0.0.1:0"\ncertificate = "pki/zone', 'address = "localhost:0"\ncertificate = "pki/zone'),
  )
  const [scada, zone] = gateway.listeners
  const answers = (port: number, folder: string, ca: string): Promise<string> =>
    new Promise((resolve) => {
      const read = (name: string): Buffer => readFileSync(join(pki, folder, name))
      const socket = connect({
        host: '127.0.0.1',
        port,
        ca: readFileSync(join(pki, ca)),
        cert: read('client.crt'),
        key: read('client.key'),
        checkServerIdentity: () => undefined,
      })
      socket.on('error', () => resolve('refused'))
      socket.on('close', () => resolve('refused'))
      socket.on(
        'secureConnect',
        () => void exchange(socket, READ).then((said) => (resolve(said === 'closed' ? 'refused' : 'answered'), socket.destroy())),
      )
    })
  for (let i = 0; i < 12; i++) t.equal(await answers(scada?.port ?? 0, `root${i}`, 'site-ca.crt'), 'answered', `root ${i}`)
  t.equal(await answers(zone?.port ?? 0, 'zone', 'zone/site-ca.crt'), 'answered', 'the other zone by its own')
  t.equal(await answers(scada?.port ?? 0, 'zone', 'site-ca.crt'), 'refused', 'and not by the other door')
  t.equal(await answers(zone?.port ?? 0, 'root1', 'zone/site-ca.crt'), 'refused')
})

t.test('an entry may give control of some breakers only [S-34] [S-04]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway, port } = await world.start((toml) =>
    toml.replace('level = "control"', 'level = "read"\n\n[[access]]\nfrom = "127.0.0.1"\nlevel = "control"\nbreakers = ["Q4"]'),
  )
  for (const name of ['Q1', 'Q4'])
    await gateway.locks.unlock(name, 'control', { forMs: 60_000, by: 'ana', reason: 'test of the list', workOrder: '', seen: 'any' })
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  const open = (unit: number, destination: number): Promise<unknown> => {
    scada.setID(unit)
    return scada.writeRegisters(7999, [904, 10, destination, 1, ...Array<number>(12).fill(0), 0, 8019, 8020, 8021])
  }
  await open(4, 5377)
  t.pass('Q4 is operated')
  t.equal(await exceptionOf(open(1, 4353)), 1)
  t.match(await world.heard(({ id }) => id === 'operation-denied'), { data: { breaker: 'Q1', reason: /^acl-level/ } })
})

t.test('a certificate without a role has the rights that the site gives to NULL, and none otherwise (R-23) [CR 2.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  await world.issue('norole', '')
  for (const [edit, answer] of [
    [(toml: string) => toml, 1],
    [(toml: string) => `${toml}\n[roles.NULL]\nmay = ["monitor"]\n`, 0],
  ] as const) {
    const running = await world.start(edit)
    const client = await world.scada(running.port, 'norole')
    client.setID(4)
    const read = client.readHoldingRegisters(11999, 1)
    if (answer === 1) t.equal(await exceptionOf(read), 1)
    else t.equal((await read).data.length, 1)
    client.close(() => undefined)
    await running.stop()
  }
})

t.test('in the clear only listed addresses read, nobody operates, and it is said [S-02] [S-09] [S-36] [NDR 1.13]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { gateway } = await world.start((toml) =>
    toml.replace(
      '[[access]]',
      '[[listener]]\nname = "old-hmi"\naddress = "localhost:0"\nclear-text = "read-only"\nrole = "Operator"\n\n[[access]]',
    ),
  )
  const clear = gateway.listeners[1]
  t.match(clear, { kind: 'clear-text' })
  t.match(await world.heard(({ id }) => id === 'plaintext-listener-on'), { data: { listener: 'old-hmi' } })
  await gateway.locks.unlock('Q4', 'control', { forMs: 60_000, by: 'ana', reason: 'test of clear text', workOrder: '', seen: 'any' })
  const hmi = new modbus.default()
  await hmi.connectTCP('127.0.0.1', { port: clear?.port ?? 0 })
  hmi.setID(4)
  t.equal((await hmi.readHoldingRegisters(11999, 2)).data.length, 2)
  t.equal(
    await exceptionOf(hmi.writeRegisters(7999, [904, 10, 5377, 1, ...Array<number>(12).fill(0), 0, 8019, 8020, 8021])),
    1,
    'even with control, unlocked',
  )
  t.match(await world.heard(({ id }) => id === 'operation-denied'), {
    data: { subject: '127.0.0.1', reason: /^clear-text: its listener is in the clear/ },
  })
  hmi.close(() => undefined)
  const stranger = connectTcp({ host: '127.0.0.1', port: clear?.port ?? 0, localAddress: '127.0.0.7' })
  stranger.on('error', () => undefined)
  await once(stranger.resume(), 'close')
  t.match(await world.heard(({ id }) => id === 'connection-refused-acl'), { data: { listener: 'old-hmi', source: /^127\.0\.0\.7/ } })
  const hello = connectTcp({ host: '127.0.0.1', port: clear?.port ?? 0 }, () => hello.write(Buffer.from('16030102000100', 'hex')))
  hello.on('error', () => undefined)
  await once(hello.resume(), 'close')
  t.match(await world.heard(({ id }) => id === 'frame-malformed'), { data: { subject: '127.0.0.1', answer: 'connection closed' } })
})

t.test('half-open handshakes, idle connections and too many of one address end [CR 7.1] [S-37]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start((toml) =>
    toml
      .replace(
        'clients = "pki/site-ca.crt"',
        'clients = "pki/site-ca.crt"\nhandshake-timeout = "1s"\nidle-timeout = "10s"\nconnections-per-address = 3\nhandshakes-per-second = 100',
      )
      .replace('from = "127.0.0.1"', 'from = "127.0.0.0/8"'),
  )
  const half = connectTcp({ host: '127.0.0.1', port })
  half.on('error', () => undefined)
  await once(half.resume(), 'close')
  t.match(await world.heard(({ data }) => data['reason'] === 'the handshake took too long'), { id: 'tls-handshake-failed' })
  const idle = await world.tls(port)
  const others = [await world.tls(port), await world.tls(port)]
  const fourth = connectTcp({ host: '127.0.0.1', port })
  fourth.on('error', () => undefined)
  await once(fourth.resume(), 'close')
  t.match(await world.heard(({ id }) => id === 'connection-limit'), { data: { reason: '3 connections from this address' } })
  for (const socket of others) socket.destroy()
  await once(idle.resume(), 'close')
  t.match(await world.heard(({ data }) => data['reason'] === 'no request for too long'), { id: 'connection-closed' })
})
