import { execFileSync } from 'node:child_process'
import { connect } from 'node:tls'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { issue, makeAuthority } from '../support/pki.ts'
import { commandRegisters, createWorld, exceptionOf, exchange, shout } from '../support/world.ts'

t.test('bad input gets its documented answer and one event, and the next good client is served [CR 3.5] [CR 7.1]', async (t) => {
  const world = await createWorld()
  t.teardown(() => world.close())
  const { port } = await world.start((toml) => toml.replace('from = "127.0.0.1"', 'from = "127.0.0.1/32"'))

  const events = (id: string) => world.received.filter((message) => message.id === id)
  const servesOn = async (t: { equal(a: unknown, b: unknown, text: string): unknown }): Promise<void> => {
    const scada = await world.scada(port)
    scada.setID(4)
    t.equal((await scada.readHoldingRegisters(11999, 2)).data.length, 2, 'the next good client reads')
    scada.close(() => undefined)
  }

  await t.test('garbage on the port', async (t) => {
    t.equal(await shout(port, Buffer.from('GET / HTTP/1.0\r\n\r\n')), 'closed')
    t.match(await world.heard((message) => message.id === 'tls-handshake-failed'), {
      data: { reason: /not TLS/, source: /^127\.0\.0\.1:\d+$/ },
    })
    t.equal(events('tls-handshake-failed').length, 1)
    await servesOn(t)
  })

  await t.test('a certificate from another authority', async (t) => {
    const other = join(world.paths.state, 'other')
    await makeAuthority(other, 'other')
    await issue(other, 'scada-1', { kind: 'client', role: 'Operator' })
    const before = events('tls-handshake-failed').length
    await new Promise<void>((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        rejectUnauthorized: false,
        cert: readFileSync(join(other, 'scada-1.crt')),
        key: readFileSync(join(other, 'scada-1.key')),
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      socket.resume()
    })
    t.match(await world.heard((message) => /authority/.test(message.data['reason'] ?? '')), {
      id: 'tls-handshake-failed',
      data: { source: /^127\.0\.0\.1:\d+$/ },
    })
    t.equal(events('tls-handshake-failed').length, before + 1)
    await servesOn(t)
  })

  await t.test('no certificate at all [S-36]', async (t) => {
    await new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      socket.resume()
    })
    t.ok(await world.heard((message) => message.data['reason'] === 'the client showed no certificate'))
  })

  await t.test('a certificate without a role connects and has no rights', async (t) => {
    await world.issue('norole', '')
    const scada = await world.scada(port, 'norole')
    scada.setID(1)
    t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 2)), 1)
    scada.close(() => undefined)
    t.match(await world.heard((message) => message.id === 'role-missing'), { data: { subject: 'norole' } })
    t.match(await world.heard((message) => message.id === 'operation-denied'), { data: { role: 'NULL', reason: /^role/ } })
    await servesOn(t)
  })

  await t.test('an unlisted address is closed before the handshake [S-34] [NDR 5.2] [NDR 1.13]', async (t) => {
    t.equal(await shout(port, Buffer.alloc(0), '127.0.0.2'), 'closed')
    t.match(await world.heard((message) => message.id === 'connection-refused-acl'), { data: { source: /^127\.0\.0\.2:/ } })
    await servesOn(t)
  })

  await t.test('a 300-byte PDU ends its connection from the header alone', async (t) => {
    const socket = await world.tls(port)
    t.equal(await exchange(socket, `00010000012d01${'10'.repeat(300)}`), 'closed')
    t.match(await world.heard((message) => message.id === 'frame-malformed'), { data: { reason: 'length 301 is not 2 to 254' } })
    t.equal(events('frame-malformed').length, 1)
    await servesOn(t)
  })

  await t.test('a write that straddles the command area is unknown, whatever is unlocked', async (t) => {
    const scada = await world.scada(port)
    scada.setID(1)
    t.equal(await exceptionOf(scada.writeRegisters(7998, [0, ...commandRegisters(905, 4353)])), 1)
    t.equal(await exceptionOf(scada.writeRegister(7999, 905)), 1)
    t.equal(await exceptionOf(scada.writeRegisters(8003, [0x3030, 0x3030])), 1)
    scada.close(() => undefined)
    await world.heard((message) => message.id === 'operation-denied' && /8004/.test(message.data['operation'] ?? ''))
    t.equal(events('operation-denied').filter((message) => message.data['reason']?.startsWith('unknown-operation')).length, 3)
  })

  await t.test('an unknown unit and a broadcast', async (t) => {
    const scada = await world.scada(port)
    scada.setID(77)
    t.equal(await exceptionOf(scada.readHoldingRegisters(11999, 2)), 10)
    scada.setID(0)
    const socket = await world.tls(port)
    t.equal(await exchange(socket, '00010000000600032edf0002'), '000100000003' + '00830a')
    socket.destroy()
    scada.close(() => undefined)
    await world.heard((message) => message.id === 'broadcast-refused')
    t.equal(events('unit-unknown').length, 1)
    t.equal(events('broadcast-refused').length, 1)
  })

  await t.test('two requests in one segment and one in single bytes are all answered', async (t) => {
    const socket = await world.tls(port)
    let seen = ''
    const enough = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.toString('hex')
        if (seen.length >= 3 * 26) resolve()
      })
    })
    socket.write(Buffer.from('00010000000604032edf000200020000000604032edf0002', 'hex'))
    for (const byte of Buffer.from('00030000000604032edf0002', 'hex')) socket.write(Buffer.from([byte]))
    await enough
    socket.destroy()
    t.match(seen, /^(000[123]0000000704030480[0-9a-f]{6}){3}$/)
  })

  await t.test('a bad PDU is answered and its connection goes on; a reply instead of a request ends it', async (t) => {
    const socket = await world.tls(port)
    t.equal(await exchange(socket, '000100000006' + '04032edf0000'), '000100000003' + '048303', 'quantity 0')
    t.equal(await exchange(socket, '000200000006' + '0403ffff0002'), '000200000003' + '048302', 'past the end')
    t.equal(await exchange(socket, '000300000006' + '010800040000'), '000300000003' + '018801', 'force listen only')
    t.equal(await exchange(socket, '000300000005' + '012b0d0000'), '000300000003' + '01ab01', 'CANopen')
    t.equal(
      await exchange(socket, '000400000012' + '01032edf000200020000000601061f3f0389'),
      '000400000003' + '018303',
      'a write hidden behind a read',
    )
    t.equal(await exchange(socket, '000500000003' + '018302'), 'closed')
    t.match(await world.heard((message) => message.id === 'function-unsupported'), {
      data: { functionCode: '43', function: '43/13', answer: 'answered 01' },
    })
    t.match(await world.heard((message) => message.id === 'operation-denied' && message.data['functionCode'] === '8'), {
      data: { operation: 'force listen only mode of Q1 (8/4)', reason: /^unknown-operation/ },
    })
    t.ok(await world.heard((message) => message.data['answer'] === 'connection closed' && message.data['functionCode'] === '131'))
    await servesOn(t)
  })

  await t.test('thirty requests in flight are all answered, each to its own', async (t) => {
    const socket = await world.tls(port)
    const ids = Array.from({ length: 30 }, (_, i) => i + 1)
    let seen = ''
    const enough = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.toString('hex')
        if (seen.length >= 30 * 22) resolve()
      })
    })
    socket.write(
      Buffer.from(ids.map((id) => `${id.toString(16).padStart(4, '0')}00000006${id % 2 ? '04' : '02'}032edf0001`).join(''), 'hex'),
    )
    await enough
    socket.destroy()
    const answers = [...seen.matchAll(/(.{4})00000005(..)0302.{4}/g)].map(([, id = '', unit = '']) => `${parseInt(id, 16)} ${unit}`)
    t.same(answers.sort(), ids.map((id) => `${id} ${id % 2 ? '04' : '02'}`).sort())
  })

  await t.test('TLS 1.2 is served, 1.1 is not', async (t) => {
    const at = (name: string): Buffer => readFileSync(join(world.paths.pki, name))
    const version = (maxVersion: 'TLSv1.2' | 'TLSv1.1') =>
      new Promise<string>((resolve) => {
        const socket = connect({
          host: '127.0.0.1',
          port,
          servername: 'localhost',
          ca: at('site-ca.crt'),
          cert: at('scada-1.crt'),
          key: at('scada-1.key'),
          maxVersion,
          minVersion: 'TLSv1.1',
          ciphers: 'DEFAULT@SECLEVEL=0',
        })
        socket.on('secureConnect', () => {
          resolve(`${socket.getProtocol() ?? ''} ${socket.getCipher().name}`)
          socket.destroy()
        })
        socket.on('error', () => resolve('refused'))
      })
    t.match(await version('TLSv1.2'), /^TLSv1.2 ECDHE-ECDSA-AES(128|256)-GCM/)
    t.equal(await version('TLSv1.1'), 'refused')
    t.ok(await world.heard((message) => message.data['reason'] === 'TLS older than 1.2'))
  })

  await t.test('no intrusive frame reached any bus in all of this', (t) => {
    t.same(
      world.frames().filter((frame) => !/^..(03|04)/.test(frame.hex)),
      [],
    )
    t.end()
  })

  await t.test(
    'an EC certificate whose role is a PrintableString is refused',
    { skip: hasOpenssl() ? false : 'no openssl program here' },
    async (t) => {
      const pki = world.paths.pki
      const at = (name: string): string => join(pki, name)
      execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('bad.key')])
      execFileSync('openssl', ['req', '-new', '-key', at('bad.key'), '-subj', '/CN=bad', '-out', at('bad.csr')])
      const { writeFileSync } = await import('node:fs')
      writeFileSync(at('bad.ext'), '1.3.6.1.4.1.50316.802.1=ASN1:PRINTABLESTRING:Operator\n')
      execFileSync(
        'openssl',
        [
          'x509',
          '-req',
          '-in',
          at('bad.csr'),
          '-CA',
          at('site-ca.crt'),
          '-CAkey',
          at('site-ca.key'),
          '-set_serial',
          '77',
          '-days',
          '2',
          '-extfile',
          at('bad.ext'),
          '-out',
          at('bad.crt'),
        ],
        { stdio: 'ignore' },
      )
      const socket = await world.tls(port, 'bad')
      socket.resume()
      await new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.on('close', () => resolve())))
      t.match(await world.heard((message) => message.id === 'role-invalid'), {
        data: { subject: 'bad', reason: 'the role is not a UTF8String' },
      })
    },
  )
})

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}
