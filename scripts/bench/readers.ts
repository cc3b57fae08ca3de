import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { loadClient, read } from './load.ts'

/**
 * A program of its own: so many clients that read as fast as they are answered, each keeping `depth` requests on their way. It stands for
 * other machines. Arguments: port, seconds, depth, unit, first register, how many different reads, then `ca cert key` of each client.
 */
const [port = '', seconds = '1', depth = '1', unit = '1', first = '1', different = '1', ...files] = process.argv.slice(2)
const until = performance.now() + Number(seconds) * 1000
const clients = Array.from({ length: files.length / 3 }, (_, i) => files.slice(3 * i, 3 * i + 3))
let at = 0
await Promise.all(
  clients.map(
    ([ca = '', cert = '', key = '']) =>
      new Promise<void>((resolve) => {
        const pem = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
        const socket = connect({ host: '127.0.0.1', port: Number(port), servername: 'localhost', ...pem })
        socket.once('secureConnect', () => {
          const next = () => read(Number(unit), Number(first), 1 + (at++ % Number(different)))
          void loadClient(socket)
            .saturate(Number(depth), next, performance.now(), until)
            .then(() => {
              socket.destroy()
              resolve()
            })
        })
      }),
  ),
)
