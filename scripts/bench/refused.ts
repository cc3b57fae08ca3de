import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'

/**
 * A program of its own that stands for hostile clients: connections that repeat one request that is refused, as fast as they are answered.
 * Arguments: port, seconds, connections, requests in flight of each, unit, the PDU in hex, then ca, cert and key.
 * Prints how many answers they got with exception 01, and how many others, once nothing is on its way any more.
 */
const [port = '', seconds = '1', connections = '1', depth = '1', unit = '1', pdu = '', ca = '', cert = '', key = ''] = process.argv.slice(2)
const pem = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
const until = performance.now() + Number(seconds) * 1000
const body = Buffer.from(pdu, 'hex')
let [refused, others, transaction] = [0, 0, 0]

function frame(): Buffer {
  const header = Buffer.alloc(7)
  header.writeUInt16BE((transaction = (transaction + 1) & 0xffff), 0)
  header.writeUInt16BE(1 + body.length, 4)
  header.writeUInt8(Number(unit), 6)
  return Buffer.concat([header, body])
}

const hostile = (): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), servername: 'localhost', ...pem })
    let [open, pending] = [0, Buffer.alloc(0)]
    const send = (): void => {
      open += 1
      socket.write(frame())
    }
    socket.once('secureConnect', () => {
      for (let i = 0; i < Number(depth); i++) send()
    })
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 9 && pending.length >= 6 + pending.readUInt16BE(4)) {
        if (pending[8] === 1 && ((pending[7] ?? 0) & 0x80) !== 0) refused += 1
        else others += 1
        pending = pending.subarray(6 + pending.readUInt16BE(4))
        open -= 1
        if (performance.now() < until) send()
        else if (open === 0) socket.destroy()
      }
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })

await Promise.all(Array.from({ length: Number(connections) }, hostile))
process.stdout.write(JSON.stringify({ refused, others }))
