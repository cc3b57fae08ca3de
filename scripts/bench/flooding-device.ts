import { type AddressInfo, createServer } from 'node:net'

/** An interface that was taken over: it sends frames that answer nobody, as fast as they are taken. Prints its port. */
const frame = Buffer.from([0x80, 1, 0, 0, 0, 5, 3, 3, 2, 0, 0])
const flood = Buffer.concat(Array.from({ length: 2000 }, () => frame))
const server = createServer((socket) => {
  const more = (): void => {
    while (socket.writable && socket.write(flood));
  }
  socket.on('error', () => undefined).on('drain', more)
  more()
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
