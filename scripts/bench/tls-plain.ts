import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { cipherSuites } from '../../src/platform/index.ts'

/** The least that a TLS server in Node does: mutual TLS with the same suites, and an answer that needs no thought. */
const [cert = '', key = '', ca = ''] = process.argv.slice(2)
const server = createServer(
  {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: true,
    noDelay: true,
    ciphers: cipherSuites,
    minVersion: 'TLSv1.2',
  },
  (client) => {
    client.on('error', () => undefined)
    client.on('data', (request: Buffer) => client.write(Buffer.concat([request.subarray(0, 4), Buffer.from([0, 5, 255, 3, 2, 0, 1])])))
  },
)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
