import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'

/** What a TLS front end in Node does at the least: mutual TLS on one side, bytes to the device on the other, nothing decoded. */
const [devicePort = '', cert = '', key = '', ca = ''] = process.argv.slice(2)
const server = createServer(
  {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: true,
    noDelay: true,
  },
  (client) => {
    const device = connect({ port: Number(devicePort), host: '127.0.0.1', noDelay: true })
    const end = (): void => {
      client.destroy()
      device.destroy()
    }
    for (const socket of [client, device]) socket.on('error', end).on('close', end)
    client.pipe(device)
    device.pipe(client)
  },
)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
