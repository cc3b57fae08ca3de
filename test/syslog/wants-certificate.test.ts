import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { sampleOf } from '../../scripts/samples.ts'
import { cipherSuites, realClock } from '../../src/platform/index.ts'
import { type SinkSettings, testSink } from '../../src/syslog/index.ts'
import { issue, makeAuthority } from '../support/pki.ts'

t.test('a test of a sink says that the receiver wants a certificate, or does not accept the one that it gets [CR 3.3]', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-wants-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const foreign = join(folder, 'foreign')
  await Promise.all([makeAuthority(folder), makeAuthority(foreign)])
  await issue(folder, 'receiver', { kind: 'server', hosts: ['localhost'] })
  await issue(foreign, 'gateway', { kind: 'client-without-role' })
  const read = (...name: readonly string[]): string => readFileSync(join(folder, ...name), 'utf8')
  const wrong = { certificate: read('foreign', 'gateway.crt'), key: read('foreign', 'gateway.key') }
  const wants = /^the receiver wants a certificate of the gateway: set certificate and key$/
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const server = createServer(
      {
        key: read('receiver.key'),
        cert: read('receiver.crt'),
        ca: read('site-ca.crt'),
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: version,
        maxVersion: version,
      },
      (socket) => socket.on('error', () => undefined).resume(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    for (const kind of ['tls', 'relp'] as const) {
      for (const pair of ['none' as const, wrong]) {
        const tls = {
          trust: { kind: 'authority' as const, pem: read('site-ca.crt') },
          pair,
          serverName: 'localhost',
          ciphers: cipherSuites,
        }
        const settings: SinkSettings = {
          name: 'soc',
          receivers: [{ host: '127.0.0.1', port }],
          transport: { kind, tls },
          format: 'rfc5424',
          facility: 13,
          mildest: 7,
          categories: 'all',
          hostName: '',
          enterprise: 32473,
          headerTime: 'local',
          byteOrderMark: false,
          behind: { events: 1000, ms: 60_000 },
          catchUpPerSecond: 2000,
        }
        const [tested] = await testSink(settings, sampleOf('sink-tested'), { clock: realClock, pid: 1, version: '1', zone: 'UTC' })
        const last = tested?.steps.at(-1)
        const what = `${kind}, ${version}, ${pair === 'none' ? 'none' : 'a wrong one'}`
        t.equal(tested?.ok, false, what)
        if (pair === 'none') t.match(last, { step: 'certificate', ok: false, words: wants }, what)
        // A receiver of Node ends the connection without an alert: then it is a guess, and called one.
        else if (version === 'TLSv1.3')
          t.match(last, { ok: false, words: /it asked for the gateway's certificate and may not accept it/ }, what)
        else t.match(last, { step: 'TLS', ok: false }, what)
      }
    }
    server.close()
  }
})
