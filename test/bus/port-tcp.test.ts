import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type WireEvents, createEndpoints, tcpWire } from '../../src/bus/index.ts'
import { addressOf } from '../../src/bus/endpoints.ts'
import type { TcpSettings } from '../../src/bus/port-tcp.ts'
import { realClock } from '../../src/platform/index.ts'
import { issue, makeAuthority } from '../support/pki.ts'

t.test("another bus's interface gets not one byte, in the clear or in TLS [S-31]", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-port-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await makeAuthority(folder)
  await issue(folder, 'towards', { kind: 'client', role: 'Operator' })
  const pem = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const keys = { certificate: pem('towards.crt'), key: pem('towards.key'), trust: { kind: 'authority', pem: pem('site-ca.crt') } } as const
  const secure = { ...keys, serverName: 'ife.test', saw: () => undefined }

  for (const tls of ['none', secure] as const) {
    let bytes = 0
    const ended = Promise.withResolvers<undefined>()
    const server = createServer((socket) => {
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
      socket.on('error', () => undefined)
      socket.on('close', () => ended.resolve(undefined))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const endpoints = createEndpoints()
    endpoints
      .ofBus('a', () => undefined)()
      .hold(addressOf('::ffff:127.0.0.1', port))
    const settings: TcpSettings = { host: 'localhost', port, tls }
    const failed = await new Promise<string>((resolve, reject) => {
      const events: WireEvents = {
        opened: () => reject(new Error('it is used')),
        failed: resolve,
        bytes: () => undefined,
        ended: () => undefined,
        lost: () => undefined,
        warning: () => undefined,
      }
      tcpWire(settings, { clock: realClock, claimEndpoint: endpoints.ofBus('b', () => undefined) })(events).open()
    })
    t.match(failed, /127\.0\.0\.1:\d+, which belongs to bus a: nothing is sent/)
    await ended.promise
    t.equal(bytes, 0)
  }
})
