import { randomBytes, sign as signWith } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import t from 'tap'
import { issue, makeAuthority } from '../support/pki.ts'
import { type Foreign, foreignCertificate, openssl, skipWithoutOpenssl } from '../support/openssl.ts'
import { createWorld, shout } from '../support/world.ts'

const ROLE = '1.3.6.1.4.1.50316.802.1'
const client = ['extendedKeyUsage=clientAuth', 'basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature']
const role = (text = 'Operator'): string => `${ROLE}=ASN1:UTF8String:${text}`

t.test(
  'a certificate with anything wrong gets one event that says what, and the next client is served [CR 1.8] [CR 1.9] [S-09]',
  { skip: skipWithoutOpenssl },
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const { pki } = world.paths
    const at = (name: string): string => join(pki, name)
    const { port } = await world.start((toml) =>
      toml.replace('[[access]]', '[[access]]\nfrom = "127.0.0.2"\nlevel = "control"\n\n[[access]]'),
    )

    /** Connects and resolves when the connection is over; `answered` when a read was answered. */
    const attempt = (name: string, options: ConnectionOptions = {}): Promise<string> =>
      new Promise((resolve) => {
        const files = name === '' ? {} : { cert: readFileSync(at(`${name}.crt`)), key: readFileSync(at(`${name}.key`)) }
        const socket = connect({
          host: '127.0.0.1',
          port,
          servername: 'localhost',
          ca: readFileSync(at('site-ca.crt')),
          ...files,
          ...options,
        })
        const end = (how: string): void => {
          resolve(how)
          socket.destroy()
        }
        socket.on('error', () => end('refused'))
        socket.on('close', () => end('refused'))
        socket.on('data', () => end('answered'))
        socket.on('secureConnect', () => socket.write(Buffer.from('000100000006' + '0403' + '2edf0001', 'hex')))
      })
    const eventsOf = () => world.received.filter(({ id }) => id === 'tls-handshake-failed' || id === 'role-invalid')
    /** One attempt that is refused, with exactly one event, and a good client after it. */
    const refuses = async (what: string, name: string, reason: RegExp, options: ConnectionOptions = {}): Promise<void> => {
      const before = eventsOf().length
      const heardBefore = new Set(world.received)
      t.equal(await attempt(name, options), 'refused', what)
      await world.heard(
        (message) =>
          !heardBefore.has(message) &&
          (message.id === 'tls-handshake-failed' || message.id === 'role-invalid') &&
          reason.test(message.data['reason'] ?? ''),
      )
      t.equal(await attempt('scada-1'), 'answered', `after ${what} the next client is served`)
      const events = eventsOf().slice(before)
      t.match(events, [{ data: { reason, listener: 'scada' } }], `${what}: ${JSON.stringify(events.map(({ data }) => data['reason']))}`)
    }

    t.equal(await attempt('scada-1'), 'answered')
    const foreign: readonly (readonly [string, Foreign, RegExp])[] = [
      ['expired', { extensions: [...client, role()], until: '20261001000000Z' }, /the certificate has expired/],
      ['not yet valid', { extensions: [...client, role()], from: '20300101000000Z' }, /not valid yet/],
      ['self-signed', { extensions: [...client, role()], selfSigned: true }, /self-signed/],
      ['for servers only', { extensions: ['extendedKeyUsage=serverAuth', role()] }, /is not for clients/],
      ['PrintableString role', { extensions: [...client, `${ROLE}=ASN1:PRINTABLESTRING:Operator`] }, /not a UTF8String/],
      ['role with a line feed', { extensions: [...client, `${ROLE}=DER:0C03410A42`] }, /control characters/],
      ['role of 10 kB', { extensions: [...client, role('x'.repeat(10_000))] }, /not one short string/],
      ['empty role', { extensions: [...client, `${ROLE}=DER:0C00`] }, /not one short string|empty/],
      ['critical role', { extensions: [...client, `${ROLE}=critical,ASN1:UTF8String:Operator`] }, /critical extension/],
    ]
    let made = 0
    for (const [what, settings, reason] of foreign) {
      made += 1
      foreignCertificate(pki, `bad${made}`, settings)
      await refuses(what, `bad${made}`, reason)
    }

    await makeAuthority(at('other'), 'other')
    await issue(at('other'), 'scada-1', { kind: 'client', role: 'Operator' })
    await refuses('another authority', 'other/scada-1', /unknown authority/)

    // openssl refuses to write an extension twice; two are made by writing the second over another of the same length.
    foreignCertificate(pki, 'two', { extensions: [...client, role('Operator'), '1.3.6.1.4.1.50316.802.2=ASN1:UTF8String:Engineer'] })
    twoRoles(at)
    await refuses('two roles', 'two', /two roles|an extension twice/)

    await refuses('no certificate', '', /showed no certificate/)
    await refuses('old TLS', 'scada-1', /older than 1\.2/, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    await refuses('a CBC suite', 'scada-1', /no cipher suite in common/, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' })

    await t.test('a huge chain is refused, and costs nothing', async (t) => {
      const chain = readFileSync(at('scada-1.crt'), 'utf8') + readFileSync(at('site-ca.crt'), 'utf8').repeat(400)
      t.equal(await attempt('scada-1', { cert: chain }), 'refused')
      await world.heard(({ data }) => /chain is too long|ended during the handshake/.test(data['reason'] ?? ''))
      t.equal(await attempt('scada-1'), 'answered')
    })
    await t.test('garbage for a server name changes nothing', async (t) => {
      for (const servername of ['x'.repeat(255), 'a'.repeat(63) + '.' + '-'.repeat(60), '..', '%00', 'gateway\n'])
        t.equal(await attempt('scada-1', { servername, checkServerIdentity: () => undefined }), 'answered', JSON.stringify(servername))
    })
    await t.test('plain Modbus, HTTP and noise on the TLS port are no TLS [NDR 5.3]', async (t) => {
      for (const [bytes, reason] of [
        [Buffer.from('000100000006' + '0403' + '2edf0001', 'hex'), /not TLS|ended/],
        [Buffer.from('GET / HTTP/1.0\r\n\r\n'), /HTTP request/],
        [randomBytes(400), /./],
      ] as const) {
        t.equal(await shout(port, bytes), 'closed')
        await world.heard(({ id, data }) => id === 'tls-handshake-failed' && reason.test(data['reason'] ?? ''))
      }
      t.equal(await attempt('scada-1'), 'answered')
    })
    await t.test('thousands of client hellos from one address do not stop the poll of another [CR 7.1]', async (t) => {
      const poll = await polling(port, at)
      const hello = await capturedHello(port)
      let sent = 0
      const flood = async (): Promise<void> => {
        for (; sent < 1500; sent++)
          await new Promise<void>((next) => {
            const socket = connectTcp({ host: '127.0.0.1', port, localAddress: '127.0.0.2' })
            socket.on('connect', () => socket.write(hello))
            socket.on('error', () => undefined)
            socket.on('close', () => next())
            setTimeout(() => socket.destroy(), 20)
          })
      }
      await Promise.all([flood(), flood(), flood(), flood()])
      const { answers, longestMs } = poll.stop()
      t.ok(answers > 10, `${answers} answers during the flood`)
      t.ok(longestMs < 1000, `the longest wait was ${Math.round(longestMs)} ms`)
      t.match(await world.heard(({ id }) => id === 'connection-limit'), {
        data: { reason: /connections a second from this address/, source: /^127\.0\.0\.2/ },
      })
    })
  },
)

/** Makes the second OID (…802.2) a second …802.1 and signs anew, since the signature covers it. */
function twoRoles(at: (name: string) => string): void {
  const der = Buffer.from(readFileSync(at('two.crt'), 'utf8').replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const second = Buffer.from('060b2b0601040183890c862202', 'hex')
  const place = der.indexOf(second)
  if (place < 0) throw new Error('the second extension is not there')
  der[place + second.length - 1] = 1
  // SEQUENCE { tbs, algorithm, signature }: tbs is signed again by the authority's key.
  const tbsLength = 4 + der.readUInt16BE(6)
  const tbs = der.subarray(4, 4 + tbsLength)
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex')
  const signature = sign(tbs, at('site-ca.key'))
  const bits = Buffer.concat([Buffer.from([0x03, signature.length + 1, 0]), signature])
  const body = Buffer.concat([tbs, algorithm, bits])
  const whole = Buffer.concat([Buffer.from([0x30, 0x82, body.length >> 8, body.length & 0xff]), body])
  writeFileSync(
    at('two.crt'),
    `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  )
  openssl('verify', '-ignore_critical', '-CAfile', at('site-ca.crt'), at('two.crt'))
}

const sign = (bytes: Uint8Array, keyFile: string): Buffer => signWith('sha256', bytes, readFileSync(keyFile, 'utf8'))

/** The first bytes of a real handshake, to be sent by whoever never finishes one. */
function capturedHello(port: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        resolve(bytes)
        socket.destroy()
        server.close()
      })
    })
    server.listen(0, '127.0.0.1', () => {
      const { port: own } = server.address() as AddressInfo
      connect({ host: '127.0.0.1', port: own === port ? 0 : own }).on('error', () => undefined)
    })
  })
}

/** A client that reads again and again; `stop` says how often and how long it waited at the longest. */
async function polling(port: number, at: (name: string) => string) {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca: readFileSync(at('site-ca.crt')),
    cert: readFileSync(at('viewer-1.crt')),
    key: readFileSync(at('viewer-1.key')),
  })
  await once(socket, 'secureConnect')
  let answers = 0
  let longestMs = 0
  let since = performance.now()
  const ask = (): void => {
    since = performance.now()
    socket.write(Buffer.from('000100000006' + '0403' + '2edf0001', 'hex'))
  }
  socket.on('data', () => {
    longestMs = Math.max(longestMs, performance.now() - since)
    answers += 1
    ask()
  })
  ask()
  return {
    stop() {
      socket.destroy()
      return { answers, longestMs: Math.max(longestMs, performance.now() - since) }
    },
  }
}
